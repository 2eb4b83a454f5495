import type { Cell } from '../model/cell.ts';
import { readFailure } from '../model/failure-schema.ts';
import type { Failure } from '../model/failure.ts';
import type { CellState, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { verdictNameSchema } from '../model/verdict.ts';
import { compareVersions } from '../model/version.ts';
import { formatCount, formatDuration, plural } from './text.ts';

/** What a state is called where there is room for two words. */
export const stateTitles: Readonly<Record<CellState, string>> = {
  'as-expected': 'as expected',
  unexpected: 'UNEXPECTED',
  failed: 'FAILED',
  'cannot-run': 'cannot run',
  'not-run': 'not run',
};

/** A cell in a line, its CPython first. */
export const describePlace = ({ python, awslc, platform, target, link, optimization }: Cell): string =>
  [
    `${python.version}${python.tree === undefined ? '' : ' (tree)'}`,
    `AWS-LC ${awslc.fips && !awslc.version.startsWith('fips-') ? 'FIPS ' : ''}${awslc.version}${awslc.tree === undefined ? '' : ' (tree)'}`,
    platform.arch,
    target,
    link,
    optimization,
  ].join(' ');

/** Claims that hold of all; of a proof that failed, how many do not. */
export const describeProofCount = ({ proof, failures }: MatrixCell): string => {
  if (proof !== null) return `${proof.holds} of ${proof.claims}`;
  const failed = failures
    .map(readFailure)
    .flatMap((failure) => (failure.code === 'proof-failed' ? failure.claims : []));
  return failed.length === 0 ? '-' : `${plural(failed.length, 'claim')} ${failed.length === 1 ? 'fails' : 'fail'}`;
};

/** Counts of verdicts that are not zero: `PASS 4,290 SKIP 60`. */
export const describeCounts = ({ suites }: MatrixCell): string =>
  suites === null
    ? '-'
    : verdictNameSchema.options
        .filter((name) => suites.counts[name] > 0)
        .map((name) => `${name} ${formatCount(suites.counts[name])}`)
        .join(' ');

/** How long the steps took that were done for a cell in its run, or taken from a cache. */
export const describeTime = ({ steps }: MatrixCell): string => {
  const done = steps.filter(({ outcome }) => outcome === 'done' || outcome === 'cached' || outcome === 'failed');
  if (done.length === 0) return steps.some(({ outcome }) => outcome === 'recorded') ? 'recorded' : '-';
  return formatDuration(done.reduce((sum, { durationMs }) => sum + durationMs, 0));
};

/** The machine that a cell ran on; nothing when nobody ran it. */
export const describeMachine = ({ run }: MatrixCell, { runs }: MatrixRecord): string => {
  const found = runs.find(({ id }) => id === run)?.machine;
  return found === undefined ? '-' : `${found.cpu}, ${plural(found.cores, 'core')}`;
};

/** Cells of each CPython series, oldest series first. */
export const groupBySeries = (cells: readonly MatrixCell[]): ReadonlyMap<string, readonly MatrixCell[]> => {
  const series = [...new Set(cells.map(({ cell }) => cell.python.series))].sort(compareVersions);
  return new Map(series.map((name) => [name, cells.filter(({ cell }) => cell.python.series === name)]));
};

/** A failure, and the cells that it is told of: what several share is said once. */
export interface SharedFailure {
  readonly failure: Failure;
  readonly state: CellState;
  readonly cells: readonly MatrixCell[];
}

/** Every failure of the cells, once each, the worst states first. */
export const listFailures = (cells: readonly MatrixCell[]): readonly SharedFailure[] => {
  const order: readonly CellState[] = ['failed', 'unexpected', 'cannot-run', 'not-run', 'as-expected'];
  const found = new Map<string, { failure: Failure; state: CellState; cells: MatrixCell[] }>();
  for (const cell of cells) {
    for (const failure of cell.failures) {
      const key = JSON.stringify(failure);
      const known = found.get(key) ?? { failure: readFailure(failure), state: cell.state, cells: [] };
      known.cells.push(cell);
      found.set(key, known);
    }
  }
  return [...found.values()].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
};

/** How many cells of each state, and of how many: `6 cells: 5 as expected, 1 failed`. */
export const describeTotal = ({ cells }: MatrixRecord): string => {
  const words: readonly (readonly [CellState, string])[] = [
    ['as-expected', 'as expected'],
    ['unexpected', 'unexpected'],
    ['failed', 'failed'],
    ['cannot-run', 'cannot run here'],
    ['not-run', 'not run'],
  ];
  const counts = words.flatMap(([state, word]) => {
    const count = cells.filter((cell) => cell.state === state).length;
    return count === 0 ? [] : [`${formatCount(count)} ${word}`];
  });
  return `${plural(cells.length, 'cell')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
};

/** Cells that are otherwise than in the matrix before, and those that it does not have. */
export const listChanged = ({ since, cells }: MatrixRecord): readonly MatrixCell[] =>
  since === null
    ? []
    : cells.filter(
        (cell) => cell.since === null || cell.since.stateBefore !== cell.state || cell.since.verdicts.length > 0,
      );

/** What became of a case since, in a line. */
export const describeCaseChange = ({ id, from, to }: NonNullable<MatrixCell['since']>['verdicts'][number]): string =>
  `${id}: ${from ?? 'passed or absent'} -> ${to ?? 'passed or absent'}`;

/** What became of a cell since, in a line. */
export const describeCellChange = ({ state, since }: MatrixCell): string => {
  if (since === null) return 'new';
  const states =
    since.stateBefore === state ? stateTitles[state] : `${stateTitles[since.stateBefore]} -> ${stateTitles[state]}`;
  return `${states}${since.verdicts.length === 0 ? '' : `, ${plural(since.verdicts.length, 'verdict')} otherwise`}`;
};
