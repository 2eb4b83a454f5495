import type { AwslcEntry, Capabilities, Catalogue, Series } from '../model/catalogue.ts';
import type { Cell, Platform } from '../model/cell.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Axes, Link, Recipe, Target, Targets } from '../model/recipe.ts';
import type { AwslcChoice, LooseSources, PythonChoice, Source } from '../model/source.ts';
import { canonicalJson } from '../model/json.ts';
import { suggestWord } from '../model/suggest.ts';
import { listBlocks, matchesAxes, matchesNarrowed, type Block } from './blocks.ts';
import { resolveAxis, type NamedVersion, type Resolution } from './resolve-axis.ts';

/** One cell of a recipe with what is known of its parts. */
export interface CellChoice {
  readonly cell: Cell;
  readonly capabilities: Capabilities;
  readonly series: Series;
  /** The series whose data `series` has, where the catalogue does not have this one. */
  readonly seriesDataOf?: string;
  readonly cpythonSource: Source;
  readonly awslcSource: Source;
  readonly target: Target;
}

/** A cell that this machine cannot build, and why. */
export interface ElsewhereChoice {
  readonly choice: CellChoice;
  readonly failure: Failure;
}

export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly resolutions: readonly Resolution[];
  readonly cells: readonly CellChoice[];
  /** Whether cells of other machines were asked for too. */
  readonly mayBeElsewhere: boolean;
  readonly elsewhere: readonly ElsewhereChoice[];
}

export interface ResolveInput {
  readonly recipe: Recipe;
  /** Axes from the command line: each one given replaces the recipe's. */
  readonly narrowed: Partial<Axes>;
  readonly catalogue: Catalogue;
  readonly targets: Targets;
  readonly platform: Platform;
  /** Whether cells that this machine cannot build are told apart instead of being failures; not unless given. */
  readonly mayBeElsewhere?: boolean;
  /** Machines (uname -m) for which this one can build, beside itself. */
  readonly crossArchs: readonly string[];
  /** Feature flags of this machine's CPU. */
  readonly cpuFeatures: readonly string[];
  readonly loose: LooseSources;
  /** What `fips` and the lines' names stand for on the axis of AWS-LC. */
  readonly named: ReadonlyMap<string, NamedVersion>;
}

/** Whether a version text names a source by place instead of the catalogue's. */
export const isLooseSource = (asked: string): boolean => asked.startsWith('path:') || asked.startsWith('git:');

/** A loose source as messages may name it: whoever puts a password or a token into an address must not read it in a log. */
export const nameLooseSource = (asked: string): string => asked.replace(/^(git:https?:\/\/)[^/]*@/, '$1');

/** A version of the catalogue as an AWS-LC that can be built: those of a FIPS line as FIPS modules. */
export const takeAwslcEntry = (entry: AwslcEntry): AwslcChoice => ({
  version: entry.version,
  line: entry.line,
  fips: entry.line !== 'main',
  capabilities: entry.capabilities,
  source: { kind: 'archive', archive: entry.archive },
});

const treeOf = (source: Source): { readonly tree?: string } =>
  source.kind === 'tree' ? { tree: source.treeDigest } : {};

/** The machine that runs a target's result: this one where it can, else the one that the target is for. */
export const platformOf = (target: Target, here: Platform): Platform => {
  const [other] = target.arch;
  return other === undefined || target.arch.includes(here.arch) ? here : { arch: other, libc: 'gnu' };
};

/** Why nothing for a target can be built and installed on this machine; nothing when it can. */
const refuseTarget = (target: Target, { platform, crossArchs, cpuFeatures }: ResolveInput): Failure | undefined => {
  const isForeign = target.arch.length > 0 && !target.arch.includes(platform.arch);
  if (isForeign && target.triple !== undefined && target.arch.some((arch) => crossArchs.includes(arch))) {
    return undefined;
  }
  const what = `Target ${target.name} on this machine`;
  const next = 'Choose --target generic or --target native.';
  if (isForeign) {
    const why = `it is for ${target.arch.join(', ')}; this is ${platform.arch}`;
    return { code: 'unsupported', what, why, next };
  }
  const lacking = (target.cpuFeatures ?? []).filter((feature) => !cpuFeatures.includes(feature));
  if (lacking.length === 0) return undefined;
  const why = `this CPU has no ${lacking.join(', ')}: what is built could not run here, not even to be installed`;
  return { code: 'unsupported', what, why, next };
};

/** Why an AWS-LC is not linked in a mode; nothing when it can be. */
const refuseLink = (link: Link, { version, fips }: AwslcChoice): Failure | undefined =>
  link !== 'shared' || fips
    ? undefined
    : {
        code: 'unsupported',
        what: `Link mode shared with AWS-LC ${version}`,
        why: 'any other libcrypto in the process could take the place of its symbols unseen; a shared FIPS module notices that',
        next: 'Choose --link static, or a FIPS version of AWS-LC.',
      };

interface AxisOutcome {
  readonly resolutions: Resolution[];
  readonly failures: Failure[];
}

const resolvePythons = (asked: readonly string[], input: ResolveInput, outcome: AxisOutcome): readonly PythonChoice[] =>
  resolveAxis({
    axis: 'python',
    subject: 'CPython',
    asked,
    entries: input.catalogue.cpython.entries,
    loose: input.loose.python,
    named: new Map(),
    choose: (entry): PythonChoice | undefined => {
      const series = input.catalogue.cpython.series.find((candidate) => candidate.series === entry.series);
      return series === undefined
        ? undefined
        : { version: entry.version, series, source: { kind: 'archive', archive: entry.archive } };
    },
    ...outcome,
  }).filter((choice) => choice !== undefined);

const resolveTargets = (asked: readonly string[], { targets }: ResolveInput, outcome: AxisOutcome): readonly Target[] =>
  [...new Set(asked)].flatMap((name) => {
    const target = targets.targets.find((candidate) => candidate.name === name);
    if (target !== undefined) return [target];
    const names = targets.targets.map((candidate) => candidate.name);
    const suggestion = suggestWord(name, names);
    outcome.failures.push({
      code: 'usage',
      message: `No target ${name}; known: ${names.join(', ')}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
    });
    return [];
  });

/** Every cell of one product of axes, and the reason why this machine cannot build it where there is one. */
const resolveBlock = (
  axes: Axes,
  input: ResolveInput,
  outcome: AxisOutcome,
): readonly { readonly choice: CellChoice; readonly refusal: Failure | undefined }[] => {
  const { loose, catalogue, named, platform } = input;
  const pythons = resolvePythons(axes.python, input, outcome);
  const awslcs = resolveAxis({
    axis: 'awslc',
    subject: 'AWS-LC',
    asked: axes.awslc,
    entries: catalogue.awslc.entries,
    loose: loose.awslc,
    named,
    choose: takeAwslcEntry,
    ...outcome,
  });
  const targets = resolveTargets(axes.target, input, outcome);
  return pythons.flatMap((python) =>
    awslcs.flatMap((awslc) =>
      targets.flatMap((target) =>
        [...new Set(axes.link)].flatMap((link) =>
          [...new Set(axes.optimization)].flatMap((optimization) =>
            [...new Set(axes.cipherString)].map((cipherString) => ({
              choice: {
                cell: {
                  python: { version: python.version, series: python.series.series, ...treeOf(python.source) },
                  awslc: { version: awslc.version, line: awslc.line, fips: awslc.fips, ...treeOf(awslc.source) },
                  platform: platformOf(target, platform),
                  target: target.name,
                  link,
                  optimization,
                  cipherString,
                },
                capabilities: awslc.capabilities,
                series: python.series,
                ...(python.seriesDataOf === undefined ? {} : { seriesDataOf: python.seriesDataOf }),
                cpythonSource: python.source,
                awslcSource: awslc.source,
                target,
              },
              refusal: refuseTarget(target, input) ?? refuseLink(link, awslc),
            })),
          ),
        ),
      ),
    ),
  );
};

/** Those that differ, once each, in their order. */
const distinct = <T>(values: readonly T[]): readonly T[] => [
  ...new Map(values.map((value) => [canonicalJson(value), value])).values(),
];

/** What is wrong with a recipe that leaves cells out, none of which it has. */
const findIdleExcludes = ({ recipe, narrowed }: ResolveInput, cells: readonly CellChoice[]): readonly Failure[] =>
  // With narrowed axes there may be nothing left that it could leave out.
  Object.keys(narrowed).length > 0
    ? []
    : (recipe.exclude ?? []).flatMap((axes, index): readonly Failure[] =>
        cells.some(({ cell }) => matchesAxes(cell, axes))
          ? []
          : [
              {
                code: 'usage',
                message: `Recipe ${recipe.name}: exclude[${index}] leaves no cell out: none has ${JSON.stringify(axes)}.`,
                next: 'Correct it, or take it out of the recipe.',
              },
            ],
      );

/** Targets that nothing can be built for here, whatever else is wrong: with an unknown version there are no cells to tell it of. */
const refuseTargets = (blocks: readonly Block[], input: ResolveInput): readonly Failure[] => {
  const asked = new Set(blocks.flatMap(({ axes }) => axes.target));
  return input.targets.targets.flatMap((target) => (asked.has(target.name) ? (refuseTarget(target, input) ?? []) : []));
};

/**
 * Turns a recipe and the command line's narrowing into exact cells, or into all that is wrong with them at once. Cells that this
 * machine cannot build are failures, unless `mayBeElsewhere`: then they are told apart.
 */
export const resolveRecipe = (input: ResolveInput): Result<ResolvedRecipe, readonly Failure[]> => {
  const { recipe, narrowed } = input;
  const outcome: AxisOutcome = { resolutions: [], failures: [] };
  const blocks = listBlocks(recipe, narrowed);
  const all = blocks.flatMap(({ axes }, index) =>
    resolveBlock(axes, input, outcome).filter(
      // What is included names axes of its own, which the command line narrows and does not replace.
      ({ choice }) => index === 0 || matchesNarrowed(choice.cell, narrowed, outcome.resolutions),
    ),
  );
  const chosen = [...new Map(all.map((one) => [canonicalJson(one.choice.cell), one])).values()];
  const kept = chosen.filter(({ choice }) => !(recipe.exclude ?? []).some((axes) => matchesAxes(choice.cell, axes)));
  const refused = kept.flatMap(({ choice, refusal }) => (refusal === undefined ? [] : [{ choice, failure: refusal }]));
  const failures = distinct([
    ...outcome.failures,
    ...(outcome.failures.length > 0
      ? []
      : findIdleExcludes(
          input,
          chosen.map(({ choice }) => choice),
        )),
    ...(input.mayBeElsewhere === true ? [] : refused.map(({ failure }) => failure)),
    ...(input.mayBeElsewhere === true || outcome.failures.length === 0 ? [] : refuseTargets(blocks, input)),
  ]);
  if (failures.length > 0) return fail(failures);
  if (kept.length === 0) {
    const next = 'Look at its cells, include and exclude, and at the axes of the command line.';
    return fail([{ code: 'usage', message: `Recipe ${recipe.name}: no cell is left.`, next }]);
  }
  return ok({
    recipe: { ...recipe, cells: { ...recipe.cells, ...narrowed } },
    resolutions: distinct(outcome.resolutions),
    cells: kept.flatMap(({ choice, refusal }) => (refusal === undefined ? [choice] : [])),
    mayBeElsewhere: input.mayBeElsewhere === true,
    elsewhere: refused,
  });
};
