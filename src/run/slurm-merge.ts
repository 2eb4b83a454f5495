import { cp } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { readJson, writeJsonAtomic } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import { runRecordSchema } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { baselineFileSchema, type SlurmMatrix } from '../model/slurm.ts';
import type { JudgedRun } from '../verdict/matrix.ts';
import type { Baselines } from './baselines.ts';
import { findRuns, type FoundRun } from './find-runs.ts';
import { judgeRun } from './judge-run.ts';
import type { TaskEnd } from './slurm-ends.ts';
import { listUnrecorded, locateSubmissionRecord, saveSubmissionRecord, tellUnrecorded } from './slurm-record.ts';
import type { Store } from './store.ts';

const baselineFile = (directory: string): string => join(directory, 'baselines.json');

/**
 * Keeps what cells are compared with, as it was found before any task ran: afterwards the newest run of a cell is the task's own.
 * Failures: `disk-full`, `io-failed`.
 */
export const saveBaselines = (directory: string, baselines: Baselines): Promise<Result<void>> =>
  writeJsonAtomic(baselineFile(directory), { version: 1, kind: 'baselines', cells: Object.fromEntries(baselines) });

const loadBaselines = async (directory: string): Promise<Result<Baselines | undefined>> => {
  const file = baselineFile(directory);
  const read = await readJson(baselineFileSchema, file);
  if (read.ok) return ok(new Map(Object.entries(read.value.cells)));
  if (read.error.kind === 'absent') return ok(undefined);
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: read.error.reason }];
  return fail({ code: 'record-invalid', path: file, problems });
};

/** Records of all tasks and of the submission, judged by what is expected now. */
export interface MergedTasks {
  readonly found: readonly FoundRun[];
  readonly judged: readonly [JudgedRun, ...JudgedRun[]];
}

/**
 * Puts together what a matrix’ tasks left, as `merge` of its directory does: the submission's own record is one of the runs, and
 * says what no task could. Failures: `record-invalid`, `unknown-run`, `disk-full`, `io-failed`.
 */
export const mergeTasks = async (
  matrix: SlurmMatrix,
  ends: ReadonlyMap<number, TaskEnd>,
  directory: string,
  store: Store,
): Promise<Result<MergedTasks, readonly Failure[]>> => {
  const file = locateSubmissionRecord(directory);
  const record = await readJson(runRecordSchema, file);
  if (!record.ok) {
    const problems =
      record.error.kind === 'invalid' ? record.error.problems : [{ path: '$', message: 'cannot be read' }];
    return fail([{ code: 'record-invalid', path: file, problems }]);
  }
  const durationMs = Math.max(0, Date.now() - Date.parse(matrix.createdAt));
  const told = tellUnrecorded(record.value, listUnrecorded(matrix, ends), durationMs);
  const saved = await saveSubmissionRecord(directory, told);
  if (!saved.ok) return fail([saved.error]);
  const baselines = await loadBaselines(directory);
  if (!baselines.ok) return fail([baselines.error]);
  const found = await findRuns([directory], { store, cwd: directory, tool: matrix.tool });
  if (!found.ok) return found;
  const own = found.value.find((one) => one.file === file);
  const others = found.value.filter((one) => one !== own);
  const judged = await Promise.all(others.map((run) => judgeRun(run, baselines.value)));
  return ok({ found: found.value, judged: [await judgeRun({ file, record: told }), ...judged] });
};

/** Copies the records of tasks and their logs to a directory that `merge` takes. Failures: `disk-full`, `io-failed`. */
export const copyRecords = async (found: readonly FoundRun[], from: string, to: string): Promise<Result<void>> => {
  for (const { file, record } of found) {
    const target = join(to, relative(from, file));
    const written = await writeJsonAtomic(target, record);
    if (!written.ok) return written;
    const logs = join(dirname(file), 'logs');
    try {
      await cp(logs, join(dirname(target), 'logs'), { recursive: true });
    } catch (error) {
      // Only failed steps leave logs.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        return fail(ioFailure(error, logs, 'copy'));
    }
  }
  return ok(undefined);
};
