import type { AwslcEntry, Capabilities, Catalogue, Series } from '../model/catalogue.ts';
import type { Cell, Platform } from '../model/cell.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Axes, Recipe, Target, Targets } from '../model/recipe.ts';
import type { AwslcChoice, LooseSources, PythonChoice, Source } from '../model/source.ts';
import { suggestWord } from '../model/suggest.ts';
import { compareVersions, isOfVersion } from '../model/version.ts';

/** A loose selection and the exact version that it was resolved to. */
export interface Resolution {
  readonly axis: string;
  readonly asked: string;
  readonly got: string;
  readonly why: string;
}

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

export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly resolutions: readonly Resolution[];
  readonly cells: readonly CellChoice[];
}

export interface ResolveInput {
  readonly recipe: Recipe;
  /** Axes from the command line: each one given replaces the recipe's. */
  readonly narrowed: Partial<Axes>;
  readonly catalogue: Catalogue;
  readonly targets: Targets;
  readonly platform: Platform;
  /** Machines (uname -m) for which this one can build, beside itself. */
  readonly crossArchs: readonly string[];
  /** Feature flags of this machine's CPU. */
  readonly cpuFeatures: readonly string[];
  readonly loose: LooseSources;
  /** What `fips` and the lines' names stand for on the axis of AWS-LC. */
  readonly named: ReadonlyMap<string, NamedVersion>;
}

/** The version that a name stands for, and why it is this one. */
export interface NamedVersion {
  readonly version: string;
  readonly why: string;
}

/** Whether a version text names a source by place instead of the catalogue's. */
export const isLooseSource = (asked: string): boolean => asked.startsWith('path:') || asked.startsWith('git:');

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

const newestOf = <T extends { readonly version: string }>(entries: readonly T[], asked: string): T | undefined =>
  entries
    .filter(({ version }) => isOfVersion(version, asked))
    .sort((a, b) => compareVersions(a.version, b.version))
    .at(-1);

/** The newest known version that agrees with the asked one in its first numbers, as many as possible; else one spelled alike. */
const suggestVersion = (asked: string, known: readonly string[]): string | undefined => {
  const numbers = asked.split('.');
  for (let count = numbers.length - 1; count > 0; count -= 1) {
    const start = numbers.slice(0, count).join('.');
    const newest = known.filter((version) => isOfVersion(version, start)).at(-1);
    if (newest !== undefined) return newest;
  }
  return suggestWord(asked, known);
};

const unknownVersion = (subject: string, asked: string, versions: readonly string[]): Failure => {
  const known = [...versions].sort(compareVersions);
  const suggestion = suggestVersion(asked, known);
  return { code: 'unknown-version', subject, asked, known, ...(suggestion === undefined ? {} : { suggestion }) };
};

/** Adds a choice for each asked text, or the failure that says why there is none. */
const resolveAxis = <T extends { readonly version: string }, C>(options: {
  readonly axis: string;
  readonly subject: string;
  readonly asked: readonly string[];
  readonly entries: readonly T[];
  readonly loose: ReadonlyMap<string, C>;
  readonly named: ReadonlyMap<string, NamedVersion>;
  readonly choose: (entry: T) => C;
  readonly resolutions: Resolution[];
  readonly failures: Failure[];
}): readonly C[] => {
  const chosen = new Map<string, C>();
  for (const asked of options.asked) {
    const loose = options.loose.get(asked);
    if (loose !== undefined) {
      chosen.set(asked, loose);
      continue;
    }
    const named = options.named.get(asked);
    const entry = newestOf(options.entries, named?.version ?? asked);
    if (entry === undefined) {
      const versions = options.entries.map(({ version }) => version);
      options.failures.push(unknownVersion(options.subject, asked, versions));
      continue;
    }
    if (entry.version !== asked) {
      options.resolutions.push({
        axis: options.axis,
        asked,
        got: entry.version,
        why: named?.why ?? 'the newest in the catalogue',
      });
    }
    chosen.set(entry.version, options.choose(entry));
  }
  return [...chosen.values()];
};

/** The machine that runs a target's result: this one where it can, else the one that the target is for. */
export const platformOf = (target: Target, here: Platform): Platform => {
  const [other] = target.arch;
  return other === undefined || target.arch.includes(here.arch) ? here : { arch: other, libc: 'gnu' };
};

/** Turns a recipe and the command line's narrowing into exact cells, or into all that is wrong with them at once. */
export const resolveRecipe = (input: ResolveInput): Result<ResolvedRecipe, readonly Failure[]> => {
  const { catalogue, platform } = input;
  const axes: Axes = { ...input.recipe.cells, ...input.narrowed };
  const failures: Failure[] = [];
  const resolutions: Resolution[] = [];
  const pythons = resolveAxis({
    axis: 'python',
    subject: 'CPython',
    asked: axes.python,
    entries: catalogue.cpython.entries,
    loose: input.loose.python,
    named: new Map(),
    choose: (entry): PythonChoice | undefined => {
      const series = catalogue.cpython.series.find((candidate) => candidate.series === entry.series);
      return series === undefined
        ? undefined
        : { version: entry.version, series, source: { kind: 'archive', archive: entry.archive } };
    },
    resolutions,
    failures,
  }).filter((choice) => choice !== undefined);
  const awslcs = resolveAxis({
    axis: 'awslc',
    subject: 'AWS-LC',
    asked: axes.awslc,
    entries: catalogue.awslc.entries,
    loose: input.loose.awslc,
    named: input.named,
    choose: takeAwslcEntry,
    resolutions,
    failures,
  });
  const targets = [...new Set(axes.target)].flatMap((name) => {
    const target = input.targets.targets.find((candidate) => candidate.name === name);
    if (target === undefined) {
      const names = input.targets.targets.map((candidate) => candidate.name);
      const suggestion = suggestWord(name, names);
      failures.push({
        code: 'usage',
        message: `No target ${name}; known: ${names.join(', ')}.${suggestion === undefined ? '' : ` Did you mean ${suggestion}?`}`,
      });
      return [];
    }
    const isForeign = target.arch.length > 0 && !target.arch.includes(platform.arch);
    if (isForeign && target.triple !== undefined && target.arch.some((arch) => input.crossArchs.includes(arch))) {
      return [target];
    }
    if (isForeign) {
      failures.push({
        code: 'unsupported',
        what: `Target ${name} on this machine`,
        why: `it is for ${target.arch.join(', ')}; this is ${platform.arch}`,
        next: 'Choose --target generic or --target native.',
      });
      return [];
    }
    const lacking = (target.cpuFeatures ?? []).filter((feature) => !input.cpuFeatures.includes(feature));
    if (lacking.length > 0) {
      failures.push({
        code: 'unsupported',
        what: `Target ${name} on this machine`,
        why: `this CPU has no ${lacking.join(', ')}: what is built could not run here, not even to be installed`,
        next: 'Choose --target generic or --target native.',
      });
      return [];
    }
    return [target];
  });
  if (axes.link.includes('shared')) {
    for (const { version } of awslcs.filter((choice) => !choice.fips)) {
      failures.push({
        code: 'unsupported',
        what: `Link mode shared with AWS-LC ${version}`,
        why: 'any other libcrypto in the process could take the place of its symbols unseen; a shared FIPS module notices that',
        next: 'Choose --link static, or a FIPS version of AWS-LC.',
      });
    }
  }
  if (failures.length > 0) return fail(failures);

  const cells = pythons.flatMap((python) =>
    awslcs.flatMap((awslc) =>
      targets.flatMap((target) =>
        [...new Set(axes.link)].flatMap((link) =>
          [...new Set(axes.optimization)].flatMap((optimization) =>
            [...new Set(axes.cipherString)].map((cipherString): CellChoice => ({
              cell: {
                python: { version: python.version, series: python.series.series, ...treeOf(python.source) },
                awslc: {
                  version: awslc.version,
                  line: awslc.line,
                  fips: awslc.fips,
                  ...treeOf(awslc.source),
                },
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
            })),
          ),
        ),
      ),
    ),
  );
  return ok({ recipe: { ...input.recipe, cells: axes }, resolutions, cells });
};
