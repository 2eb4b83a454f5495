import { join, resolve } from 'node:path';
import { writeJsonAtomic } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { Result } from '../model/result.ts';
import type { SlurmMatrix } from '../model/slurm.ts';
import { quoteWord } from '../report/text.ts';
import type { TaskEnd } from '../run/slurm-ends.ts';
import { followMatrix } from '../run/slurm-follow.ts';
import { copyRecords, mergeTasks } from '../run/slurm-merge.ts';
import type { SlurmEngine } from '../run/slurm-submit.ts';
import { makeDisplay } from '../ui/display.ts';
import { assembleMatrix } from '../verdict/matrix.ts';
import type { CommandContext } from './context.ts';
import { reportMatrix } from './matrix-report.ts';
import type { MatrixCommandOptions } from './matrix.ts';
import { locateStore } from './settings.ts';
import type { Opening } from './slurm-open.ts';
import type { CommandEnd } from './tree.ts';

/** First and longest time between two looks at the jobs, and how long the controller may be silent, in milliseconds. */
const poll = { firstMs: 500, lastMs: 15_000 };
const patienceMs = 30 * 60_000;

/** The command line that follows or cancels a matrix. */
export const describeCommand = (
  what: string,
  matrix: SlurmMatrix,
  context: CommandContext,
  options: MatrixCommandOptions,
): string =>
  `cpython-awslc matrix --engine slurm ${what} ${matrix.id} --store ${quoteWord(locateStore(options.store, context))}`;

/** Follows a matrix to its end, with what its tasks do on standard error. Failures as of `followMatrix`. */
export const follow = async (
  matrix: SlurmMatrix,
  engine: SlurmEngine,
  context: CommandContext,
): Promise<Result<ReadonlyMap<number, TaskEnd>>> => {
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const summary = { id: 'slurm', title: `matrix ${matrix.id} on Slurm` };
  display.listen({
    type: 'run-started',
    steps: [summary, ...matrix.tasks.map(({ index, title }) => ({ id: `task-${index}`, title }))],
  });
  if (context.terminal.canDraw) display.listen({ type: 'step-started', ...summary });
  const ended = await followMatrix(matrix, {
    ...engine,
    signal: context.signal,
    poll,
    patienceMs,
    listener: display.listen,
    tell: ({ queued, running, done, failed }) => {
      const text = `${queued} queued, ${running} running, ${done} done, ${failed} not as expected or not done`;
      // Notices are drawn at the end only.
      if (context.terminal.canDraw) display.listen({ type: 'step-progress', id: summary.id, text });
      else display.listen({ type: 'notice', text });
    },
  });
  display.listen({ type: 'run-finished' });
  await display.close();
  return ended;
};

/** Merges what the tasks left, and reports it as a matrix of this machine would be. */
export const reportSlurm = async (
  matrix: SlurmMatrix,
  ends: ReadonlyMap<number, TaskEnd>,
  { store, since, engine: { directory } }: Opening & { readonly since: MatrixRecord | undefined },
  options: MatrixCommandOptions,
  context: CommandContext,
): Promise<CommandEnd> => {
  const merged = await mergeTasks(matrix, ends, directory, store);
  if (!merged.ok) return { failures: merged.error };
  const { found, judged } = merged.value;
  const whole = assembleMatrix({
    tool: matrix.tool,
    runs: judged,
    only: new Set(matrix.asked),
    isPartial: options.partial === true,
    ...(since === undefined ? {} : { since }),
  });
  const failures: Failure[] = [];
  if (options.output !== undefined) {
    const output = resolve(context.cwd, options.output);
    const written = await writeJsonAtomic(join(output, 'matrix.json'), whole);
    const copied = written.ok ? await copyRecords(found, directory, output) : written;
    if (!copied.ok) failures.push(copied.error);
  }
  failures.push(...(await reportMatrix(whole, judged, options, context)));
  const isOpen = [...ends.values()].some(({ end }) => end !== 'exited');
  if (isOpen)
    context.err(`To run again what has no result: ${describeCommand('--resume', matrix, context, options)}\n`);
  return { failures, exitCode: whole.exitCode };
};
