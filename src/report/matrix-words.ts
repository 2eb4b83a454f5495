import type { CellState, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import type { MatrixStage } from '../model/record.ts';
import type { TestSelection } from '../model/plan.ts';
import { describeFailure } from './failure.ts';
import type { Failure } from '../model/failure.ts';
import { plural } from './text.ts';

/** The states, best known first: the order in which they are counted. */
export const cellStates: readonly CellState[] = ['as-expected', 'unexpected', 'failed', 'cannot-run', 'not-run'];

/** A state as a reader's word. */
export const stateWords: Readonly<Record<CellState, string>> = {
  'as-expected': 'as expected',
  unexpected: 'unexpected',
  failed: 'failed',
  'cannot-run': 'cannot run',
  'not-run': 'not run',
};

/** What a state means, in a sentence. */
export const stateMeanings: Readonly<Record<CellState, string>> = {
  'as-expected': 'everything that was asked for was done, and came out as expected',
  unexpected: 'it was built, and claims of the proof fail or verdicts are unexpected',
  failed: 'a step failed: there is nothing to judge',
  'cannot-run': 'none of the machines could build or run it; that says nothing about the cell',
  'not-run': 'nobody began it, or it was interrupted',
};

const stageWords: Readonly<Record<MatrixStage, string>> = {
  core: 'what cells share was built',
  build: 'built',
  prove: 'built and proven',
  test: 'built, proven and tested',
  diff: 'built, proven, tested and compared with the twin',
};

/** How far the cells went, in words. */
export const describeStage = (stage: MatrixStage): string => stageWords[stage];

/** Which suites ran, in words: `preset crypto`, and what narrows it. */
export const describeTests = ({ preset, files, match }: TestSelection): string =>
  [
    `suites of the preset ${preset} (${plural(files.length, 'file')})`,
    ...(match.length === 0 ? [] : [`only cases that match ${match.join(', ')}`]),
  ].join(', ');

/** How many cells are in a state. */
export const countStates = (cells: readonly Pick<MatrixCell, 'state'>[]): ReadonlyMap<CellState, number> =>
  new Map(cellStates.map((state) => [state, cells.filter((cell) => cell.state === state).length]));

/** The matrix in a line: `5 of 6 cells as expected; 1 unexpected`. */
export const describeMatrix = ({ cells }: Pick<MatrixRecord, 'cells'>): string => {
  if (cells.length === 0) return 'No cells';
  const counts = countStates(cells);
  const good = counts.get('as-expected') ?? 0;
  if (good === cells.length)
    return good === 1 ? 'The only cell is as expected' : `All ${plural(good, 'cell')} as expected`;
  const rest = [...counts].filter(([state, count]) => state !== 'as-expected' && count > 0);
  return [
    `${good === 0 ? 'None' : good} of ${plural(cells.length, 'cell')} as expected`,
    ...rest.map(([state, count]) => `${count} ${stateWords[state]}`),
  ].join('; ');
};

/**
 * A failure that a record holds, in words. The schema promises its code only, and the record may be another version's: what
 * cannot be described as ours is shown as it is.
 */
export const describeRecorded = (failure: { readonly code: string }): string => {
  try {
    // The describer is exhaustive over our own codes; what is not one of ours makes it throw.
    return describeFailure(failure as Failure);
  } catch {
    return `${failure.code}: ${JSON.stringify(failure)}`;
  }
};

/** Its first line: what happened, without what to do. */
export const describeRecordedInLine = (failure: { readonly code: string }): string =>
  (describeRecorded(failure).split('\n')[0] ?? failure.code).replace(/[.:]$/, '');

/** An ISO 8601 time for a reader, in the zone that it is written in: `2026-11-28 21:02 UTC`. Another text stays as it is. */
export const describeTime = (time: string): string =>
  time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/, '$1 $2 UTC');
