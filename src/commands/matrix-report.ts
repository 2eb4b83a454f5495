import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { annotateMatrix, formatAnnotations } from '../report/annotations.ts';
import { formatMatrix } from '../report/matrix.ts';
import { formatMatrixJunit } from '../report/matrix-junit.ts';
import { formatMatrixMarkdown } from '../report/matrix-markdown.ts';
import type { JudgedRun } from '../verdict/matrix.ts';
import type { CommandContext } from './context.ts';
import { locatePython } from './pipeline-annotations.ts';
import { writeReport } from './write-report.ts';

/** Where reports of a matrix go. */
export interface MatrixReportOptions {
  readonly annotations?: string;
  /** Of the selection, where there is one: whether CPython's source lies here. */
  readonly python?: readonly string[];
  readonly html?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly json?: boolean;
}

/** Every verdict of the cells, those that passed included, from the runs that count. */
const reportsOf = (record: MatrixRecord, runs: readonly JudgedRun[]): ReadonlyMap<string, VerdictReport> =>
  new Map(
    record.cells.flatMap(({ id, run }) => {
      const report = runs.find((one) => one.record.id === run)?.cells.get(id)?.report;
      return report === undefined ? [] : [[id, report] as const];
    }),
  );

/** Writes the report files that were asked for, and prints the matrix: one JSON document, or text for a person. */
export const reportMatrix = async (
  record: MatrixRecord,
  runs: readonly JudgedRun[],
  options: MatrixReportOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const files: readonly (readonly [string | undefined, () => string | Promise<string>])[] = [
    // Twelve files that no other report needs.
    [options.html, () => import('../report/matrix-html.ts').then(({ formatMatrixHtml }) => formatMatrixHtml(record))],
    [options.junit, () => formatMatrixJunit(record, reportsOf(record, runs))],
    [options.markdown, () => formatMatrixMarkdown(record)],
    [options.annotations, () => formatAnnotations(annotateMatrix(record, locatePython(options.python, context.cwd)))],
  ];
  const failures: Failure[] = [];
  for (const [file, format] of files) {
    if (file !== undefined) failures.push(...(await writeReport(file, await format(), context.cwd)));
  }
  const { color, columns } = context.terminal;
  const style = { color, ...(columns === undefined ? {} : { columns }) };
  context.out(options.json === true ? prettyJson(record) : formatMatrix(record, style));
  return failures;
};
