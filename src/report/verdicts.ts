import type { Cell } from '../model/cell.ts';
import { packagesName } from '../model/packages.ts';
import { prettyJson } from '../model/json.ts';
import {
  caseIdOf,
  isExpected,
  verdictNameSchema,
  type BaselineComparison,
  type Verdict,
  type VerdictChange,
  type VerdictName,
  type VerdictReport,
} from '../model/verdict.ts';
import { describeKept } from './kept.ts';
import { formatPackages } from './packages.ts';
import {
  formatCount,
  formatDuration,
  paint,
  plural,
  printable,
  quoteWord,
  type Style,
  type TextOptions,
} from './text.ts';

export interface VerdictTextOptions extends TextOptions {
  /** Command that selects this cell: `cpython-awslc test --python 3.14.5`; files and cases are added. */
  readonly command?: string;
}

/** Cases of one file with the same verdict and reason are drawn together from this many on. */
const groupFrom = 5;
/** How many of a group's ids are named. */
const groupNames = 3;

/** One cell in a line: `CPython 3.14.6, AWS-LC 5.12.0, x86_64 gnu, generic, static, quick`. */
export const describeCell = (cell: Cell): string =>
  [
    `CPython ${cell.python.version}`,
    `AWS-LC ${cell.awslc.fips && !cell.awslc.version.startsWith('fips-') ? 'FIPS ' : ''}${cell.awslc.version}`,
    `${cell.platform.arch} ${cell.platform.libc}`,
    cell.target,
    cell.link,
    cell.optimization,
  ].join(', ');

/** The command that runs one case, or a file's cases, again. Of a split package a person names the package. */
export const rerunCommand = (command: string, file: string, id?: string): string => {
  const caseId = id === undefined ? undefined : caseIdOf(id);
  if (file === packagesName || file.startsWith(`${packagesName}.`)) {
    return [command, '--preset', packagesName, '--match', quoteWord(caseId ?? `${file}.*`)].join(' ');
  }
  return [
    command,
    '--tests',
    quoteWord(file.split('.')[0] ?? file),
    ...(caseId === undefined || caseId === file ? [] : ['--match', quoteWord(caseId)]),
  ].join(' ');
};

/** The counts that are not zero, in the order of the table of verdicts: `PASS 4,290  SKIP 60`. */
export const formatCounts = (report: VerdictReport): string =>
  verdictNameSchema.options
    .filter((name) => report.counts[name] > 0)
    .map((name) => `${name} ${formatCount(report.counts[name])}`)
    .join('  ');

/** The result in a sentence: `All as expected: 4,426 cases in 48 files`. */
export const describeResult = (report: VerdictReport): string => {
  const where = `${plural(report.cases, 'case')} in ${plural(report.files, 'file')}`;
  if (report.verdicts.length === 0) return 'Nothing was judged';
  const unexpected = report.verdicts.filter(({ verdict }) => !isExpected(verdict)).length;
  return unexpected === 0 ? `All as expected: ${where}` : `${plural(unexpected, 'unexpected verdict')}: ${where}`;
};

const styleOf = (name: VerdictName): Style => (name === 'XPASS' || name === 'NEWSKIP' ? 'yellow' : 'red');

interface Group {
  readonly verdict: Verdict;
  readonly all: readonly Verdict[];
}

/** Draws many alike as one: a lost file would fill the screen. */
export const groupUnexpected = (verdicts: readonly Verdict[]): readonly Group[] => {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    if (isExpected(verdict.verdict)) continue;
    const key = JSON.stringify([verdict.file, verdict.verdict, verdict.reason]);
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return [...groups.values()].flatMap((all) =>
    all.length < groupFrom
      ? all.map((verdict) => ({ verdict, all: [verdict] }))
      : all.slice(0, 1).map((verdict) => ({ verdict, all })),
  );
};

const formatGroup = ({ verdict, all }: Group, options: VerdictTextOptions): string => {
  const name = paint(verdict.verdict.padEnd(10), styleOf(verdict.verdict), options);
  const command = options.command ?? 'cpython-awslc test';
  const lines: string[] = [];
  if (all.length === 1) {
    lines.push(`${name} ${printable(verdict.id, options)}`);
  } else {
    const named = all.slice(0, groupNames).map(({ id }) => printable(id, options));
    lines.push(`${name} ${plural(all.length, 'case')} of ${verdict.file}: ${named.join(', ')}, ...`);
  }
  if (verdict.reason !== undefined) lines.push(`           ${printable(verdict.reason, options)}`);
  lines.push(`           again: ${rerunCommand(command, verdict.file, all.length === 1 ? verdict.id : undefined)}`);
  return lines.join('\n');
};

const describeChange = (change: VerdictChange, options: TextOptions): string =>
  `  ${change.from ?? 'new'} -> ${change.to}  ${printable(change.id, options)}${
    change.reason === undefined || isExpected(change.to) ? '' : `: ${printable(change.reason, options)}`
  }`;

/** What changed against a baseline; what got worse is named, the rest is counted. */
export const formatComparison = (run: string, comparison: BaselineComparison, options: TextOptions): string => {
  const fresh = comparison.new.filter((change) => !isExpected(change.to));
  const regressions = [...comparison.worse, ...fresh];
  const rest = [
    `${formatCount(comparison.better.length)} better`,
    `${formatCount(comparison.changed.length)} otherwise as expected`,
    `${formatCount(comparison.new.length)} new`,
    `${formatCount(comparison.gone.length)} gone`,
    `${formatCount(comparison.same)} the same (${formatCount(comparison.sameUnexpected)} of them unexpected)`,
  ].join(', ');
  const head =
    regressions.length === 0
      ? paint(`Nothing worse than in run ${run}`, 'green', options)
      : paint(`${plural(regressions.length, 'verdict')} worse than in run ${run}`, 'red', options);
  return [`${head}; ${rest}`, ...regressions.map((change) => describeChange(change, options))].join('\n');
};

/**
 * The suites' result for a terminal: one sentence, the counts, every unexpected case with its reason and the command that
 * runs it again, what was not judged, and of when the result is if it was not made now.
 */
export const formatVerdicts = (report: VerdictReport, options: VerdictTextOptions): string => {
  const lines: string[] = [];
  const style = report.asExpected ? 'green' : 'red';
  const took = report.recorded ? '' : ` (${formatDuration(report.durationMs)})`;
  lines.push(`${paint(describeResult(report), style, options)}${took}`);
  if (report.recorded) {
    lines.push(`  result of ${report.ranAt ?? 'an earlier run'}, not run again: --rerun runs it`);
  }
  if (report.kept !== undefined) lines.push(`  ${describeKept(report.kept)}`);
  if (report.verdicts.length > 0) lines.push(`  ${formatCounts(report)}`);
  if (report.packages !== undefined) lines.push(formatPackages(report.packages, options));
  const groups = groupUnexpected(report.verdicts);
  if (groups.length > 0) lines.push('', ...groups.map((group) => formatGroup(group, options)));
  if (report.baseline !== undefined) {
    lines.push('', formatComparison(report.baseline.run, report.baseline.comparison, options));
  }
  if (report.notes.length > 0) lines.push('', ...report.notes.map((note) => `note: ${printable(note, options)}`));
  return `${lines.join('\n')}\n`;
};

/** The whole document as JSON text. */
export const formatVerdictJson = (report: VerdictReport): string => prettyJson(report);
