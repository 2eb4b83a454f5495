import type { Failure } from '../model/failure.ts';
import type { JobState, SlurmMatrix, Task } from '../model/slurm.ts';
import { findSubmission, hasTaskRun, locateLog, readLastLines, readTaskExit, readTaskFailures } from './slurm-state.ts';

/** How a task ended. */
export type TaskEnd =
  /** It came to its own end. `failures` are of one that left no record of a run. */
  | { readonly end: 'exited'; readonly exitCode: number; readonly failures: readonly Failure[] }
  /** Slurm, a node or a person ended it. */
  | { readonly end: 'died'; readonly failure: Failure }
  /** It was never begun: its core was not made, or another one failed fast. */
  | { readonly end: 'skipped' };

/** Ends that are no end of the task's own, whatever it still wrote. */
const overruling = ['OUT_OF_MEMORY', 'TIMEOUT', 'DEADLINE', 'NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'];

const meanings: Readonly<Record<string, string>> = {
  OUT_OF_MEMORY: 'it used more memory than it was given; --slurm-arg --mem=SIZE asks for more',
  TIMEOUT: 'it took longer than it was given; --slurm-time TIME asks for more',
  CANCELLED: 'it was cancelled',
  NODE_FAIL: 'its node failed, and Slurm did not submit it again',
  BOOT_FAIL: 'its node did not start',
  PREEMPTED: 'jobs of a higher priority took its place',
  GONE: 'Slurm does not know it any more',
};

/** Slurm's reasons that say no more than the state does, or why a job had to wait before. */
const empty = [
  '',
  'BeginTime',
  'Dependency',
  'JobArrayTaskLimit',
  'NodeDown',
  'NonZeroExitCode',
  'OutOfMemory',
  'Priority',
  'Resources',
  'TimeLimit',
];

const describeDeath = async (
  matrix: SlurmMatrix,
  task: Task,
  state: JobState | undefined,
  directory: string,
): Promise<Failure> => {
  const submission = findSubmission(matrix, task.index);
  const log = submission === undefined ? '' : locateLog(directory, submission.name, submission.position);
  const word = state?.state ?? 'GONE';
  const meaning = meanings[word] ?? 'its script did not come to its end';
  return {
    code: 'task-failed',
    task: task.title,
    job: state?.job ?? `${submission?.job ?? 'unknown'}_${submission?.position ?? 0}`,
    state: word,
    node: state?.node ?? '',
    reason: state === undefined || empty.includes(state.reason) ? meaning : `${meaning} (${state.reason})`,
    log,
    lastLines: await readLastLines(log),
  };
};

/** What is known when a task is looked at. */
export interface Look {
  readonly matrix: SlurmMatrix;
  readonly directory: string;
  readonly state: JobState | undefined;
  /** How its core ended; absent where it has none, or where that has not ended. */
  readonly core?: TaskEnd;
  /** A second look: what a file server shows late has had its time. */
  readonly isSecond: boolean;
  /** Everything that has not ended was cancelled, because another one failed fast. */
  readonly isCancelled: boolean;
}

/** How a task ended whose job neither waits nor runs; nothing as long as that cannot be told. */
export const findTaskEnd = async (task: Task, look: Look): Promise<TaskEnd | undefined> => {
  const { matrix, directory, state, core } = look;
  const exitCode = await readTaskExit(directory, task.index);
  if (exitCode !== undefined && (exitCode === 0 || !overruling.includes(state?.state ?? ''))) {
    const failures = (await hasTaskRun(directory, task.index)) ? [] : await readTaskFailures(directory, task.index);
    return { end: 'exited', exitCode, failures };
  }
  if (look.isCancelled) return { end: 'skipped' };
  if (task.after !== null) {
    if (core === undefined) return undefined;
    if (core.end !== 'exited' || core.exitCode !== 0) return { end: 'skipped' };
  }
  if (!look.isSecond) return undefined;
  return { end: 'died', failure: await describeDeath(matrix, task, state, directory) };
};
