import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { readJson, removeTree, writeFileAtomic, writeJsonAtomic } from '../io/files.ts';
import { readChildCpuMs, readCoreIdleMs } from '../io/cpu.ts';
import { ownerMark } from '../io/owner.ts';
import { digestValue } from '../model/digest.ts';
import type { Listener } from '../model/event.ts';
import { worstExitCode, exitCodeOf, type Failure } from '../model/failure.ts';
import type { PlannedCell, StepKind } from '../model/plan.ts';
import { matrixStageSchema, runRecordSchema, type RunRecord } from '../model/record.ts';
import { fail, type Result } from '../model/result.ts';
import { selectGoals, type Stage } from '../plan/plan.ts';
import type { CompileCache, FetchPolicy } from '../steps/context.ts';
import { toolDir } from './data.ts';
import { casesLineOf } from './cases.ts';
import { gatherCell, type CellSession } from './cell-session.ts';
import { consultTwins, selectFirstGoals } from './consult-twins.ts';
import { loadExpected } from './expected.ts';
import { executePlan, type ExecuteOptions, type StepOutcome } from './execute.ts';
import { storeKey } from './inspect.ts';
import type { Prepared } from './prepare.ts';
import type { Sharing } from './sharing.ts';
import { stepFunctions } from './step-functions.ts';
import { lookupStep, type Store } from './store.ts';
import { chooseCells, judgeOutcomes, listCellFailures, listRefused, type MatrixOptions } from './matrix-cells.ts';
import { gatherRecords, nameRun, recordCell } from './session-record.ts';
import { makeTestStep, type Expected } from './suites.ts';

export type { CellSession } from './cell-session.ts';

export interface SessionOptions {
  readonly prepared: Prepared;
  readonly stage: Stage;
  /** The command as a record tells it: `test`. */
  readonly command: string;
  /** This tool's version. */
  readonly version: string;
  readonly store: Store;
  readonly jobs: number;
  readonly path: string;
  readonly fetch: FetchPolicy;
  readonly compileCache?: CompileCache | undefined;
  /** A remote cache; whoever opened it ends it. */
  readonly sharing?: Sharing | undefined;
  /** Whether recorded proofs and test results are made again. */
  readonly rerun: boolean;
  /** Of a matrix: which of the plan's cells, and what ends it. */
  readonly matrix?: MatrixOptions;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

export interface Session {
  readonly outcomes: readonly StepOutcome[];
  readonly cells: readonly CellSession[];
  readonly failures: readonly Failure[];
  /** Everything asked for was in the store: nothing was fetched, built or run. */
  readonly isRecorded: boolean;
  readonly run?: { readonly id: string; readonly file: string };
  /** Of a matrix: the record of that run. */
  readonly record?: RunRecord;
}

const rerunKinds: Readonly<Record<Stage, readonly StepKind[]>> = {
  fetch: [],
  core: [],
  probe: [],
  build: [],
  prove: ['prove'],
  test: ['prove', 'test'],
  suites: ['test'],
  diff: ['prove', 'test'],
  bench: [],
};

/** Whether everything that a stage needs is in the store: then nothing of the machine's toolchain is needed. */
export const isAllRecorded = async (prepared: Prepared, stage: Stage, store: Store): Promise<boolean> => {
  for (const goal of selectGoals(prepared.plan, stage)) {
    const found = await lookupStep(store, storeKey(goal, prepared.host.machine));
    if (found.state !== 'present') return false;
  }
  return true;
};

/** Says nothing more of steps that were told of before, and are only taken from the store. */
const sayOnce =
  (told: ReadonlyMap<string, StepOutcome>, listener: Listener): Listener =>
  (event) => {
    if (event.type !== 'step-finished' || event.outcome !== 'recorded' || !told.has(event.id)) listener(event);
  };

/** Where the newest run that did exactly this is named. */
const pointerFile = (options: SessionOptions): string => {
  const { plan, host } = options.prepared;
  const { stage, matrix, version } = options;
  // A matrix is merged with others by the record alone, which must be this tool's.
  const asked = matrix === undefined ? {} : { asked: matrix.asked, refused: [...matrix.refused], version };
  return join(options.store.runs, 'newest', digestValue({ plan, machine: host.machine, stage, ...asked }));
};

/**
 * Runs a plan up to a stage, gathers what it found for each cell, and writes the run record. When everything was recorded
 * already no new record is written: the one that made it is named. A matrix keeps going after a failure, unless it is to fail fast.
 */
export const runSession = async (options: SessionOptions): Promise<Session> => {
  const { stage, store, listener, matrix } = options;
  const { plan: whole, host } = options.prepared;
  const plan = matrix === undefined ? whole : chooseCells(whole, matrix);
  const prepared = { ...options.prepared, plan };
  const keepGoing = matrix !== undefined && matrix.isUnexpected === undefined;
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const cpuBefore = readChildCpuMs();
  const idleBefore = readCoreIdleMs();
  const id = nameRun(startedAt);
  const runDir = join(store.runs, id);
  try {
    await mkdir(join(runDir, 'logs'), { recursive: true });
    // For `cache gc`: whether this run still goes on.
    await writeFile(join(runDir, 'owner'), `${ownerMark}\n`);
  } catch (error) {
    return { outcomes: [], cells: [], failures: [ioFailure(error, runDir, 'make')], isRecorded: false };
  }
  const goals = selectGoals(plan, stage);
  const lines = [...plan.steps.map(({ id: step, title }) => ({ id: step, title }))];
  for (const side of ['cell', 'twin'] as const) lines.push({ id: casesLineOf(side), title: `cases of the ${side}` });
  listener({ type: 'run-started', steps: lines });
  const expectedOf = (cell: PlannedCell): Promise<Result<Expected>> => loadExpected(cell, plan.test.preset);
  const execution: ExecuteOptions = {
    plan,
    goals: selectFirstGoals(goals, plan),
    store,
    machine: host.machine,
    functions: { ...stepFunctions, test: makeTestStep(plan, expectedOf) },
    jobs: options.jobs,
    keepGoing,
    ...(matrix?.isUnexpected === undefined ? {} : { isUnwanted: judgeOutcomes(plan, matrix.isUnexpected) }),
    checkouts: prepared.checkouts,
    toolDir,
    path: options.path,
    logDir: join(runDir, 'logs'),
    fetch: options.fetch,
    compileCache: options.compileCache,
    sharing: options.sharing,
    rerun: options.rerun ? rerunKinds[stage] : [],
    signal: options.signal,
    listener,
  };
  const first = await executePlan(execution);
  const byId = new Map(first.map((outcome) => [outcome.step.id, outcome]));
  // An interruption is one failure, however many steps it ended.
  const failures: Failure[] = first.flatMap(({ failure }) =>
    failure === undefined || failure.code === 'interrupted' ? [] : [failure],
  );
  const cells: CellSession[] = [];
  for (const planned of plan.cells) {
    const cell = await gatherCell(planned, byId, options);
    if (cell.ok) cells.push(cell.value);
    else {
      failures.push(cell.error);
      if (matrix !== undefined) cells.push({ planned, suitesAreNew: false, failures: [cell.error] });
    }
  }
  const wasEnded = matrix?.isUnexpected !== undefined && first.some(({ outcome }) => outcome === 'not-run');
  const consulted =
    (failures.length > 0 && !keepGoing) || wasEnded || options.signal.aborted
      ? undefined
      : await consultTwins(stage, cells, { ...execution, listener: sayOnce(byId, listener) }, expectedOf);
  listener({ type: 'run-finished' });
  const outcomes = [...first, ...(consulted?.outcomes ?? [])];
  failures.push(...(consulted?.failures ?? []).filter(({ code }) => code !== 'interrupted'));
  if (options.signal.aborted) failures.push({ code: 'interrupted', signal: String(options.signal.reason) });
  // A twin that could not be asked makes no cell fail; one that should be compared does.
  const counted = stage === 'diff' ? outcomes : first;
  for (const [index, cell] of cells.entries()) {
    const own =
      matrix === undefined ? [] : [...(cell.failures ?? []), ...listCellFailures(plan, cell.planned, counted)];
    const failed = own.length === 0 ? {} : { failures: own };
    cells[index] = { ...cell, ...failed, ...consulted?.ofCell.get(cell.planned.id) };
  }
  cells.push(...listRefused(whole, matrix));
  const isRecorded = failures.length === 0 && outcomes.every(({ outcome }) => outcome === 'recorded');
  if (isRecorded) {
    const known = (await readFile(pointerFile(options), 'utf8').catch(() => '')).trim();
    const before =
      known === '' || matrix === undefined
        ? undefined
        : await loadRun(known, store, '').then((read) => (read.ok ? read.value : undefined));
    if (known !== '' && (matrix === undefined || before !== undefined)) {
      await removeTree(runDir);
      return {
        outcomes,
        cells,
        failures,
        isRecorded,
        run: { id: known, file: join(store.runs, known, 'run.json') },
        ...(before && { record: before }),
      };
    }
  }
  const cpuAfter = readChildCpuMs();
  const idleAfter = readCoreIdleMs();
  // What was done first tells more than that it was there when the twins needed it.
  const known = new Map(outcomes.toReversed().map((outcome) => [outcome.step.id, outcome]));
  const record: RunRecord = {
    version: 1,
    kind: 'run',
    id,
    tool: options.version,
    command: options.command,
    startedAt,
    durationMs: Math.round(performance.now() - started),
    ...(cpuBefore === undefined || cpuAfter === undefined ? {} : { cpuMs: cpuAfter - cpuBefore }),
    ...(idleBefore === undefined || idleAfter?.length !== idleBefore.length
      ? {}
      : { coreIdleMs: idleAfter.map((ms, core) => Math.max(0, ms - (idleBefore[core] ?? ms))) }),
    machine: host.machine,
    tools: [...host.tools],
    plan: whole,
    ...(matrix === undefined ? {} : { stage: matrixStageSchema.parse(stage), asked: [...matrix.asked] }),
    stepRecords: await gatherRecords({ ...options, prepared }, known),
    cells: cells.map((cell) => recordCell(cell, known, matrix !== undefined)),
    exitCode: worstExitCode(failures.map(exitCodeOf)),
  };
  const file = join(runDir, 'run.json');
  const written = await writeJsonAtomic(file, record);
  if (!written.ok) {
    // Without a record this process, which may be a watch, would be taken for still at it. A rename needs no room.
    await rename(join(runDir, 'owner'), join(runDir, 'ended')).catch(() => undefined);
    return {
      outcomes,
      cells,
      failures: [...failures, written.error],
      isRecorded,
      ...(matrix === undefined ? {} : { record }),
    };
  }
  if (failures.length === 0) await writeFileAtomic(pointerFile(options), `${id}\n`);
  return { outcomes, cells, failures, isRecorded, run: { id, file }, ...(matrix === undefined ? {} : { record }) };
};

/** Reads a run record by id or by the path of its run.json. Failures: `unknown-run`, `record-invalid`. */
export const loadRun = async (asked: string, store: Store, cwd: string): Promise<Result<RunRecord>> => {
  const path = asked.includes('/') || asked.endsWith('.json') ? join(cwd, asked) : join(store.runs, asked, 'run.json');
  const file = asked.startsWith('/') ? asked : path;
  const read = await readJson(runRecordSchema, file);
  if (read.ok) return read;
  return read.error.kind === 'invalid'
    ? fail({ code: 'record-invalid', path: file, problems: read.error.problems })
    : fail({ code: 'unknown-run', asked, reason: 'there is no such run record' });
};
