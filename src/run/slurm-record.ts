import { join } from 'node:path';
import { writeJsonAtomic } from '../io/files.ts';
import { exitCodeOf, worstExitCode, type Failure } from '../model/failure.ts';
import { readFailure } from '../model/failure-schema.ts';
import type { Host } from '../model/host.ts';
import type { Plan } from '../model/plan.ts';
import type { CellRun, RunRecord } from '../model/record.ts';
import type { Result } from '../model/result.ts';
import type { SlurmMatrix } from '../model/slurm.ts';
import type { TaskEnd } from './slurm-ends.ts';
import { taskOf } from './slurm-state.ts';

/** Cells that no task has a record of, and why, by id: those that no node can do, and those whose task or core died. */
export const listUnrecorded = (
  matrix: SlurmMatrix,
  ends: ReadonlyMap<number, TaskEnd>,
): ReadonlyMap<string, readonly Failure[]> => {
  const failures = new Map<string, readonly Failure[]>(
    matrix.refused.map(({ id, failure }) => [id, [readFailure(failure)]]),
  );
  const failuresOf = (index: number): readonly Failure[] => {
    const end = ends.get(index);
    if (end?.end === 'died') return [end.failure];
    if (end?.end === 'exited') return end.failures;
    const { after } = taskOf(matrix, index);
    return after === null ? [] : failuresOf(after);
  };
  for (const { index, cells } of matrix.tasks) {
    const own = failuresOf(index);
    for (const id of own.length === 0 ? [] : cells) failures.set(id, own);
  }
  return failures;
};

/**
 * The submission itself as a run: its plan names every cell, and it knows of those that no other run knows of. So `merge` of the
 * matrix' directory says the same as following it.
 */
export const makeSubmissionRecord = (
  matrix: SlurmMatrix,
  plan: Plan,
  { machine, tools }: Pick<Host, 'machine' | 'tools'>,
): RunRecord => ({
  version: 1,
  kind: 'run',
  id: matrix.id,
  tool: matrix.tool,
  command: 'matrix --engine slurm',
  startedAt: matrix.createdAt,
  durationMs: 0,
  machine,
  tools: tools.map((tool) => ({ ...tool })),
  plan,
  stage: matrix.stage,
  asked: [],
  stepRecords: [],
  cells: [],
  exitCode: 0,
});

/** The same record with what became of cells that left none. `durationMs` is since the submission. */
export const tellUnrecorded = (
  record: RunRecord,
  failures: ReadonlyMap<string, readonly Failure[]>,
  durationMs: number,
): RunRecord => {
  const written = (id: string): { code: string }[] => (failures.get(id) ?? []).map((failure) => ({ ...failure }));
  const elsewhere = record.plan.elsewhere?.map((one) => {
    const [failure] = written(one.id);
    return failure === undefined ? one : { ...one, failure };
  });
  return {
    ...record,
    durationMs,
    plan: { ...record.plan, ...(elsewhere === undefined ? {} : { elsewhere }) },
    asked: [...failures.keys()],
    cells: record.plan.cells.flatMap(({ id }): CellRun[] =>
      failures.has(id) ? [{ id, steps: [], failures: written(id) }] : [],
    ),
    exitCode: worstExitCode([...failures.values()].flat().map(exitCodeOf)),
  };
};

/** Where the record of the submission is. */
export const locateSubmissionRecord = (directory: string): string => join(directory, 'run.json');

/** Writes it. Failures: `disk-full`, `io-failed`. */
export const saveSubmissionRecord = (directory: string, record: RunRecord): Promise<Result<void>> =>
  writeJsonAtomic(locateSubmissionRecord(directory), record);
