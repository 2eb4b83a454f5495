import { ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import type { Baselines } from '../run/baselines.ts';
import type { CellSession } from '../run/cell-session.ts';
import { loadExpected } from '../run/expected.ts';
import { makeVerdictReport } from '../verdict/summary.ts';
import type { Opened } from './open.ts';

/**
 * Judges a cell's suites by what is expected now, and by an earlier run where one is named; nothing when they never ran.
 * Failure: `file-invalid`.
 */
export const judgeCell = async (
  cell: CellSession,
  opened: Opened,
  baselines: Baselines | undefined,
): Promise<Result<VerdictReport | undefined>> => {
  if (cell.suites === undefined) return ok(undefined);
  const expected = await loadExpected(cell.planned, opened.prepared.plan.test.preset);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  const baseline = baselines?.get(cell.planned.id);
  const { cell: facts, capabilities } = cell.planned;
  return ok(
    makeVerdictReport(
      {
        ...(manifest && { manifest }),
        ...(roster && { roster }),
        runs: cell.suites.runs,
        facts: { cell: facts, capabilities, environment: cell.suites.environment },
        redactions: cell.prefix === undefined ? [] : [{ text: cell.prefix, placeholder: '{prefix}' }],
      },
      {
        selection: opened.prepared.plan.test,
        ...(cell.suitesOf === undefined ? {} : { ranAt: cell.suitesOf }),
        recorded: !cell.suitesAreNew,
        durationMs: cell.suites.durationMs,
        ...(cell.kept === undefined ? {} : { kept: cell.kept }),
        ...(cell.suites.packages === undefined ? {} : { packages: cell.suites.packages }),
        notes: [
          ...(cell.twinNote === undefined ? [] : [cell.twinNote]),
          ...(baseline !== undefined && 'note' in baseline ? [baseline.note] : []),
        ],
        ...(baseline !== undefined && 'run' in baseline ? { baseline } : {}),
      },
    ),
  );
};
