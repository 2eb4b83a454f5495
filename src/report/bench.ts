import type { BenchDocument, BenchReport, BenchRow, Measured, Ratio } from '../model/bench.ts';
import { escapeInline } from './markdown.ts';
import { formatCount, paint, printable, type TextOptions } from './text.ts';

/** Three digits that count, or all of a larger number. */
const digits = (value: number): string => (value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3));

/** A time as a person reads it: three digits and a unit. */
const formatNs = (ns: number): string => {
  const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : [ns / 1e6, 'ms'];
  return `${digits(value)} ${unit}`;
};

/** What a median time means: MB/s where an operation goes through bytes, else operations in a second, or the time itself. */
export const formatMeasured = (
  { medianNs }: Pick<Measured, 'medianNs'>,
  row: Pick<BenchRow, 'bytes' | 'id'>,
): string => {
  if (row.bytes > 0) return `${digits((row.bytes / medianNs) * 1e3)} MB/s`;
  return row.id.startsWith('TLS') ? `${digits(1e9 / medianNs)}/s` : formatNs(medianNs);
};

/** A ratio with the range of eight of ten turns. */
const formatRatio = ({ ratio, low, high }: Ratio): string =>
  `${ratio.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

/** What may be said of a ratio. */
export const describeVerdict = ({ verdict, ratio }: Ratio): string =>
  verdict === 'not separated'
    ? 'not separated'
    : `${(verdict === 'faster' ? ratio : 1 / ratio).toFixed(2)} times as ${verdict === 'faster' ? 'fast' : 'slow'}`;

const measuredText = (row: BenchRow, subject: string): string => {
  const found = row.measured.find((measured) => measured.subject === subject);
  return found === undefined
    ? (row.unavailable[subject] ?? 'not measured')
    : `${formatMeasured(found, row)} ±${Math.round(found.spread * 100)} %`;
};

const count = (rows: readonly BenchRow[], against: string, verdict: Ratio['verdict']): number =>
  rows.flatMap(({ ratios }) => ratios).filter((ratio) => ratio.against === against && ratio.verdict === verdict).length;

/** Pairs in the order in which they were asked for. */
const pairsOf = (report: BenchReport): readonly (readonly [subject: string, against: string])[] => [
  ...new Map(
    report.rows.flatMap(({ ratios }) =>
      ratios.map(({ subject, against }) => [`${subject} against ${against}`, [subject, against] as const] as const),
    ),
  ).values(),
];

const conditions = (report: BenchReport): string =>
  `processor time, ${report.pairs} turns each on core ${report.core} of ${report.cores} (${report.cpu}, ${report.os}); load ${report.loadBefore} before, ${report.loadAfter} after, our own included; CPU counters ${report.notCounted === null ? 'of one operation in user mode' : `not measured: ${report.notCounted}`}`;

/** The heading of a table: who is compared with whom, and how often a difference was seen. */
const summarize = (report: BenchReport, [subject, against]: readonly [string, string]): string => {
  const rows = report.rows.map((row) => ({ ...row, ratios: row.ratios.filter((ratio) => ratio.subject === subject) }));
  return `${subject} (${report.versions[subject] ?? ''}) against ${against} (${report.versions[against] ?? ''}): faster in ${count(rows, against, 'faster')}, slower in ${count(rows, against, 'slower')}, not separated in ${count(rows, against, 'not separated')}`;
};

const rowsOf = (
  report: BenchReport,
  [subject, against]: readonly [string, string],
): readonly { readonly row: BenchRow; readonly ratio: Ratio | undefined }[] =>
  report.rows.map((row) => ({
    row,
    ratio: row.ratios.find((candidate) => candidate.subject === subject && candidate.against === against),
  }));

/** For a terminal that may know ASCII only. */
const plainText = (row: BenchRow, subject: string, options: TextOptions): string =>
  printable(measuredText(row, subject).replace('±', '+-').replace('µ', 'u'), options);

const formatPair = (report: BenchReport, pair: readonly [string, string], options: TextOptions): string => {
  const width = Math.max(...report.rows.map(({ group, title }) => group.length + title.length + 2));
  const lines = rowsOf(report, pair).map(({ row, ratio }) => {
    const name = `${row.group}, ${row.title}`.padEnd(width);
    if (ratio === undefined) {
      const why = pair.map((subject) => `${subject}: ${plainText(row, subject, options)}`).join('; ');
      return `  ${name}  ${paint(`no ratio: ${why}`, 'dim', options)}`;
    }
    const style = { faster: 'green', slower: 'red', 'not separated': 'dim' } as const;
    const text = `${ratio.ratio.toFixed(2).padStart(5)}  ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}`.padEnd(
      22,
    );
    const times = pair.map((subject) => plainText(row, subject, options));
    return `  ${name}  ${paint(`${text}${ratio.verdict.padEnd(13)}`, style[ratio.verdict], options)}  ${times.join(' | ')}`;
  });
  return [paint(summarize(report, pair), 'bold', options), ...lines].join('\n');
};

/** What the CPU counted of one operation, by subject in the order in which they were measured. */
const countedText = (row: BenchRow): readonly string[] =>
  row.measured.flatMap(({ subject }) => {
    const counted = row.counters[subject];
    if (counted === undefined) return [];
    const { instructions, cycles } = counted;
    const perCycle = cycles === 0 ? '' : `, ${(instructions / cycles).toFixed(2)} in a cycle`;
    return [`${subject}: ${formatCount(Math.round(instructions))} instructions${perCycle}`];
  });

const formatCounters = (report: BenchReport): readonly string[] => {
  const lines = report.rows.flatMap((row) => {
    const counted = countedText(row);
    return counted.length === 0 ? [] : [`  ${row.group}, ${row.title}: ${counted.join('; ')}`];
  });
  return lines.length === 0 ? [] : ['', 'What the CPU counted of one operation:', ...lines];
};

/** Ratios first: for each pair of subjects a line per case, with the range of the turns and what may be said. */
export const formatBench = (document: BenchDocument, options: TextOptions): string =>
  document.cells
    .map((report) =>
      [
        report.cell,
        conditions(report),
        'A ratio says how many times as much is done in the same time; then where eight of ten turns lie.',
        ...pairsOf(report).map((pair) => `\n${formatPair(report, pair, options)}`),
        ...formatCounters(report),
      ].join('\n'),
    )
    .join('\n\n') + '\n';

const formatPairMarkdown = (report: BenchReport, pair: readonly [string, string]): string =>
  [
    `**${escapeInline(summarize(report, pair))}.**`,
    '',
    `| | Ratio (eight of ten turns) | | ${pair.map(escapeInline).join(' | ')} |`,
    '|---|---|---|---|---|',
    ...rowsOf(report, pair).map(({ row, ratio }) =>
      [
        '',
        `${row.group}, ${row.title}`,
        ratio === undefined ? '' : formatRatio(ratio),
        ratio === undefined ? 'no ratio' : describeVerdict(ratio),
        ...pair.map((subject) => measuredText(row, subject)),
        '',
      ]
        .map(escapeInline)
        .join(' | ')
        .trim(),
    ),
  ].join('\n');

/** The same for a page that shows Markdown. */
export const formatBenchMarkdown = (document: BenchDocument): string =>
  document.cells
    .map((report) =>
      [
        `### ${escapeInline(report.cell)}`,
        `${escapeInline(conditions(report))}. A ratio says how many times as much is done in the same time.`,
        ...pairsOf(report).map((pair) => formatPairMarkdown(report, pair)),
        ...formatCounters(report).flatMap((line) => (line === '' ? [] : [escapeInline(line.trim())])),
      ].join('\n\n'),
    )
    .join('\n\n') + '\n';
