import { hostname } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '../io/lock.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { Result } from '../model/result.ts';
import type { SlurmMatrix, SlurmReport } from '../model/slurm.ts';
import { plural } from '../report/text.ts';
import { loadTargets } from '../run/data.ts';
import { makeSlurmAccess } from '../run/slurm-access.ts';
import { loadSlurmMatrix, saveMatrix } from '../run/slurm-state.ts';
import {
  adoptJobs,
  askStates,
  cancelMatrix,
  chooseOpenTasks,
  submitTasks,
  type SlurmEngine,
} from '../run/slurm-submit.ts';
import type { CommandContext } from './context.ts';
import { loadMatrix } from './matrix-cells.ts';
import type { MatrixCommandOptions } from './matrix.ts';
import { cleanPath } from './settings.ts';
import { openNew, openOld, type Opening } from './slurm-open.ts';
import { parseSlurmOptions } from './slurm-options.ts';
import { describeCommand, follow, reportSlurm } from './slurm-report.ts';
import type { CommandEnd } from './tree.ts';

/** Submits what has no result and no job. */
const bringToSlurm = async ({ matrix, engine }: Opening): Promise<Result<SlurmMatrix>> => {
  const states = await askStates(matrix, engine.access);
  if (!states.ok) return states;
  const adopted = adoptJobs(matrix, states.value);
  const saved = await saveMatrix(engine.directory, adopted);
  if (!saved.ok) return saved;
  const { open, doneCores } = await chooseOpenTasks(adopted, engine.directory, states.value);
  return submitTasks(adopted, open, doneCores, engine);
};

/** Cancels after an interruption, and says how to go on. */
const giveUp = async (
  matrix: SlurmMatrix,
  engine: SlurmEngine,
  context: CommandContext,
  options: MatrixCommandOptions,
): Promise<readonly Failure[]> => {
  const cancelled = await cancelMatrix(matrix, { env: engine.access.env });
  context.err(
    cancelled.ok
      ? `Cancelled ${plural(cancelled.value.length, 'job array')}. To go on: ${describeCommand('--resume', matrix, context, options)}\n`
      : `The jobs could not be cancelled. To do it: ${describeCommand('--cancel', matrix, context, options)}\n`,
  );
  return cancelled.ok ? [] : [cancelled.error];
};

const tell = (
  did: SlurmReport['did'],
  jobs: readonly string[],
  opening: Opening,
  options: MatrixCommandOptions,
  context: CommandContext,
): void => {
  const { matrix, engine } = opening;
  const document: SlurmReport = {
    version: 1,
    kind: 'slurm',
    id: matrix.id,
    directory: engine.directory,
    did,
    jobs: [...jobs],
    tasks: matrix.tasks.length,
  };
  context.out(
    options.json === true
      ? prettyJson(document)
      : did === 'cancelled'
        ? `matrix ${matrix.id}: cancelled ${plural(jobs.length, 'job array')}\n`
        : `matrix ${matrix.id}: ${plural(matrix.tasks.length, 'task')}, job arrays ${jobs.join(', ')}\n` +
          `  to follow it: ${describeCommand('--resume', matrix, context, options)}\n` +
          `  to cancel it: ${describeCommand('--cancel', matrix, context, options)}\n`,
  );
};

const cancel = async (
  opening: Opening,
  options: MatrixCommandOptions,
  context: CommandContext,
): Promise<CommandEnd> => {
  const jobs = await cancelMatrix(opening.matrix, opening.engine.access);
  if (!jobs.ok) return { failures: [jobs.error] };
  tell('cancelled', jobs.value, opening, options, context);
  return { failures: [] };
};

const submitAndFollow = async (
  opening: Opening & { readonly since: MatrixRecord | undefined },
  options: MatrixCommandOptions,
  context: CommandContext,
): Promise<CommandEnd> => {
  const { engine } = opening;
  const submitted = await bringToSlurm(opening);
  if (!submitted.ok) {
    context.err(`To submit it again: ${describeCommand('--resume', opening.matrix, context, options)}\n`);
    return { failures: [submitted.error] };
  }
  const matrix = submitted.value;
  if (options.detach === true) {
    const jobs = matrix.submissions.flatMap(({ job }) => (job === null ? [] : [job]));
    tell('submitted', jobs, { ...opening, matrix }, options, context);
    return { failures: [] };
  }
  const ends = await follow(matrix, engine, context);
  if (ends.ok) return reportSlurm(matrix, ends.value, opening, options, context);
  if (ends.error.code !== 'interrupted') {
    context.err(`Its jobs go on. To follow them: ${describeCommand('--resume', matrix, context, options)}\n`);
    return { failures: [ends.error] };
  }
  return { failures: [ends.error, ...(await giveUp(matrix, engine, context, options))] };
};

/** `matrix --engine slurm`: submits, follows and merges; goes on with an earlier one, or cancels it. */
export const runMatrixSlurm = async (options: MatrixCommandOptions, context: CommandContext): Promise<CommandEnd> => {
  const targets = await loadTargets();
  if (!targets.ok) return { failures: [targets.error] };
  const parsed = parseSlurmOptions(
    options,
    targets.value.targets.map(({ name }) => name),
  );
  if (!parsed.ok) return { failures: parsed.error };
  const since = options.since === undefined ? undefined : await loadMatrix(options.since, context.cwd);
  if (since?.ok === false) return { failures: [since.error] };
  const access = makeSlurmAccess(context.env, cleanPath(context), context.signal);
  const old = options.resume ?? options.cancel;
  const opening =
    old === undefined
      ? await openNew(options, parsed.value, access, context)
      : await openOld(old, options, parsed.value, access, context);
  if (!opening.ok) return { failures: opening.error };
  if (options.cancel !== undefined) return cancel(opening.value, options, context);
  const { matrix, engine } = opening.value;
  const lock = await acquireLock({
    path: join(engine.directory, 'lock'),
    owner: `${hostname()}, process ${process.pid}`,
    signal: context.signal,
    onWait: (owner) => {
      context.err(`Matrix ${matrix.id} is followed by ${owner}; waiting for that to end.\n`);
    },
  });
  if (!lock.ok) return { failures: [lock.error] };
  try {
    // Whoever had the lock may have submitted more.
    const known = await loadSlurmMatrix(opening.value.store, matrix.id);
    if (!known.ok) return { failures: [known.error] };
    const current = { ...opening.value, since: since?.value, matrix: { ...known.value, options: matrix.options } };
    return await submitAndFollow(current, options, context);
  } finally {
    await lock.value.release();
  }
};
