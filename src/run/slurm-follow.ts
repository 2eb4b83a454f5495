import { setTimeout as sleep } from 'node:timers/promises';
import { cancelJobs } from '../io/slurm.ts';
import type { Listener } from '../model/event.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { JobState, SlurmMatrix, Task } from '../model/slurm.ts';
import { findTaskEnd, type TaskEnd } from './slurm-ends.ts';
import { askStates, cancelMatrix, findState, type SlurmEngine } from './slurm-submit.ts';

/** How many tasks wait, run, have done what was asked, and have not: those that never began are among these. */
export interface TaskCounts {
  readonly queued: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
}

export interface FollowOptions extends SlurmEngine {
  readonly signal: AbortSignal;
  /** First and longest time between two looks, in milliseconds. */
  readonly poll: { readonly firstMs: number; readonly lastMs: number };
  /** How long the controller may be silent, in milliseconds. */
  readonly patienceMs: number;
  readonly listener: Listener;
  /** Told whenever they change. */
  readonly tell: (counts: TaskCounts) => void;
}

/** Reasons for which jobs wait without anybody having to do anything. */
const harmless =
  /^(?:|Dependency|Priority|Resources|BeginTime|JobArrayTaskLimit|Prolog|Cleaning|Licenses|Reservation|QOS\w*|Assoc\w*)$/;

/** What the looks at one task add up to. */
interface Seen {
  phase: 'queued' | 'running' | 'over';
  startedAt?: number;
  node: string;
  looksWhenOver: number;
  end?: TaskEnd;
}

/** Whether nothing is wrong with what a task is there for: the verdicts of its suites may be unexpected. */
const isGood = (end: TaskEnd): boolean => end.end === 'exited' && (end.exitCode === 0 || end.exitCode === 3);

const tellEnd = (task: Task, seen: Seen, end: TaskEnd, listener: Listener): void => {
  const step = { id: `task-${task.index}`, title: task.title };
  if (end.end === 'skipped') return;
  if (end.end === 'died') listener({ type: 'step-failed', ...step, failure: end.failure });
  else if (isGood(end)) {
    const wasSeen = seen.startedAt !== undefined;
    const notes = [
      ...(seen.node === '' ? [] : [`on ${seen.node}`]),
      ...(end.exitCode === 0 ? [] : ['unexpected verdicts']),
    ];
    listener({
      type: 'step-finished',
      ...step,
      outcome: wasSeen ? 'done' : 'recorded',
      durationMs: wasSeen ? Math.round(performance.now() - (seen.startedAt ?? 0)) : 0,
      ...(notes.length === 0 ? {} : { note: notes.join(', ') }),
    });
  } else {
    const [failure] = end.failures;
    const exit = `exit code ${end.exitCode}`;
    listener({
      type: 'step-failed',
      ...step,
      failure: failure ?? { code: 'command-failed', step: task.title, argv: [], exit, log: '', lastLines: [] },
    });
  }
};

const countTasks = (all: Iterable<Seen>): TaskCounts => {
  const counts = { queued: 0, running: 0, done: 0, failed: 0 };
  for (const { phase, end } of all) {
    if (end !== undefined) counts[end.end === 'exited' && end.exitCode === 0 ? 'done' : 'failed']++;
    else counts[phase === 'running' ? 'running' : 'queued']++;
  }
  return counts;
};

/**
 * Follows the jobs of a matrix until every task has ended, and says how each one did. A controller that is silent for a while, as
 * one that is restarted, is asked again; what tasks leave is seen all the same.
 * Failures: `interrupted`, `slurm-refused` (silent for longer than is waited for), `tool-missing`.
 */
export const followMatrix = async (
  matrix: SlurmMatrix,
  options: FollowOptions,
): Promise<Result<ReadonlyMap<number, TaskEnd>>> => {
  const { access, directory, listener, poll, signal } = options;
  const seen = new Map<number, Seen>(
    matrix.tasks.map(({ index }) => [index, { phase: 'queued', node: '', looksWhenOver: 0 }]),
  );
  const isOver = (): boolean => [...seen.values()].every(({ end }) => end !== undefined);
  let isCancelled = false;
  let told = '';
  let reasons = '';
  let answeredAt = performance.now();
  let isSilent = false;
  let pauseMs = poll.firstMs;

  /** Looks at one task; true when something about it is new. */
  const look = async (task: Task, states: readonly JobState[]): Promise<boolean> => {
    const own = seen.get(task.index);
    if (own === undefined || own.end !== undefined) return false;
    const state = findState(matrix, task.index, states);
    const before = own.phase;
    own.phase = state === undefined || state.phase === 'ended' ? 'over' : state.phase;
    if (state !== undefined && state.node !== '') own.node = state.node;
    const step = { id: `task-${task.index}`, title: task.title };
    if (own.phase === 'running' && before !== 'running') {
      own.startedAt ??= performance.now();
      listener({
        type: 'step-started',
        id: step.id,
        title: own.node === '' ? task.title : `${task.title} on ${own.node}`,
      });
    } else if (own.phase === 'queued' && before === 'running') {
      listener({
        type: 'notice',
        text: `${task.title}: queued again, since ${own.node === '' ? 'its node' : own.node} failed`,
      });
    }
    if (own.phase !== 'over') {
      own.looksWhenOver = 0;
      return own.phase !== before;
    }
    own.looksWhenOver++;
    const core = task.after === null ? undefined : seen.get(task.after)?.end;
    const end = await findTaskEnd(task, {
      matrix,
      directory,
      state,
      ...(core === undefined ? {} : { core }),
      isSecond: own.looksWhenOver > 1,
      isCancelled,
    });
    if (end === undefined) return false;
    own.end = end;
    tellEnd(task, own, end, listener);
    return true;
  };

  /** Says why jobs wait where somebody may have to do something, and ends those that wait for what will never be. */
  const lookAtReasons = async (states: readonly JobState[]): Promise<void> => {
    const waiting = states.filter(({ phase, reason }) => phase === 'queued' && !harmless.test(reason));
    const never = waiting.filter(({ reason }) => reason === 'DependencyNeverSatisfied');
    await cancelJobs(
      never.map(({ job }) => job),
      access,
    );
    const lines = [...new Set(waiting.filter((one) => !never.includes(one)).map(({ reason }) => reason))].sort();
    const text = lines.join('; ');
    if (text !== reasons && text !== '') listener({ type: 'notice', text: `jobs wait: ${text}` });
    reasons = text;
  };

  for (;;) {
    const states = await askStates(matrix, access);
    let isNew = false;
    if (states.ok) {
      if (isSilent) listener({ type: 'notice', text: 'Slurm’s controller answers again' });
      isSilent = false;
      answeredAt = performance.now();
      for (const task of matrix.tasks) isNew = (await look(task, states.value)) || isNew;
      await lookAtReasons(states.value);
    } else {
      const { error } = states;
      if (error.code !== 'slurm-refused' || performance.now() - answeredAt > options.patienceMs) return states;
      if (!isSilent)
        listener({ type: 'notice', text: `Slurm’s controller does not answer (${error.said.join(' ')}); asking on` });
      isSilent = true;
    }
    const counts = countTasks(seen.values());
    const text = JSON.stringify(counts);
    if (text !== told) options.tell(counts);
    told = text;
    if (isOver())
      return ok(new Map([...seen].flatMap(([index, { end }]) => (end === undefined ? [] : [[index, end]]))));
    if (matrix.failFast && !isCancelled && counts.failed > 0) {
      isCancelled = true;
      listener({ type: 'notice', text: 'one failed: the others are cancelled' });
      const cancelled = await cancelMatrix(matrix, access);
      if (!cancelled.ok) return cancelled;
    }
    pauseMs = isNew ? poll.firstMs : Math.min(poll.lastMs, pauseMs * 1.5);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
  }
};
