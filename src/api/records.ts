import { assembleRuns } from '../commands/merge.ts';
import { locateStore } from '../commands/settings.ts';
import type { Failure } from '../model/failure.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { loadExpected } from '../run/expected.ts';
import { loadRun } from '../run/session.ts';
import { nameStore } from '../run/store.ts';
import { makeVerdictReport } from '../verdict/summary.ts';
import { call } from './call.ts';
import type { Surroundings } from './selection.ts';

/** Reads the record of a run by its id, or by the path of its run.json. Failures: `unknown-run`, `record-invalid`. */
export const readRun = (
  asked: string,
  surroundings: Pick<Surroundings, 'store' | 'cwd' | 'env'> = {},
): Promise<Result<RunRecord, readonly Failure[]>> =>
  call(surroundings, async ({ context }) => {
    const store = nameStore(locateStore(surroundings.store, context));
    const read = await loadRun(asked, store, context.cwd);
    return read.ok ? read : fail([read.error]);
  });

/**
 * Judges the suites of a record by what is expected now: verdicts are never stored. One report for each cell whose suites
 * ran, in the record's order. Failure: `file-invalid`.
 */
export const judge = (record: RunRecord): Promise<Result<readonly VerdictReport[], readonly Failure[]>> =>
  call({}, async () => {
    const reports: VerdictReport[] = [];
    for (const { id, suites, suitesOf, twinNote, steps } of record.cells) {
      const planned = record.plan.cells.find((cell) => cell.id === id);
      if (suites === undefined || planned === undefined) continue;
      const expected = await loadExpected(planned, record.plan.test.preset);
      if (!expected.ok) return fail([expected.error]);
      const { manifest, roster } = expected.value;
      const tested = steps.find((step) => step.id === planned.steps['test-cell']);
      reports.push(
        makeVerdictReport(
          {
            ...(manifest === undefined ? {} : { manifest }),
            ...(roster === undefined ? {} : { roster }),
            runs: suites.runs,
            facts: { cell: planned.cell, capabilities: planned.capabilities, environment: suites.environment },
            redactions: [],
          },
          {
            selection: record.plan.test,
            ...(suitesOf === undefined ? {} : { ranAt: suitesOf }),
            recorded: tested?.outcome !== 'done',
            durationMs: suites.durationMs,
            notes: twinNote === undefined ? [] : [twinNote],
          },
        ),
      );
    }
    return ok(reports);
  });

export interface MergeOptions extends Pick<Surroundings, 'store' | 'cwd' | 'env'> {
  /** Path of an earlier matrix.json: the record says what changed since. */
  readonly since?: string;
  /** Whether cells that could not run, or that nobody ran, are no failure. */
  readonly partial?: boolean;
}

/**
 * Puts the records of runs of many machines together, judged by what is expected now: the document that `merge --json` prints.
 * `runs` are ids, paths of run.json, or directories that have some. Its `exitCode` is that of the worst cell.
 * Failures: `unknown-run`, `record-invalid`, `usage` (runs of different recipes or suites).
 */
export const merge = (
  runs: readonly string[],
  options: MergeOptions = {},
): Promise<Result<MatrixRecord, readonly Failure[]>> =>
  call(options, async ({ context }) => {
    const { store, since, partial } = options;
    const merged = await assembleRuns(
      runs,
      {
        ...(store === undefined ? {} : { store }),
        ...(since === undefined ? {} : { since }),
        ...(partial === undefined ? {} : { partial }),
      },
      context,
    );
    return merged.ok ? ok(merged.value.matrix) : merged;
  });
