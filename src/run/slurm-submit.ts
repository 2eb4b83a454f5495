import { join } from 'node:path';
import { writeFileAtomic } from '../io/files.ts';
import { cancelJobs, readJobStates, submitArray, type SlurmAccess } from '../io/slurm.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { JobState, SlurmMatrix, Task } from '../model/slurm.ts';
import { planSubmissions, type PlannedSubmission } from '../plan/tasks.ts';
import { formatSlurmScript } from '../report/slurm-script.ts';
import { findSubmission, locateLog, readTaskExit, saveMatrix } from './slurm-state.ts';

/** What every part of the engine works with. */
export interface SlurmEngine {
  readonly directory: string;
  readonly access: SlurmAccess;
}

const baseOf = (job: string): string => job.replace(/_.*$/, '');

/** The states of a matrix' jobs, also of those whose ids were never written down: they are found by name. */
export const askStates = (matrix: SlurmMatrix, access: SlurmAccess): Promise<Result<readonly JobState[]>> =>
  readJobStates(
    matrix.submissions.map(({ name }) => name),
    access,
  );

/** How Slurm sees the last submission of a task. */
export const findState = (matrix: SlurmMatrix, task: number, states: readonly JobState[]): JobState | undefined => {
  const submission = findSubmission(matrix, task);
  // Two arrays of one name are one that was accepted twice: what still lives of them counts.
  const own = states.filter(({ name, position }) => name === submission?.name && position === submission.position);
  return own.find(({ phase }) => phase !== 'ended') ?? own.at(-1);
};

/** Ends every job of a matrix that waits or runs. Returns the ids of their arrays. Failures as of Slurm’s programs. */
export const cancelMatrix = async (matrix: SlurmMatrix, access: SlurmAccess): Promise<Result<readonly string[]>> => {
  const states = await askStates(matrix, access);
  if (!states.ok) return states;
  const jobs = [...new Set(states.value.filter(({ phase }) => phase !== 'ended').map(({ job }) => baseOf(job)))];
  const cancelled = await cancelJobs(jobs, access);
  return cancelled.ok ? ok(jobs) : cancelled;
};

/** Writes down ids that Slurm gave and a submitter who was killed did not come to write. */
export const adoptJobs = (matrix: SlurmMatrix, states: readonly JobState[]): SlurmMatrix => ({
  ...matrix,
  submissions: matrix.submissions.map((submission) => {
    const known = states.find(({ name }) => name === submission.name);
    return submission.job !== null || known === undefined ? submission : { ...submission, job: baseOf(known.job) };
  }),
});

/** Which tasks have to be submitted: those without a result that no job is at, and cores that such cells cannot do without. */
export const chooseOpenTasks = async (
  matrix: SlurmMatrix,
  directory: string,
  states: readonly JobState[],
): Promise<{ readonly open: readonly Task[]; readonly doneCores: ReadonlySet<number> }> => {
  const exits = new Map<number, number | undefined>();
  for (const { index } of matrix.tasks) exits.set(index, await readTaskExit(directory, index));
  const isLive = ({ index }: Task): boolean => {
    const state = findState(matrix, index, states);
    return state !== undefined && state.phase !== 'ended';
  };
  const cells = matrix.tasks.filter(
    (task) => task.kind === 'cell' && exits.get(task.index) === undefined && !isLive(task),
  );
  const needed = new Set(cells.map(({ after }) => after));
  const cores = matrix.tasks.filter((task) => {
    if (task.kind !== 'core' || isLive(task)) return false;
    const exit = exits.get(task.index);
    // Of a matrix of cores alone, a core is a result like any; else one that failed is tried again for its cells.
    return matrix.stage === 'core' ? exit === undefined : needed.has(task.index) && exit !== 0;
  });
  const doneCores = matrix.tasks.filter(({ index, kind }) => kind === 'core' && exits.get(index) === 0);
  return { open: [...cores, ...cells], doneCores: new Set(doneCores.map(({ index }) => index)) };
};

const replaceSubmission = (matrix: SlurmMatrix, name: string, job: string): SlurmMatrix => ({
  ...matrix,
  submissions: matrix.submissions.map((one) => (one.name === name ? { ...one, job } : one)),
});

const submitOne = async (
  matrix: SlurmMatrix,
  { submission, feature, after }: PlannedSubmission,
  { directory, access }: SlurmEngine,
): Promise<Result<SlurmMatrix>> => {
  const script = join(directory, 'jobs', `${submission.name}.sh`);
  const written = await writeFileAtomic(script, formatSlurmScript(matrix, submission, directory));
  if (!written.ok) return written;
  const core = after === undefined ? undefined : findSubmission(matrix, after);
  const { partition, time, args } = matrix.options;
  const job = await submitArray(
    {
      name: submission.name,
      count: submission.tasks.length,
      script,
      log: locateLog(directory, submission.name, '%a'),
      feature,
      ...(core === undefined || core.job === null ? {} : { after: `${core.job}_${core.position}` }),
      ...(partition === undefined ? {} : { partition }),
      ...(time === undefined ? {} : { time }),
      args,
    },
    access,
  );
  if (!job.ok) return job;
  const known = replaceSubmission(matrix, submission.name, job.value);
  const saved = await saveMatrix(directory, known);
  return saved.ok ? ok(known) : saved;
};

/**
 * Submits tasks, cores first. Every array is written down before it is submitted and its id after, so that a submitter who is
 * killed in between finds it again by name. When one is refused, what was submitted of them is cancelled.
 * Failures: `slurm-refused`, `tool-missing`, `interrupted`, `disk-full`, `io-failed`.
 */
export const submitTasks = async (
  matrix: SlurmMatrix,
  tasks: readonly Task[],
  doneCores: ReadonlySet<number>,
  engine: SlurmEngine,
): Promise<Result<SlurmMatrix>> => {
  const planned = planSubmissions(tasks, `awslc-${matrix.id}`, matrix.submissions.length, (core) =>
    doneCores.has(core),
  );
  let current: SlurmMatrix = {
    ...matrix,
    submissions: [...matrix.submissions, ...planned.map(({ submission }) => submission)],
  };
  const saved = await saveMatrix(engine.directory, current);
  if (!saved.ok) return saved;
  for (const one of planned) {
    const submitted = await submitOne(current, one, engine);
    if (!submitted.ok) {
      // The signal may be what ended it: what is left behind is cancelled all the same.
      await cancelMatrix(current, { env: engine.access.env });
      return fail(submitted.error);
    }
    current = submitted.value;
  }
  return ok(current);
};
