import { isExpected, verdictNameSchema, type VerdictReport } from '../model/verdict.ts';
import { describeKept } from './kept.ts';
import { formatPackagesMarkdown } from './packages.ts';
import { formatCount, formatDuration, plural, stripControls } from './text.ts';
import { verdictMeanings } from './verdict-words.ts';
import { describeCell, describeResult, formatComparison, groupUnexpected, rerunCommand } from './verdicts.ts';

/** A CI system's summary page takes about 1 MiB: this many cases are drawn, the rest is counted. */
const maxCases = 100;
/** Lines of a traceback that are drawn: its end says what went wrong. */
const maxDetailLines = 25;

/** Text as HTML within Markdown shows it literally. */
export const escapeHtml = (text: string): string =>
  stripControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Text as Markdown shows it literally, on one line. */
export const escapeInline = (text: string): string =>
  escapeHtml(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]#|~]/g, '\\$&');

/** A code block whose fence is longer than any run of backticks in it. */
export const fence = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}text\n${text}\n${mark}`;
};

/** The end of a text that is long. */
export const lastLines = (text: string): string => {
  const lines = stripControls(text).trimEnd().split('\n');
  return lines.length <= maxDetailLines ? lines.join('\n') : ['...', ...lines.slice(-maxDetailLines)].join('\n');
};

export interface MarkdownOptions {
  /** What the proof says, in a line: `proof: 31 of 31 claims hold`. */
  readonly proofSummary?: string;
  readonly command?: string;
}

/** The suites' result for a CI system's summary page: the result, the counts, each unexpected case folded, the cell. */
export const formatMarkdown = (report: VerdictReport, options: MarkdownOptions = {}): string => {
  const command = options.command ?? 'cpython-awslc test';
  const parts: string[] = [`## ${escapeInline(describeResult(report))}`, escapeInline(describeCell(report.cell))];
  if (options.proofSummary !== undefined) parts.push(escapeInline(options.proofSummary));
  parts.push(
    report.recorded
      ? `Result of ${report.ranAt ?? 'an earlier run'}, not run again.`
      : `Ran in ${formatDuration(report.durationMs)}${report.ranAt === undefined ? '' : `, started ${report.ranAt}`}.`,
  );
  if (report.kept !== undefined) parts.push(`${escapeInline(describeKept(report.kept))}.`);
  const rows = verdictNameSchema.options
    .filter((name) => report.counts[name] > 0)
    .map(
      (name) =>
        `| ${isExpected(name) ? name : `**${name}**`} | ${formatCount(report.counts[name])} | ${verdictMeanings[name]} |`,
    );
  if (rows.length > 0) parts.push(['| verdict | count | meaning |', '|---|---:|---|', ...rows].join('\n'));

  if (report.packages !== undefined) parts.push(formatPackagesMarkdown(report.packages, escapeInline));
  const groups = groupUnexpected(report.verdicts);
  for (const { verdict, all } of groups.slice(0, maxCases)) {
    const title = all.length === 1 ? verdict.id : `${plural(all.length, 'case')} of ${verdict.file}`;
    const ids = all.length === 1 ? [] : [...all.slice(0, 10).map(({ id }) => id), ...(all.length > 10 ? ['...'] : [])];
    const body = [
      ...(verdict.reason === undefined ? [] : [verdict.reason]),
      ...ids,
      ...(verdict.details === undefined || all.length > 1 ? [] : ['', lastLines(verdict.details)]),
      '',
      `again: ${rerunCommand(command, verdict.file, all.length === 1 ? verdict.id : undefined)}`,
    ].join('\n');
    parts.push(
      `<details><summary><b>${verdict.verdict}</b> ${escapeHtml(title)}</summary>\n\n${fence(stripControls(body))}\n\n</details>`,
    );
  }
  if (groups.length > maxCases) parts.push(`${formatCount(groups.length - maxCases)} more are in the JSON report.`);
  if (report.baseline !== undefined) {
    parts.push(fence(formatComparison(report.baseline.run, report.baseline.comparison, { color: false })));
  }
  if (report.notes.length > 0) parts.push(report.notes.map((note) => `- ${escapeInline(note)}`).join('\n'));
  return `${parts.join('\n\n')}\n`;
};

/** What the page says of a run that never came to a verdict. */
export const formatMarkdownFailures = (failures: readonly string[]): string =>
  ['## Failed before there was a verdict', ...failures.map((text) => fence(stripControls(text)))].join('\n\n') + '\n';
