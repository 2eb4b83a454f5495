import type { Cell } from '../model/cell.ts';
import type { KeptFacts } from '../model/kept.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { describeKept } from './kept.ts';
import { formatDuration, paint, plural, type TextOptions } from './text.ts';
import { describeCell, describeResult, formatCounts } from './verdicts.ts';

/** What became of one cell. */
export interface CellSummary {
  readonly cell: Cell;
  readonly steps: {
    readonly done: number;
    /** Taken from a remote cache. */
    readonly cached: number;
    readonly recorded: number;
    readonly failed: number;
    readonly notRun: number;
  };
  /** How AWS-LC was compiled, when that was in a build tree which is kept for a checkout. */
  readonly kept?: KeptFacts;
  /** Claims of the proof; `of` is when it was made, when that was an earlier run. */
  readonly proof?: { readonly holds: number; readonly fails: number; readonly of?: string };
  /** Features of the CPU that proof and suites did without. */
  readonly masked?: readonly string[];
  /** A FIPS build's certificate and what it meets of it, in a line, and dates that are near. */
  readonly certificate?: { readonly text: string; readonly warnings: readonly string[] };
  /** What importing a FIPS build costs, in a line; or that it was not measured. */
  readonly importCost?: string;
  readonly verdicts?: VerdictReport;
  /** Where the Python is, and the command that runs it. */
  readonly python?: { readonly path: string; readonly command: string };
}

export interface RunSummary {
  readonly id: string;
  readonly durationMs: number;
  readonly cells: readonly CellSummary[];
}

const formatSteps = ({ done, cached, recorded, failed, notRun }: CellSummary['steps']): string =>
  [
    `${plural(done, 'step')} done`,
    ...(cached > 0 ? [`${cached} from the cache`] : []),
    ...(recorded > 0 ? [`${recorded} recorded`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(notRun > 0 ? [`${notRun} not run`] : []),
  ].join(', ');

const formatCell = (summary: CellSummary, options: TextOptions): string => {
  const lines = [paint(describeCell(summary.cell), 'bold', options), `  steps    ${formatSteps(summary.steps)}`];
  const { proof, certificate, importCost, verdicts, python } = summary;
  if (summary.kept !== undefined) lines.push(`  built    ${describeKept(summary.kept)}`);
  if (summary.masked !== undefined) lines.push(`  masked   ${summary.masked.join(', ')}`);
  if (proof !== undefined) {
    const text =
      proof.fails === 0
        ? plural(proof.holds, 'claim holds', 'claims hold')
        : `${proof.fails} of ${plural(proof.holds + proof.fails, 'claim')} ${proof.fails === 1 ? 'fails' : 'fail'}`;
    const of = proof.of === undefined ? '' : ` (of ${proof.of})`;
    lines.push(`  proof    ${paint(text, proof.fails === 0 ? 'green' : 'red', options)}${of}`);
  }
  if (certificate !== undefined) {
    lines.push(`  FIPS     ${certificate.text}`);
    for (const warning of certificate.warnings) lines.push(paint(`           warning: ${warning}`, 'yellow', options));
  }
  if (importCost !== undefined) lines.push(`  import   ${importCost}`);
  if (verdicts !== undefined) {
    const of = verdicts.recorded ? ` (of ${verdicts.ranAt ?? 'an earlier run'})` : '';
    lines.push(`  suites   ${paint(describeResult(verdicts), verdicts.asExpected ? 'green' : 'red', options)}${of}`);
    if (verdicts.verdicts.length > 0) lines.push(`           ${formatCounts(verdicts)}`);
  }
  if (python !== undefined) lines.push(`  python   ${python.path}`, `  run it   ${python.command}`);
  return lines.join('\n');
};

/** The end of a run for a terminal: for each cell what was done, what the proof and the suites say, and where the Python is. */
export const formatRunSummary = (summary: RunSummary, options: TextOptions): string =>
  `${[
    ...summary.cells.map((cell) => formatCell(cell, options)),
    paint(`run ${summary.id}, ${formatDuration(summary.durationMs)}`, 'dim', options),
  ].join('\n')}\n`;
