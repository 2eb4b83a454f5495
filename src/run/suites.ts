import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { ioFailure } from '../io/failure.ts';
import { readJson, removeTree, writeJsonAtomic } from '../io/files.ts';
import { usableMemoryBytes } from '../io/host-machine.ts';
import { makeSpareReader } from '../io/spare.ts';
import type { Manifest, Roster } from '../model/manifest.ts';
import { packageFactsSchema, packagesName, type PackageFacts } from '../model/packages.ts';
import type { Plan, PlannedCell, Step } from '../model/plan.ts';
import type { SuiteResults } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SuiteRun } from '../model/suite.ts';
import type { Timings } from '../model/timings.ts';
import { emulationMark } from '../plan/cross.ts';
import { buildOnlyVariables, withoutCompileCache } from '../plan/environment.ts';
import { choosePace, fixedPace } from '../plan/pace.ts';
import { builtPython } from '../plan/driver.ts';
import { locateCases, type CasesByFile } from '../plan/shards.ts';
import { packageFactsFile, venvPython } from '../plan/wheels.ts';
import type { StepContext, StepFunction } from '../steps/context.ts';
import { runActions } from '../steps/actions.ts';
import { fillEnvironment, fillPlaces } from '../steps/places.ts';
import { checkTestFiles } from '../steps/test-files.ts';
import { runSuitePass, type CaseSelection, type SuitePass, type SuitePassRequest } from '../steps/test.ts';
import { selectedFileOf } from '../verdict/roster.ts';
import { judge, selectRetest, type Judgement } from '../verdict/judge.ts';

/** What is expected of one cell's suites. */
export interface Expected {
  readonly manifest?: Manifest;
  readonly roster?: Roster;
  readonly timings: Timings;
}

/** An emulator keeps a core busy where the suites would sleep: what is idle tells nothing, and shards are few and long. */
const emulatedPerCore = 4;
const shardsPerEmulated = 2;
/** A process that writes no event for this long is hung: the longest case of the crypto preset takes 20 s. */
export const silentMs = 240_000;
/** How many times longer a process may be silent in an emulator. */
const emulatedSilence = 8;

/** What a test step does between the copy of the Python and the driver: emulation, the environment of package checks. */
const setUpOf = (step: Step): Step['actions'] => step.actions.slice(1, -1);

/** Whether a Python for another machine is run here. */
const isEmulated = (step: Step): boolean =>
  step.actions.some((action) => action.do === 'exec' && action.argv[3] === emulationMark);

/** Whether the step runs package checks, in their virtual environment. */
const hasPackages = (step: Step): boolean => step.inputs['packages'] !== undefined;

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
      ([name]) => !(buildOnlyVariables as readonly string[]).includes(name) && !(name in withoutCompileCache),
    ),
  );

const toRun = ({ pass, events, deaths }: SuitePass): SuiteRun => ({ pass, events, deaths });

const readPackageFacts = async (context: StepContext): Promise<Result<PackageFacts>> => {
  const path = fillPlaces(packageFactsFile, context);
  const read = await readJson(packageFactsSchema, path);
  if (read.ok) return read;
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: 'cannot be read' }];
  return fail({ code: 'record-invalid', path, problems });
};

/** Runs suites from a linked copy of the installed Python, and writes their raw results to `{tree}/suites.json`. */
const runInCopy = async (
  step: Step,
  context: StepContext,
  run: (scratchDir: string) => Promise<Result<SuiteResults>>,
): ReturnType<StepFunction> => {
  const copied = await copyTree({
    from: fillPlaces('{install}/opt', context),
    to: fillPlaces('{work}/opt', context),
    linked: true,
    env: fillEnvironment(context),
    signal: context.signal,
  });
  if (!copied.ok) return copied;
  const setUp = await runActions({ ...step, actions: setUpOf(step) }, context);
  if (!setUp.ok) return setUp;
  const packages = hasPackages(step) ? await readPackageFacts(context) : undefined;
  if (packages?.ok === false) return packages;
  let scratchDir: string;
  try {
    // A short path: tests make Unix sockets below it, whose whole path may take 107 bytes.
    scratchDir = await mkdtemp(join(tmpdir(), 'cpa-'));
    await mkdir(fillPlaces('{tree}', context), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, tmpdir(), 'make a scratch directory in'));
  }
  try {
    const results = await run(scratchDir);
    if (!results.ok) return results;
    const written = await writeJsonAtomic(fillPlaces('{tree}/suites.json', context), {
      ...results.value,
      ...(packages === undefined ? {} : { packages: packages.value }),
    });
    return written.ok ? ok({ commands: [] }) : written;
  } finally {
    await removeTree(scratchDir);
  }
};

/** What the driver has in its environment beside the plan's: a mask of CPU features, or nothing. */
const maskOf = (step: Step): Readonly<Record<string, string>> => {
  const driver = step.actions.at(-1);
  return driver?.do === 'exec' ? { ...driver.env } : {};
};

/**
 * The test step: a first pass in shards, then a second one, each case alone, of what failed without being listed, crashed
 * or was not started. Raw results go to `{tree}/suites.json`; verdicts are computed from them each time. Of a twin there
 * is a first pass only: nothing is listed for it.
 */
export const makeTestStep =
  (plan: Plan, expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>): StepFunction =>
  async (step, context) => {
    const side = step.subject === 'twin' ? 'twin' : 'cell';
    const cell = plan.cells.find(({ steps }) => steps[`test-${side}`] === step.id);
    if (cell === undefined) throw new Error(`no cell has the test step ${step.id}`);
    const expected = await expectedOf(cell);
    if (!expected.ok) return expected;
    const library = `{work}/opt/cpython-awslc/lib/python${cell.cell.python.series}`;
    return runInCopy(step, context, async (scratchDir) => {
      const unknown = await checkTestFiles(
        // What the roster has and this Python has not is lost, which is a verdict.
        plan.test.preset === packagesName
          ? []
          : plan.test.files.filter((file) => expected.value.roster?.files[selectedFileOf(file)] === undefined),
        fillPlaces(library, context),
      );
      if (unknown !== undefined) return fail(unknown);
      const pass = makePass(step, expected.value.timings, context, scratchDir, maskOf(step));
      return side === 'twin' ? runTwinPass(plan, pass) : runPasses(plan, cell, expected.value, pass);
    });
  };

/** Some cases to run alone, on a cell or on its twin. */
export interface CasesTask {
  readonly pass: 'retest' | 'twin';
  readonly cases: CasesByFile;
}

/** The step that runs some cases alone: `planCases` makes it, `taskOf` knows which. */
export const makeCasesStep =
  (taskOf: (id: string) => CasesTask | undefined): StepFunction =>
  (step, context) => {
    const task = taskOf(step.id);
    if (task === undefined) throw new Error(`no cases are known for the step ${step.id}`);
    return runInCopy(step, context, async (scratchDir) => {
      const pass = makePass(step, undefined, context, scratchDir);
      const ran = await pass(task.pass, { from: 'cases', cases: task.cases, alone: true });
      if (!ran.ok) return ran;
      const { environment, durationMs } = ran.value;
      return ok({ runs: [toRun(ran.value)], environment, durationMs });
    });
  };

type RunPass = (name: SuiteRun['pass'], selection: CaseSelection) => Promise<Result<SuitePass>>;

type Company = Pick<SuitePassRequest, 'pace' | 'readSpare' | 'shards'>;

/** How many processes share the work of a pass. */
const chooseCompany = (selection: CaseSelection, jobs: number, emulated: boolean): Company => {
  // One core's worth at a time: a case that fails only in company must have none.
  if (selection.from === 'cases') return { pace: fixedPace(jobs), shards: jobs };
  if (emulated) {
    return { pace: fixedPace(emulatedPerCore * jobs), shards: emulatedPerCore * jobs * shardsPerEmulated };
  }
  const pace = choosePace(jobs, usableMemoryBytes());
  // As many as could run at once: what runs at a time depends on the machine's load, what runs together does not.
  return { pace, readSpare: makeSpareReader(jobs), shards: pace.most };
};

const noTimings: Timings = { version: 1, python: '', classesMs: {}, casesMs: {} };

const makePass = (
  step: Step,
  timings: Timings | undefined,
  context: StepContext,
  scratchDir: string,
  mask: Readonly<Record<string, string>> = {},
): RunPass => {
  const env = { ...makeSuiteEnvironment(context), ...mask };
  const emulated = isEmulated(step);
  return (name, selection) =>
    runSuitePass({
      ...chooseCompany(selection, context.jobs, emulated),
      pass: name,
      selection,
      timings: timings ?? noTimings,
      python: fillPlaces(hasPackages(step) ? venvPython : builtPython, context),
      toolDir: fillPlaces('{tool}', context),
      env,
      resources: [],
      scratchDir,
      logDir: context.logFile.replace(/\.log$/, `-${name}`),
      signal: context.signal,
      silentMs: silentMs * (emulated ? emulatedSilence : 1),
      progress: ({ done, total, running }) => {
        context.progress(`${name} pass: ${done} of ${total} cases${running[0] === undefined ? '' : `, ${running[0]}`}`);
      },
    });
};

const runTwinPass = async (plan: Plan, pass: RunPass): Promise<Result<SuiteResults>> => {
  const ran = await pass('twin', { from: 'files', ...plan.test });
  if (!ran.ok) return ran;
  const { environment, durationMs } = ran.value;
  return ok({ runs: [toRun(ran.value)], environment, durationMs });
};

const runPasses = async (
  plan: Plan,
  cell: PlannedCell,
  expected: Expected,
  pass: RunPass,
): Promise<Result<SuiteResults>> => {
  const first = await pass('first', { from: 'files', ...plan.test });
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
  const retest = await pass('retest', { from: 'cases', cases, alone: true });
  if (!retest.ok) return retest;
  return ok({
    ...results,
    runs: [...results.runs, toRun(retest.value)],
    durationMs: results.durationMs + retest.value.durationMs,
  });
};
