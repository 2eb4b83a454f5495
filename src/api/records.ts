import { locateStore } from '../commands/settings.ts';
import type { Failure } from '../model/failure.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { loadExpected, loadRun } from '../run/session.ts';
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
    for (const { id, suites, suitesOf, steps } of record.cells) {
      const planned = record.plan.cells.find((cell) => cell.id === id);
      if (suites === undefined || planned === undefined) continue;
      const expected = await loadExpected(planned);
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
          },
        ),
      );
    }
    return ok(reports);
  });
