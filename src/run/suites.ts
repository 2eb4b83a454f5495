import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import { removeTree, writeJsonAtomic } from '../io/files.ts';
import type { Manifest, Roster } from '../model/manifest.ts';
import type { Plan, PlannedCell } from '../model/plan.ts';
import type { SuiteResults } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SuiteRun } from '../model/suite.ts';
import type { Timings } from '../model/timings.ts';
import { buildOnlyVariables } from '../plan/environment.ts';
import { locateCases } from '../plan/shards.ts';
import type { StepContext, StepFunction } from '../steps/context.ts';
import { fillEnvironment, fillPlaces } from '../steps/places.ts';
import { checkTestFiles } from '../steps/test-files.ts';
import { runSuitePass, type CaseSelection, type SuitePass } from '../steps/test.ts';
import { judge, selectRetest, type Judgement } from '../verdict/judge.ts';

/** What is expected of one cell's suites. */
export interface Expected {
  readonly manifest?: Manifest;
  readonly roster?: Roster;
  readonly timings: Timings;
}

/** Processes per core: the suites mostly sleep (measured: `npm run bench`). */
const processesPerCore = 4;
/** Shards per process: enough that the last ones are short. */
const shardsPerProcess = 2;
/** A process that writes no event for this long is hung: the longest case of the crypto preset takes 20 s. */
export const silentMs = 240_000;

/** Judges raw results afresh by what is expected now. */
export const judgeResults = (
  plan: Plan,
  cell: PlannedCell,
  results: SuiteResults,
  expected: Pick<Expected, 'manifest' | 'roster'>,
): Judgement =>
  judge({
    runs: results.runs,
    ...(expected.manifest === undefined ? {} : { manifest: expected.manifest }),
    ...(expected.roster === undefined ? {} : { roster: expected.roster }),
    facts: { cell: cell.cell, capabilities: cell.capabilities, environment: results.environment },
    selection: plan.test,
  });

/** The plan's environment as suites see it: without what only builds need. */
export const makeSuiteEnvironment = (
  context: Pick<StepContext, 'places' | 'environment' | 'jobs'>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fillEnvironment(context)).filter(
      ([name]) => !(buildOnlyVariables as readonly string[]).includes(name),
    ),
  );

const toRun = ({ pass, events, deaths }: SuitePass): SuiteRun => ({ pass, events, deaths });

/**
 * The test step: a first pass in shards, then a second one, each case alone, of what failed without being listed, crashed
 * or was not started. Raw results go to `{tree}/suites.json`; verdicts are computed from them each time.
 */
export const makeTestStep =
  (plan: Plan, expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>): StepFunction =>
  async (step, context) => {
    const cell = plan.cells.find(({ steps }) => steps['test-cell'] === step.id);
    if (cell === undefined) throw new Error(`no cell has the test step ${step.id}`);
    const expected = await expectedOf(cell);
    if (!expected.ok) return expected;
    const copied = await copyTree({
      from: fillPlaces('{install}/opt', context),
      to: fillPlaces('{work}/opt', context),
      linked: true,
      env: fillEnvironment(context),
      signal: context.signal,
    });
    if (!copied.ok) return copied;
    const library = `{work}/opt/cpython-awslc/lib/python${cell.cell.python.series}`;
    const unknown = await checkTestFiles(plan.test.files, fillPlaces(library, context));
    if (unknown !== undefined) return fail(unknown);
    let scratchDir: string;
    try {
      // A short path: tests make Unix sockets below it, whose whole path may take 107 bytes.
      scratchDir = await mkdtemp(join(tmpdir(), 'cpa-'));
      await mkdir(fillPlaces('{tree}', context), { recursive: true });
    } catch (error) {
      return fail(ioFailure(error, tmpdir(), 'make a scratch directory in'));
    }
    try {
      const results = await runPasses(plan, cell, expected.value, context, scratchDir);
      if (!results.ok) return results;
      const written = await writeJsonAtomic(fillPlaces('{tree}/suites.json', context), results.value);
      return written.ok ? ok({ commands: [] }) : written;
    } finally {
      await removeTree(scratchDir);
    }
  };

const runPasses = async (
  plan: Plan,
  cell: PlannedCell,
  expected: Expected,
  context: StepContext,
  scratchDir: string,
): Promise<Result<SuiteResults>> => {
  const env = makeSuiteEnvironment(context);
  const atOnce = context.jobs * processesPerCore;
  const pass = (name: SuiteRun['pass'], selection: CaseSelection, processes: number): Promise<Result<SuitePass>> =>
    runSuitePass({
      pass: name,
      selection,
      timings: expected.timings,
      shards: processes * shardsPerProcess,
      atOnce: processes,
      python: fillPlaces('{work}/opt/cpython-awslc/bin/python3', context),
      toolDir: fillPlaces('{tool}', context),
      env,
      resources: [],
      scratchDir,
      logDir: context.logFile.replace(/\.log$/, `-${name}`),
      signal: context.signal,
      silentMs,
      progress: ({ done, total, running }) => {
        context.progress(`${name} pass: ${done} of ${total} cases${running[0] === undefined ? '' : `, ${running[0]}`}`);
      },
    });
  const first = await pass('first', { from: 'files', ...plan.test }, atOnce);
  if (!first.ok) return first;
  const results: SuiteResults = {
    runs: [toRun(first.value)],
    environment: first.value.environment,
    durationMs: first.value.durationMs,
  };
  const again = selectRetest(judgeResults(plan, cell, results, expected));
  if (again.length === 0) return ok(results);
  const cases = locateCases(first.value.events, new Set(again.map(({ id }) => id)));
  if (Object.keys(cases).length === 0) return ok(results);
  // One core's worth at a time: a case that fails only in company must have none.
  const retest = await pass('retest', { from: 'cases', cases, alone: true }, context.jobs);
  if (!retest.ok) return retest;
  return ok({
    ...results,
    runs: [...results.runs, toRun(retest.value)],
    durationMs: results.durationMs + retest.value.durationMs,
  });
};
