import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { readJson, writeJsonAtomic } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import { readFailure } from '../model/failure-schema.ts';
import { failuresDocumentSchema } from '../model/result-document.ts';
import { fail, type Result } from '../model/result.ts';
import { slurmMatrixSchema, type SlurmMatrix, type Task } from '../model/slurm.ts';
import type { Store } from './store.ts';

const listNames = (directory: string): Promise<readonly string[]> => readdir(directory).catch(() => []);

/**
 * The directory of a matrix on Slurm, in the store that its nodes share:
 *
 *     v1/matrices/<id>/slurm.json        what was submitted, written before and after each submission
 *     v1/matrices/<id>/run.json          the submission as a run: cells that no task has a record of
 *     v1/matrices/<id>/jobs/             scripts and logs of the job arrays
 *     v1/matrices/<id>/tasks/<index>/    what each task left: run.json, matrix.json, document.json, exit
 */
export const locateMatrix = (store: Store, id: string): string => join(store.matrices, id);

/** The directory of a task. */
export const locateTask = (directory: string, task: number): string => join(directory, 'tasks', String(task));

/** Ids of the matrices of a store, newest first. */
export const listMatrixIds = async (store: Store): Promise<readonly string[]> =>
  (await listNames(store.matrices)).toSorted().reverse();

/** Writes down what is known of a matrix. Failures: `disk-full`, `io-failed`. */
export const saveMatrix = (directory: string, matrix: SlurmMatrix): Promise<Result<void>> =>
  writeJsonAtomic(join(directory, 'slurm.json'), matrix);

/** Makes the directories of a matrix and its tasks, and writes it down. Failures: `disk-full`, `io-failed`. */
export const createMatrix = async (directory: string, matrix: SlurmMatrix): Promise<Result<void>> => {
  try {
    await mkdir(join(directory, 'jobs'), { recursive: true });
    for (const { index } of matrix.tasks) await mkdir(locateTask(directory, index), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, directory, 'make'));
  }
  return saveMatrix(directory, matrix);
};

/** Reads a matrix by its id. Failures: `usage` (there is none), `record-invalid`, `io-failed`. */
export const loadSlurmMatrix = async (store: Store, id: string): Promise<Result<SlurmMatrix>> => {
  const file = join(locateMatrix(store, id), 'slurm.json');
  const isName = /^[0-9A-Za-z-]+$/.test(id);
  const read = isName ? await readJson(slurmMatrixSchema, file) : fail({ kind: 'absent' as const });
  if (read.ok) return read;
  if (read.error.kind === 'invalid') return fail({ code: 'record-invalid', path: file, problems: read.error.problems });
  if (read.error.kind === 'unreadable') {
    return fail({ code: 'io-failed', path: file, operation: 'read', reason: read.error.reason });
  }
  const known = await listMatrixIds(store);
  return fail({
    code: 'usage',
    message: `No matrix ${id} in the store ${store.dir}.`,
    next:
      known.length === 0
        ? 'It has none: --store DIR names the store that it was submitted with.'
        : `It has ${known.slice(0, 5).join(', ')}${known.length > 5 ? ' …' : ''}.`,
  });
};

/** The exit code that a task ended with; nothing as long as it did not end by itself. */
export const readTaskExit = async (directory: string, task: number): Promise<number | undefined> => {
  const place = locateTask(directory, task);
  // A listing is asked of the file server; that a file is absent may be remembered from a while ago.
  if (!(await listNames(place)).includes('exit')) return undefined;
  const text = (await readFile(join(place, 'exit'), 'utf8').catch(() => '')).trim();
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
};

/** Whether a task left the record of a run. */
export const hasTaskRun = async (directory: string, task: number): Promise<boolean> =>
  (await listNames(locateTask(directory, task))).includes('run.json');

/** What a task that left no record said instead: failures of its `--json` document. */
export const readTaskFailures = async (directory: string, task: number): Promise<readonly Failure[]> => {
  const document = await readJson(failuresDocumentSchema, join(locateTask(directory, task), 'document.json'));
  return document.ok ? document.value.failures.map(readFailure) : [];
};

/** How many of a log's last bytes are looked at. */
const tailBytes = 16_384;
const lastLineCount = 25;

/** Where the output of one task of an array goes. */
export const locateLog = (directory: string, submission: string, position: number | '%a'): string =>
  join(directory, 'jobs', `${submission}-${position}.log`);

/** The last lines of a log; none where there is no log. */
export const readLastLines = async (path: string): Promise<readonly string[]> => {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lastLineCount);
  } catch {
    return [];
  } finally {
    await file.close();
  }
};

/** The task of an index. */
export const taskOf = ({ id, tasks }: SlurmMatrix, index: number): Task => {
  const task = tasks[index];
  if (task === undefined) throw new Error(`matrix ${id} has no task ${index}`);
  return task;
};

/** The last submission of a task, and where in it the task is; nothing when it was never submitted. */
export const findSubmission = (
  matrix: SlurmMatrix,
  task: number,
): { readonly name: string; readonly job: string | null; readonly position: number } | undefined => {
  const submission = matrix.submissions.findLast(({ tasks }) => tasks.includes(task));
  if (submission === undefined) return undefined;
  return { name: submission.name, job: submission.job, position: submission.tasks.indexOf(task) };
};
