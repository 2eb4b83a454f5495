import type { MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { describeFailure } from './failure.ts';
import { escapeHtml, escapeInline, fence, lastLines } from './markdown.ts';
import {
  describeCaseChange,
  describeCellChange,
  describeCounts,
  describeMachine,
  describePlace,
  describeProofCount,
  describeTime,
  describeTotal,
  listChanged,
  listFailures,
  stateTitles,
} from './matrix-columns.ts';
import { formatCount, formatDuration, plural, stripControls } from './text.ts';
import { groupUnexpected } from './verdicts.ts';

/** A CI system's summary page takes about 1 MiB: so many rows, failures and cases are drawn, the rest is counted. */
const maxRows = 500;
const maxFailures = 50;
const maxCases = 100;
const maxChanges = 100;
/** Characters of one failure. */
const maxText = 2000;

const marks: Readonly<Record<MatrixCell['state'], string>> = {
  'as-expected': '✅',
  unexpected: '❌',
  failed: '❌',
  'cannot-run': '⚪',
  'not-run': '⚪',
};

const shorten = (text: string): string => (text.length <= maxText ? text : `${text.slice(0, maxText)}\n...`);

const more = (count: number, what: string): readonly string[] =>
  count > 0 ? [`${formatCount(count)} more ${what} are in matrix.json.`] : [];

const formatTable = (record: MatrixRecord): string => {
  const several = record.runs.length > 1;
  const head = ['', 'cell', 'state', 'proof', 'verdicts', 'time', ...(several ? ['machine'] : [])];
  const rows = record.cells.slice(0, maxRows).map((cell) => {
    const title = stateTitles[cell.state].toLowerCase();
    const isBad = cell.state === 'failed' || cell.state === 'unexpected';
    const words = [
      marks[cell.state],
      escapeInline(describePlace(cell.cell)),
      isBad ? `**${title}**` : title,
      escapeInline(describeProofCount(cell)),
      escapeInline(describeCounts(cell)),
      describeTime(cell),
      ...(several ? [escapeInline(describeMachine(cell, record))] : []),
    ];
    return `| ${words.join(' | ')} |`;
  });
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n');
};

const formatFailures = (record: MatrixRecord): readonly string[] => {
  const failures = listFailures(record.cells);
  return [
    ...failures.slice(0, maxFailures).map(({ failure, state, cells }) => {
      const [first] = cells;
      const where = first === undefined || cells.length > 1 ? plural(cells.length, 'cell') : describePlace(first.cell);
      const body = [
        ...(cells.length > 1 ? [...cells.slice(0, 20).map(({ id }) => id), ''] : []),
        shorten(stripControls(describeFailure(failure))),
      ].join('\n');
      return `<details><summary><b>${stateTitles[state]}</b> ${escapeHtml(where)}: ${failure.code}</summary>\n\n${fence(body)}\n\n</details>`;
    }),
    ...more(failures.length - maxFailures, 'failures'),
  ];
};

/** Unexpected cases with the end of their tracebacks, up to a number for all cells together. */
const formatCases = ({ cells }: MatrixRecord): readonly string[] => {
  const groups = cells.flatMap(({ cell, suites, state }) =>
    // With a baseline there may be cases that do not count.
    state !== 'unexpected' || suites === null
      ? []
      : groupUnexpected(suites.unexpected).map((group) => ({ cell, ...group })),
  );
  return [
    ...groups.slice(0, maxCases).map(({ cell, verdict, all }) => {
      const title = all.length === 1 ? verdict.id : `${plural(all.length, 'case')} of ${verdict.file}`;
      const body = [
        describePlace(cell),
        ...(verdict.reason === undefined ? [] : [verdict.reason]),
        ...(verdict.details === undefined || all.length > 1 ? [] : ['', lastLines(verdict.details)]),
      ].join('\n');
      return `<details><summary><b>${verdict.verdict}</b> ${escapeHtml(title)}</summary>\n\n${fence(shorten(stripControls(body)))}\n\n</details>`;
    }),
    ...more(groups.length - maxCases, 'cases'),
  ];
};

const formatSince = (record: MatrixRecord): readonly string[] => {
  if (record.since === null) return [];
  const changed = listChanged(record);
  const head = `since the matrix of ${record.since.startedAt}`;
  if (changed.length === 0) return [`Nothing changed ${head}.`];
  const lines = changed.flatMap((cell) => [
    `- ${escapeInline(`${describePlace(cell.cell)}: ${describeCellChange(cell)}`)}`,
    ...(cell.since?.verdicts ?? []).map((change) => `  - ${escapeInline(describeCaseChange(change))}`),
  ]);
  return [`### Changed ${head}`, lines.slice(0, maxChanges).join('\n'), ...more(lines.length - maxChanges, 'changes')];
};

/** A matrix for a CI system's summary page: the total, a table, each failure and unexpected case folded, what changed. */
export const formatMatrixMarkdown = (record: MatrixRecord): string => {
  const took = record.runs.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const notes = [...new Set(record.cells.flatMap(({ suites }) => suites?.notes ?? []))];
  return `${[
    `## ${escapeInline(describeTotal(record))}`,
    `Recipe ${escapeInline(record.recipe)}, up to \`${record.stage}\`; ${plural(record.runs.length, 'run')}, ${formatDuration(took)}, started ${record.startedAt}.`,
    ...(record.cells.length === 0 ? [] : [formatTable(record)]),
    ...more(record.cells.length - maxRows, 'cells'),
    ...formatFailures(record),
    ...formatCases(record),
    ...formatSince(record),
    ...(notes.length === 0
      ? []
      : [
          notes
            .slice(0, maxChanges)
            .map((note) => `- ${escapeInline(note)}`)
            .join('\n'),
        ]),
  ].join('\n\n')}\n`;
};
