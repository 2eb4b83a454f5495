import { isExpected, type Verdict, type VerdictReport } from '../model/verdict.ts';
import { describeKept } from './kept.ts';
import { stripControls } from './text.ts';
import { describeCell } from './verdicts.ts';

/** How much of a traceback goes into a document, in characters: its end says what went wrong. */
const maxDetailChars = 16_000;

/** Text that XML 1.0 may hold: no control characters, lone surrogates or non-characters. */
export const xmlText = (text: string): string =>
  stripControls(text)
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]|[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');

const xmlAttribute = (text: string): string =>
  xmlText(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');

/** Attributes of an element, each with a blank before it. */
export const attributes = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlAttribute(value)}"`)
    .join('');

/** Milliseconds as JUnit has them. */
export const seconds = (durationMs: number | undefined): string => ((durationMs ?? 0) / 1000).toFixed(3);

type Shape = 'passed' | 'skipped' | 'failure' | 'error';

/** What a verdict is to a JUnit reader. What was expected to fail or skip is a skip with its reason; what ran to no end is an error. */
const shapeOf = ({ verdict }: Verdict): Shape => {
  if (verdict === 'PASS') return 'passed';
  if (isExpected(verdict)) return 'skipped';
  return verdict === 'LOST' || verdict === 'UNRESOLVED' ? 'error' : 'failure';
};

/** `test.test_ssl.ThreadedTests.test_x (i=1)` into class and name: the last dot before the parameters. */
const splitName = (verdict: Verdict): { readonly classname: string; readonly name: string } => {
  const space = verdict.id.indexOf(' ');
  const dot = verdict.id.lastIndexOf('.', space < 0 ? undefined : space);
  return dot < 0 || verdict.id === verdict.file
    ? { classname: verdict.file, name: verdict.id }
    : { classname: verdict.id.slice(0, dot), name: verdict.id.slice(dot + 1) };
};

const shortenDetails = (details: string): string =>
  details.length <= maxDetailChars ? details : `...${details.slice(-maxDetailChars)}`;

/** One verdict as a test case. */
export const formatCase = (verdict: Verdict): string => {
  const { classname, name } = splitName(verdict);
  const head = `    <testcase${attributes({ classname, name, time: seconds(verdict.durationMs) })}`;
  const shape = shapeOf(verdict);
  if (shape === 'passed') return `${head}/>`;
  const message = `${verdict.verdict}: ${verdict.reason ?? ''}`;
  if (shape === 'skipped') return `${head}>\n      <skipped${attributes({ message })}/>\n    </testcase>`;
  const body = xmlText(shortenDetails(verdict.details ?? verdict.reason ?? ''));
  return `${head}>\n      <${shape}${attributes({ message, type: verdict.verdict })}>${body}</${shape}>\n    </testcase>`;
};

/** How many cases came out how. */
export interface Totals {
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly skipped: string;
}

/** Counts verdicts by what they are to a JUnit reader. */
export const totalsOf = (verdicts: readonly Verdict[]): Totals => {
  const count = (shape: Shape): string => String(verdicts.filter((verdict) => shapeOf(verdict) === shape).length);
  return {
    tests: String(verdicts.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
};

/** How long verdicts took together, in milliseconds. */
export const sumDurations = (verdicts: readonly Verdict[]): number =>
  verdicts.reduce((total, verdict) => total + (verdict.durationMs ?? 0), 0);

/**
 * The verdicts as JUnit XML, within what the schemas of Ant and Jenkins share: one suite per file, one case per verdict.
 * XFAIL, XSKIP, XFLAKY and SKIP are skips whose message has the reason; LOST and UNRESOLVED are errors, other unexpected
 * verdicts failures. Names no host.
 */
export const formatJunit = (reports: readonly VerdictReport[]): string => {
  const verdicts = reports.flatMap((report) => report.verdicts);
  const suites = reports.flatMap((report) => formatSuites(report, reports.length > 1));
  const total = attributes({
    name: 'cpython-awslc',
    ...totalsOf(verdicts),
    time: seconds(sumDurations(verdicts)),
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites${total}>`, ...suites, '</testsuites>', ''].join('\n');
};

/** What JUnit can say of a run that never came to a verdict: one case in error, for each failure. */
export const formatJunitFailures = (failures: readonly string[]): string => {
  const count = String(failures.length);
  const totals = { tests: count, failures: '0', errors: count, skipped: '0' };
  const cases = failures.map((text, index) => {
    const head = `    <testcase${attributes({ classname: 'cpython-awslc', name: `run.${index + 1}`, time: seconds(0) })}>`;
    const [message = ''] = text.split('\n');
    return `${head}\n      <error${attributes({ message, type: 'failure' })}>${xmlText(text)}</error>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'cpython-awslc', ...totals, time: seconds(0) })}>`,
    `  <testsuite${attributes({ name: 'run', ...totals, time: seconds(0) })}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};

/** One suite per file; its name says the cell where there are several. */
const formatSuites = (report: VerdictReport, isOneOfSeveral: boolean): readonly string[] => {
  const files = new Map<string, Verdict[]>();
  for (const verdict of report.verdicts) files.set(verdict.file, [...(files.get(verdict.file) ?? []), verdict]);
  const properties = {
    cell: describeCell(report.cell),
    ...(report.ranAt === undefined ? {} : { ranAt: report.ranAt }),
    recorded: String(report.recorded),
    ...(report.kept === undefined ? {} : { built: describeKept(report.kept) }),
    ...Object.fromEntries(report.notes.map((note, index) => [`note.${index + 1}`, note])),
  };
  return [...files].map(([file, verdicts]) => {
    const name = isOneOfSeveral ? `${file} (${describeCell(report.cell)})` : file;
    return [
      `  <testsuite${attributes({ name, ...totalsOf(verdicts), time: seconds(sumDurations(verdicts)) })}>`,
      '    <properties>',
      ...Object.entries(properties).map(([key, value]) => `      <property${attributes({ name: key, value })}/>`),
      '    </properties>',
      ...verdicts.map(formatCase),
      '  </testsuite>',
    ].join('\n');
  });
};
