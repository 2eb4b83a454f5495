import type { CellState, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { describeFailure } from './failure.ts';
import {
  describeCaseChange,
  describeCellChange,
  describeCounts,
  describeMachine,
  describePlace,
  describeProofCount,
  describeTime,
  describeTotal,
  groupBySeries,
  listChanged,
  listFailures,
  stateTitles,
} from './matrix-columns.ts';
import { formatDuration, paint, plural, printable, stripControls, type Style, type TextOptions } from './text.ts';

export interface MatrixTextOptions extends TextOptions {
  /** Columns that a line may have; as many as it needs unless given. */
  readonly columns?: number;
}

/** How many changed cases of a cell are named. */
const maxChanges = 10;
/** How many cells a failure that several share names. */
const maxNamed = 6;

const styles: Readonly<Record<CellState, Style>> = {
  'as-expected': 'green',
  unexpected: 'red',
  failed: 'red',
  'cannot-run': 'yellow',
  'not-run': 'yellow',
};

interface Column {
  readonly title: string;
  readonly of: (cell: MatrixCell) => string;
}

const listColumns = (record: MatrixRecord): readonly Column[] => [
  { title: 'cell', of: ({ cell }) => describePlace(cell) },
  { title: 'state', of: ({ state }) => stateTitles[state] },
  { title: 'proof', of: describeProofCount },
  { title: 'time', of: describeTime },
  ...(record.runs.length > 1 ? [{ title: 'machine', of: (cell: MatrixCell) => describeMachine(cell, record) }] : []),
  { title: 'verdicts', of: describeCounts },
];

/** Where there is not enough room, a cell takes a line for its name and one for the rest. */
const formatRows = (record: MatrixRecord, options: MatrixTextOptions): readonly string[] => {
  const columns = listColumns(record);
  const widths = columns.map(({ title, of }) => Math.max(title.length, ...record.cells.map((cell) => of(cell).length)));
  const join = (words: readonly string[], from = 0): string =>
    words
      .map((word, index) => (index === words.length - 1 ? word : word.padEnd(widths[index + from] ?? 0)))
      .join('  ')
      .trimEnd();
  const isNarrow = 2 + widths.reduce((sum, width) => sum + width + 2, 0) > (options.columns ?? Infinity);
  const head = columns.map(({ title }) => title);
  const lines = [paint(isNarrow ? `  ${join(head.slice(1), 1)}` : `  ${join(head)}`, 'dim', options)];
  for (const [series, cells] of groupBySeries(record.cells)) {
    lines.push(paint(`CPython ${series}`, 'bold', options));
    for (const cell of cells) {
      const words = columns.map(({ of }) => printable(of(cell), options));
      const title = stateTitles[cell.state];
      const text = isNarrow ? `  ${words[0] ?? ''}\n    ${join(words.slice(1), 1)}` : `  ${join(words)}`;
      const at = text.indexOf(title, isNarrow ? text.indexOf('\n') : (widths[0] ?? 0));
      lines.push(text.slice(0, at) + paint(title, styles[cell.state], options) + text.slice(at + title.length));
    }
  }
  return lines;
};

const formatFailures = (record: MatrixRecord, options: TextOptions): readonly string[] =>
  listFailures(record.cells).flatMap(({ failure, state, cells }) => [
    '',
    `${paint(stateTitles[state], styles[state], options)}  ${cells
      .slice(0, maxNamed)
      .map(({ id }) => id)
      .join(', ')}${cells.length > maxNamed ? ` and ${cells.length - maxNamed} more` : ''}`,
    ...stripControls(describeFailure(failure))
      .split('\n')
      .map((line) => `  ${printable(line, options)} `.trimEnd()),
  ]);

const formatNotes = ({ cells }: MatrixRecord, options: TextOptions): readonly string[] => {
  const notes = new Map<string, string[]>();
  for (const { id, suites } of cells) {
    for (const note of suites?.notes ?? []) notes.set(note, [...(notes.get(note) ?? []), id]);
  }
  return notes.size === 0
    ? []
    : [
        '',
        ...[...notes].map(([note, ids]) => {
          const where = ids.length === 1 ? ids.join() : plural(ids.length, 'cell');
          return `note: ${printable(note, options)} (${where})`;
        }),
      ];
};

const formatSince = (record: MatrixRecord, options: TextOptions): readonly string[] => {
  if (record.since === null) return [];
  const changed = listChanged(record);
  const head = `since the matrix of ${record.since.startedAt} (${record.since.recipe})`;
  if (changed.length === 0) return ['', `Nothing changed ${head}.`];
  return [
    '',
    paint(`Changed ${head}`, 'bold', options),
    ...changed.flatMap((cell) => {
      const cases = cell.since?.verdicts ?? [];
      return [
        `  ${describePlace(cell.cell)}: ${describeCellChange(cell)}`,
        ...cases.slice(0, maxChanges).map((change) => `    ${printable(describeCaseChange(change), options)}`),
        ...(cases.length > maxChanges ? [`    and ${cases.length - maxChanges} more`] : []),
      ];
    }),
  ];
};

const formatShard = ({ shard }: MatrixRecord): readonly string[] => {
  if (shard === undefined) return [];
  const secondsOf = (index: number): number => {
    const own = shard.cells.filter((cell) => cell.shard === index);
    const cores = new Map(own.map(({ core, coreSeconds }) => [core, coreSeconds]));
    return own.reduce((sum, { seconds }) => sum + seconds, 0) + [...cores.values()].reduce((sum, one) => sum + one, 0);
  };
  const all = Array.from({ length: shard.of }, (_, index) => formatDuration(1000 * secondsOf(index + 1)));
  const own = shard.cells.filter((cell) => cell.shard === shard.index);
  const cores = new Set(own.map(({ core }) => core)).size;
  return [
    `Shard ${shard.index} of ${shard.of}: ${plural(own.length, 'cell')} on ${plural(cores, 'core')} of CPython; shards are thought to take ${all.join(', ')} (${shard.costsFrom})`,
  ];
};

/** Shared work: what was done once and serves several cells. */
const formatShared = ({ steps }: MatrixRecord): readonly string[] => {
  const shared = steps.filter(({ cells }) => cells > 1);
  const again = steps.filter(({ done }) => done > 1);
  return [
    ...(shared.length === 0 ? [] : [`${plural(shared.length, 'step')} served several cells`]),
    ...(again.length === 0
      ? []
      : [`${plural(again.length, 'step')} done more than once, on machines that share no store`]),
  ];
};

/** A matrix for a terminal: the cells by series, what is not as expected, what changed, and the total in a line. */
export const formatMatrix = (record: MatrixRecord, options: MatrixTextOptions): string => {
  const isGood = record.exitCode === 0;
  const took = record.runs.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const where = record.runs.length === 1 ? `run ${record.runs[0]?.id ?? ''}` : plural(record.runs.length, 'run');
  return [
    ...formatShard(record),
    ...(record.cells.length === 0 ? [] : formatRows(record, options)),
    ...formatFailures(record, options),
    ...formatNotes(record, options),
    ...formatSince(record, options),
    '',
    `${paint(describeTotal(record), isGood ? 'green' : 'red', options)}; ${[
      `up to ${record.stage}`,
      ...formatShared(record),
      `${where}, ${formatDuration(took)}`,
    ].join('; ')}`,
    '',
  ].join('\n');
};
