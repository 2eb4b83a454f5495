import type { Cell } from '../model/cell.ts';
import { canonicalJson } from '../model/json.ts';
import type { Verdict } from '../model/verdict.ts';
import { formatComparison, describeCell } from '../report/verdicts.ts';
import type { TextOptions } from '../report/text.ts';
import { compareWithBaseline } from '../verdict/baseline.ts';
import type { PipelineFindings } from './pipeline-report.ts';

/** What the suites of one cell came to in a run. */
interface CellVerdicts {
  readonly run: string;
  readonly verdicts: readonly Verdict[];
}

/** A cell by its place in the selection: what it is made from changes from save to save, and with it id and version. */
const keyOf = ({ python, awslc, target, link, optimization, cipherString }: Cell, ordinal: number): string =>
  canonicalJson({ series: python.series, line: awslc.line, target, link, optimization, cipherString, ordinal });

/** Tells after each run what came out otherwise than when the same cell's suites ran last. */
export const makeRounds = (): ((findings: PipelineFindings, options: TextOptions) => string) => {
  const last = new Map<string, CellVerdicts>();
  return ({ session, verdicts }, options) => {
    const { run } = session;
    if (run === undefined) return '';
    const seen = new Map<string, number>();
    const lines: string[] = [];
    for (const { planned } of session.cells) {
      const ordinal = seen.get(keyOf(planned.cell, 0)) ?? 0;
      seen.set(keyOf(planned.cell, 0), ordinal + 1);
      const key = keyOf(planned.cell, ordinal);
      const report = verdicts.get(planned.id);
      if (report === undefined) continue;
      const before = last.get(key);
      last.set(key, { run: run.id, verdicts: report.verdicts });
      if (before === undefined) continue;
      const comparison = compareWithBaseline(report.verdicts, before.verdicts);
      const of = session.cells.length > 1 ? `${describeCell(planned.cell)}\n` : '';
      lines.push(`${of}${formatComparison(before.run, comparison, options)}\n`);
    }
    return lines.join('');
  };
};
