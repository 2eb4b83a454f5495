import type { Cell } from '../model/cell.ts';
import { canonicalJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CellRun, RunRecord } from '../model/record.ts';
import type { Verdict, VerdictReport } from '../model/verdict.ts';
import { loadExpected, loadRun, type CellSession } from '../run/session.ts';
import type { Store } from '../run/store.ts';
import type { Expected } from '../run/suites.ts';
import { judge } from '../verdict/judge.ts';
import { makeVerdictReport } from '../verdict/summary.ts';
import type { Opened } from './open.ts';

type Rules = Pick<Expected, 'manifest' | 'roster'>;

/** The cell of an earlier run that this one is compared with: the same one, else the one that differs in AWS-LC only. */
const chooseBaselineCell = (run: RunRecord, cell: CellSession): CellRun | undefined => {
  const ran = run.cells.filter(({ suites }) => suites !== undefined);
  const kindOf = ({ python, target, link, optimization }: Cell): string =>
    canonicalJson({ series: python.series, target, link, optimization });
  const isAlike = (other: CellRun): boolean => {
    const planned = run.plan.cells.find(({ id }) => id === other.id);
    return planned !== undefined && kindOf(planned.cell) === kindOf(cell.planned.cell);
  };
  return ran.find(({ id }) => id === cell.planned.id) ?? ran.find(isAlike);
};

/** An earlier run's results for a cell like this one, judged by what is expected now. */
const judgeBaseline = (
  run: RunRecord,
  cell: CellSession,
  rules: Rules,
): Result<{ readonly run: string; readonly verdicts: readonly Verdict[] }> => {
  const before = chooseBaselineCell(run, cell);
  const planned = run.plan.cells.find(({ id }) => id === before?.id);
  if (before?.suites === undefined || planned === undefined) {
    return fail({ code: 'unknown-run', asked: run.id, reason: 'it ran no suites of a cell like this one' });
  }
  const { verdicts } = judge({
    ...rules,
    runs: before.suites.runs,
    facts: { cell: planned.cell, capabilities: planned.capabilities, environment: before.suites.environment },
    selection: run.plan.test,
  });
  return ok({ run: run.id, verdicts });
};

/** Reads the run that `--baseline` names, before anything is built. Failures: `unknown-run`, `record-invalid`. */
export const loadBaseline = async (asked: string, store: Store, cwd: string): Promise<Result<RunRecord>> => {
  const run = await loadRun(asked, store, cwd);
  if (!run.ok) return run;
  return run.value.cells.some(({ suites }) => suites !== undefined)
    ? run
    : fail({ code: 'unknown-run', asked, reason: 'it ran no suites' });
};

/**
 * Judges a cell's suites by what is expected now, and by an earlier run where one is named; nothing when they never ran.
 * Failures: `file-invalid`, `unknown-run`.
 */
export const judgeCell = async (
  cell: CellSession,
  opened: Opened,
  baselineRun: RunRecord | undefined,
): Promise<Result<VerdictReport | undefined>> => {
  if (cell.suites === undefined) return ok(undefined);
  const expected = await loadExpected(cell.planned);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  const rules: Rules = { ...(manifest && { manifest }), ...(roster && { roster }) };
  const baseline = baselineRun === undefined ? undefined : judgeBaseline(baselineRun, cell, rules);
  if (baseline?.ok === false) return baseline;
  const { cell: facts, capabilities } = cell.planned;
  return ok(
    makeVerdictReport(
      {
        ...rules,
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
        notes: cell.twinNote === undefined ? [] : [cell.twinNote],
        ...(baseline === undefined ? {} : { baseline: baseline.value }),
      },
    ),
  );
};
