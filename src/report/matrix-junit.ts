import type { MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { readFailure } from '../model/failure-schema.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { describeFailure } from './failure.ts';
import { attributes, formatCase, seconds, sumDurations, totalsOf, xmlText, type Totals } from './junit.ts';
import { describeProofCount, describeTime, stateTitles } from './matrix-columns.ts';
import { describeCell } from './verdicts.ts';

type Shape = 'passed' | 'skipped' | 'failure' | 'error';

/** A case that stands for something beside the suites: that a cell was built, and that its proof holds. */
interface OwnCase {
  readonly name: string;
  readonly shape: Shape;
  readonly message: string;
  readonly body: string;
}

const shapeOfState: Readonly<Record<MatrixCell['state'], Shape>> = {
  'as-expected': 'passed',
  unexpected: 'failure',
  failed: 'error',
  'cannot-run': 'skipped',
  'not-run': 'skipped',
};

/** What became of the cell beside its suites' cases: an error where a step failed, a skip where it cannot or did not run. */
const listOwnCases = (cell: MatrixCell, hasCases: boolean): readonly OwnCase[] => {
  const failures = cell.failures.map(readFailure).filter(({ code }) => !(hasCases && code === 'verdicts-unexpected'));
  const told = failures.map(describeFailure);
  const logs = cell.logs.map(({ step, lines }) => `${step}\n${lines.join('\n')}`);
  const shape = failures.length > 0 || !hasCases ? shapeOfState[cell.state] : 'passed';
  const [message = stateTitles[cell.state]] = told.join('\n').split('\n', 1);
  return [
    {
      name: 'cell',
      shape,
      message: message === '' ? stateTitles[cell.state] : message,
      body: [...told, ...logs].join('\n\n'),
    },
  ];
};

const formatOwnCase = (classname: string, { name, shape, message, body }: OwnCase): string => {
  const head = `    <testcase${attributes({ classname, name, time: seconds(0) })}`;
  if (shape === 'passed') return `${head}/>`;
  if (shape === 'skipped') return `${head}>\n      <skipped${attributes({ message })}/>\n    </testcase>`;
  return `${head}>\n      <${shape}${attributes({ message, type: 'cell' })}>${xmlText(body)}</${shape}>\n    </testcase>`;
};

const countShapes = (own: readonly OwnCase[], report: VerdictReport | undefined): Totals => {
  const verdicts = totalsOf(report?.verdicts ?? []);
  const count = (shape: Shape): number => own.filter((one) => one.shape === shape).length;
  return {
    tests: String(Number(verdicts.tests) + own.length),
    failures: String(Number(verdicts.failures) + count('failure')),
    errors: String(Number(verdicts.errors) + count('error')),
    skipped: String(Number(verdicts.skipped) + count('skipped')),
  };
};

const addTotals = (all: readonly Totals[]): Totals => {
  const sum = (name: keyof Totals): string => String(all.reduce((total, one) => total + Number(one[name]), 0));
  return { tests: sum('tests'), failures: sum('failures'), errors: sum('errors'), skipped: sum('skipped') };
};

/**
 * A matrix as JUnit XML: a suite for each cell, by its id, with a case `cell` for build and proof beside the suites' own. Of a cell
 * that failed `cell` is an error, of one that cannot run or did not run a skip. `reports` has the verdicts by cell id.
 */
export const formatMatrixJunit = (record: MatrixRecord, reports: ReadonlyMap<string, VerdictReport>): string => {
  const suites = record.cells.map((cell) => {
    const report = reports.get(cell.id);
    const own = listOwnCases(cell, report !== undefined);
    const properties = {
      cell: describeCell(cell.cell),
      state: stateTitles[cell.state],
      proof: describeProofCount(cell),
      time: describeTime(cell),
      ...(cell.run === null ? {} : { run: cell.run }),
      ...Object.fromEntries((report?.notes ?? []).map((note, index) => [`note.${index + 1}`, note])),
    };
    const totals = countShapes(own, report);
    const time = sumDurations(report?.verdicts ?? []);
    const text = [
      `  <testsuite${attributes({ name: cell.id, ...totals, time: seconds(time) })}>`,
      '    <properties>',
      ...Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
      '    </properties>',
      ...own.map((one) => formatOwnCase(cell.id, one)),
      ...(report?.verdicts ?? []).map(formatCase),
      '  </testsuite>',
    ].join('\n');
    return { text, totals, time };
  });
  const totals = addTotals(suites.map((suite) => suite.totals));
  const time = seconds(suites.reduce((sum, suite) => sum + suite.time, 0));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'cpython-awslc matrix', ...totals, time })}>`,
    ...suites.map(({ text }) => text),
    '</testsuites>',
    '',
  ].join('\n');
};
