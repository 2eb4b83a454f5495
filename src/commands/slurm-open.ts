import { join, resolve } from 'node:path';
import { readFeatures, type SlurmAccess } from '../io/slurm.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SlurmMatrix } from '../model/slurm.ts';
import { narrowPlan } from '../plan/narrow.ts';
import { planTasks } from '../plan/tasks.ts';
import { findBaselines } from '../run/baselines.ts';
import { packageDir } from '../run/data.ts';
import { nameRun } from '../run/session-record.ts';
import { saveBaselines } from '../run/slurm-merge.ts';
import { makeSubmissionRecord, saveSubmissionRecord } from '../run/slurm-record.ts';
import { createMatrix, loadSlurmMatrix, locateMatrix } from '../run/slurm-state.ts';
import type { SlurmEngine } from '../run/slurm-submit.ts';
import { openStore, type Store } from '../run/store.ts';
import type { CommandContext } from './context.ts';
import { chooseAsked } from './matrix-cells.ts';
import type { MatrixCommandOptions } from './matrix.ts';
import { openSelection, type Opened } from './open.ts';
import { runOpened } from './run-opened.ts';
import { makeSelectionArguments } from './selection-arguments.ts';
import { locateStore, readToolVersion } from './settings.ts';
import type { ParsedSlurmOptions } from './slurm-options.ts';

/** A matrix that was submitted, or is to be, and what works on it. */
export interface Opening {
  readonly matrix: SlurmMatrix;
  readonly store: Store;
  readonly engine: SlurmEngine;
}

/** The whole store path goes into scripts, logs and sbatch: what a build could not carry, or Slurm would read otherwise. */
const checkPlace = (directory: string): Failure | undefined =>
  /^[A-Za-z0-9/._+@~-]+$/.test(directory)
    ? undefined
    : {
        code: 'unsupported',
        what: `A matrix on Slurm in ${directory}`,
        why: 'Slurm and make do not carry a path with a space, a letter beyond ASCII or a sign like %',
        next: 'Choose a store without them: --store DIR.',
      };

/** Brings the sources into the store that nodes share: nodes often reach no network. What cannot be had here, they may have. */
const fetchSources = async (
  opened: Opened,
  asked: readonly string[],
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const plan = narrowPlan(opened.prepared.plan, new Set(asked));
  if (plan.cells.length === 0) return [];
  const ran = await runOpened({ ...opened, prepared: { ...opened.prepared, plan } }, 'fetch', false, context);
  const failures = ran.ok ? ran.value.failures : ran.error;
  const others = failures.filter(({ code }) => code !== 'interrupted');
  if (others.length > 0) context.err('Not every source could be fetched here; nodes will try themselves.\n');
  return failures.filter(({ code }) => code === 'interrupted');
};

/** Makes a new matrix of a selection: plans, asks the cluster what it has, and writes down what is to be submitted. */
export const openNew = async (
  options: MatrixCommandOptions,
  { options: slurm, features }: ParsedSlurmOptions,
  access: SlurmAccess,
  context: CommandContext,
): Promise<Result<Opening, readonly Failure[]>> => {
  // Before anything is planned or fetched: without a controller there is nothing to do.
  const offered = await readFeatures(slurm.partition, access);
  if (!offered.ok) return fail([offered.error]);
  const opened = await openSelection(options, context, 'run', true);
  if (!opened.ok) return opened;
  const stage = options.upTo ?? 'test';
  const { prepared, store } = opened.value;
  const chosen = await chooseAsked(options, opened.value, stage, context.cwd);
  if (!chosen.ok) return chosen;
  const { plan, host } = prepared;
  const { asked } = chosen.value;
  const { tasks, refused } = planTasks(plan, stage, new Set(asked), features, { features: offered.value });
  const createdAt = new Date().toISOString();
  const id = nameRun(createdAt);
  const directory = locateMatrix(store, id);
  const misplaced = checkPlace(directory);
  if (misplaced !== undefined) return fail([misplaced]);
  const matrix: SlurmMatrix = {
    version: 1,
    kind: 'slurm-matrix',
    id,
    tool: readToolVersion(),
    createdAt,
    command: [process.execPath, join(packageDir, 'bin', 'cpython-awslc.js')],
    selection: [
      ...makeSelectionArguments(options, locateStore(options.store, context), context.cwd),
      ...(options.rerun === true ? ['--rerun'] : []),
      ...(options.baseline === undefined ? [] : ['--baseline', locateBaseline(options.baseline, context.cwd)]),
    ],
    stage,
    failFast: options.failFast === true,
    options: slurm,
    asked: [...asked],
    tasks: [...tasks],
    refused: [...refused],
    submissions: [],
  };
  const cells = plan.cells.filter((cell) => asked.includes(cell.id));
  const baselines =
    options.baseline === undefined || cells.length === 0
      ? undefined
      : await findBaselines({ asked: options.baseline, plan, cells, store, cwd: context.cwd });
  if (baselines?.ok === false) return fail([baselines.error]);
  const interrupted = await fetchSources(opened.value, asked, context);
  if (interrupted.length > 0) return fail(interrupted);
  const written = await createMatrix(directory, matrix);
  if (!written.ok) return fail([written.error]);
  for (const saved of [
    await saveSubmissionRecord(directory, makeSubmissionRecord(matrix, plan, host)),
    ...(baselines === undefined ? [] : [await saveBaselines(directory, baselines.value)]),
  ]) {
    if (!saved.ok) return fail([saved.error]);
  }
  return ok({ matrix, store, engine: { directory, access } });
};

/** A run's id or `newest` as it is, a path made absolute. */
const locateBaseline = (asked: string, cwd: string): string =>
  asked.includes('/') || asked.endsWith('.json') ? resolve(cwd, asked) : asked;

/** Opens a matrix that was submitted before. Options of Slurm that are given now take the place of those that were. */
export const openOld = async (
  id: string,
  options: MatrixCommandOptions,
  { options: slurm }: ParsedSlurmOptions,
  access: SlurmAccess,
  context: CommandContext,
): Promise<Result<Opening, readonly Failure[]>> => {
  const store = await openStore(locateStore(options.store, context));
  if (!store.ok) return fail([store.error]);
  const matrix = await loadSlurmMatrix(store.value, id);
  if (!matrix.ok) return fail([matrix.error]);
  const args = slurm.args.length === 0 ? matrix.value.options.args : slurm.args;
  return ok({
    matrix: { ...matrix.value, options: { ...matrix.value.options, ...slurm, args } },
    store: store.value,
    engine: { directory: locateMatrix(store.value, id), access },
  });
};
