import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import { compatFindingsSchema, type CompatCell, type CompatReport, type Missing } from '../model/compat.ts';
import type { Failure } from '../model/failure.ts';
import type { LoadedPatch } from '../model/patch.ts';
import type { Step } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import type { LoadedShim, LoadedShims } from '../model/shim.ts';
import type { AwslcChoice, PythonChoice } from '../model/source.ts';
import { planSurvey } from '../plan/compat.ts';
import { planCore } from '../plan/core.ts';
import type { CellDraft } from '../plan/draft.ts';
import { choosePatches } from '../plan/patches.ts';
import { chooseShims } from '../plan/shims.ts';
import { planSource } from '../plan/sources.ts';
import { describeInOneLine } from '../report/failure.ts';
import type { StepOutcome } from './execute.ts';
import { runLooseSteps, type LooseStepsInput } from './loose-steps.ts';

/** A version with the text that a report calls it by: itself, or the `path:` or `git:` that was asked for. */
export interface Named<T> {
  readonly label: string;
  readonly choice: T;
}

export interface CompatInput extends LooseStepsInput {
  readonly pythons: readonly Named<PythonChoice>[];
  readonly awslcs: readonly Named<AwslcChoice>[];
  readonly patches: readonly LoadedPatch[];
  readonly shims: LoadedShims;
  readonly compilers: CellDraft['compilers'];
}

/** One cell of the table with its steps. */
interface PlannedCheck {
  readonly python: string;
  readonly awslc: string;
  readonly shims: readonly LoadedShim[];
  /** What brings the sources: fetched, unpacked, patched. */
  readonly sources: readonly Step[];
  readonly patches: readonly LoadedPatch[];
  /** What the source as released misses. */
  readonly survey: Step;
  /** The same of what is to be built; the same step where nothing is patched and nothing shimmed. */
  readonly check: Step;
}

const planCheck = (
  { label: python, choice: cpython }: Named<PythonChoice>,
  { label: awslc, choice: lc }: Named<AwslcChoice>,
  input: CompatInput,
): PlannedCheck => {
  const shims = chooseShims(input.shims.shims, lc.capabilities, cpython.series.series);
  const draft: CellDraft = {
    cell: {
      python: { version: cpython.version, series: cpython.series.series },
      awslc: { version: lc.version, line: lc.line, fips: lc.line !== 'main' },
      platform: input.host.platform,
      target: 'generic',
      link: 'static',
      optimization: 'quick',
      cipherString: 'ALL',
    },
    capabilities: lc.capabilities,
    series: cpython.series,
    awslcSource: lc.source,
    cpythonSource: cpython.source,
    targetFlags: [],
    host: input.host,
    assets: [],
    patches: choosePatches(input.patches, lc.capabilities, cpython.series.series),
    shims,
    compilers: input.compilers,
  };
  const libraries = planSource(lc.source, 'awslc', `AWS-LC ${lc.version}`);
  const core = planCore(draft);
  const released = planSource(cpython.source, 'cpython', `CPython ${cpython.version}`).tree;
  const sources = [...libraries.steps, ...core.all].filter(({ kind }) => ['fetch', 'unpack', 'patch'].includes(kind));
  return {
    python,
    awslc,
    shims,
    sources,
    patches: draft.patches,
    survey: planSurvey(draft, { awslc: libraries.tree, cpython: released }, []),
    check: planSurvey(draft, { awslc: libraries.tree, cpython: core.tree }, shims),
  };
};

/** How a report calls a patch: its file without the ending. */
const nameOf = ({ file }: LoadedPatch): string => file.replace(/\.patch$/, '');

const answerFor = (name: string, planned: PlannedCheck): string | undefined => {
  const shim = planned.shims.find(({ provides }) => provides.includes(name));
  if (shim !== undefined) return `shim ${shim.name}`;
  const patch = planned.patches.find(({ answers }) => answers.includes(name));
  return patch === undefined ? undefined : `patch ${nameOf(patch)}`;
};

const readFindings = async (outcome: StepOutcome | undefined): Promise<readonly Missing[] | undefined> => {
  if (outcome?.stored === undefined) return undefined;
  const read = await readJson(compatFindingsSchema, join(outcome.stored.tree, 'compat.json'));
  return read.ok ? read.value.missing : undefined;
};

const judgeCell = async (
  planned: PlannedCheck,
  outcomes: ReadonlyMap<string, StepOutcome>,
  unsupported: LoadedShims['unsupported'],
): Promise<CompatCell> => {
  const { python, awslc } = planned;
  const head = {
    python,
    awslc,
    patches: planned.patches.map(nameOf),
    shims: planned.shims.map(({ name }) => name),
  };
  const missing = await readFindings(outcomes.get(planned.survey.id));
  const checked = outcomes.get(planned.check.id);
  const still = await readFindings(checked);
  if (missing === undefined || still === undefined) {
    const lost = planned.sources.map(({ id }) => outcomes.get(id)).find((outcome) => outcome?.failure !== undefined);
    const failure = lost?.failure ?? outcomes.get(planned.survey.id)?.failure ?? checked?.failure;
    const isFetch = lost !== undefined && lost.step.kind !== 'patch';
    return {
      ...head,
      status: isFetch ? 'not-fetched' : 'failed',
      missing: [],
      cannot: [],
      reason: failure === undefined ? 'it was not run' : describeInOneLine(failure),
    };
  }
  const explain = (name: string): { reason?: string } => {
    const known = unsupported.find(({ names }) => names.includes(name));
    return known === undefined ? {} : { reason: known.reason };
  };
  return {
    ...head,
    status: still.length === 0 ? 'ok' : 'incompatible',
    missing: missing.map((found) => {
      const answer = still.some(({ name }) => name === found.name) ? undefined : answerFor(found.name, planned);
      return { ...found, ...(answer === undefined ? {} : { answer }) };
    }),
    cannot: still.map((found) => ({ ...found, ...explain(found.name) })),
  };
};

/** What stands against a table: cells that cannot compile, sources that could not be had, an interruption. */
const gatherFailures = (
  cells: readonly CompatCell[],
  outcomes: readonly StepOutcome[],
  signal: AbortSignal,
): readonly Failure[] => {
  if (signal.aborted) return [{ code: 'interrupted', signal: String(signal.reason) }];
  const cannot = cells.filter(({ status }) => status === 'incompatible');
  const others = outcomes.flatMap(({ failure }) => failure ?? []);
  return [
    ...(cannot.length === 0
      ? []
      : [
          {
            code: 'cells-incompatible' as const,
            cells: cannot.map(({ python, awslc }) => `CPython ${python} with AWS-LC ${awslc}`),
            asked: cells.length,
          },
        ]),
    ...others,
  ];
};

/**
 * Checks every pair of a CPython and an AWS-LC for syntax, as released and as it would be built. What the store knows is
 * taken from it; a source that cannot be had is told in its cells, and the others go on.
 */
export const surveyCells = async (
  input: CompatInput,
): Promise<Result<{ readonly report: CompatReport; readonly failures: readonly Failure[] }>> => {
  const { host, signal, compilers } = input;
  const planned = input.pythons.flatMap((python) => input.awslcs.map((awslc) => planCheck(python, awslc, input)));
  const steps = planned.flatMap(({ sources, survey, check }) => [...sources, survey, check]);
  const goals = planned.flatMap(({ survey, check }) => [survey, check]);
  return runLooseSteps('compat', steps, goals, input, async (outcomes) => {
    const byId = new Map(outcomes.map((outcome) => [outcome.step.id, outcome]));
    const cells = await Promise.all(planned.map((cell) => judgeCell(cell, byId, input.shims.unsupported)));
    const used = input.shims.shims.filter(({ name }) => cells.some(({ shims }) => shims.includes(name)));
    const report: CompatReport = {
      version: 1,
      kind: 'compat',
      compiler: host.tools.find(({ name }) => name === compilers.c)?.version ?? compilers.c,
      cells,
      shims: used.map(({ name, provides, loses }) => ({ name, provides: [...provides], loses })),
    };
    return ok({ report, failures: gatherFailures(cells, outcomes, signal) });
  });
};
