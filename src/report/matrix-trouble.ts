import type { MatrixCell } from '../model/matrix.ts';
import { caseIdOf, type Verdict } from '../model/verdict.ts';
import { describeRecorded } from './matrix-words.ts';
import { groupUnexpected } from './verdicts.ts';

/** One thing that is not as expected, and every cell that has it: what broke once in many cells is read once. */
export interface Trouble<T> {
  readonly what: T;
  readonly cells: readonly MatrixCell[];
}

/** A case, or many of one file that came out alike. */
export interface CaseTrouble {
  readonly verdict: Verdict;
  /** The most cases that a cell has of it. */
  readonly cases: number;
}

export interface ClaimTrouble {
  readonly id: string;
  readonly expected: string;
  readonly found: string;
}

export interface Troubles {
  readonly failures: readonly Trouble<string>[];
  readonly claims: readonly Trouble<ClaimTrouble>[];
  readonly cases: readonly Trouble<CaseTrouble>[];
  readonly cannotRun: readonly Trouble<string>[];
}

/** Failures that say nothing beyond the claims and verdicts of their cell. */
const isTold = ({ code }: { readonly code: string }): boolean =>
  code === 'proof-failed' || code === 'verdicts-unexpected';

/** What ended a cell, as its record says it; claims and verdicts stand for themselves where they are there. */
export const failuresOf = ({ failures, proof, suites }: MatrixCell): readonly string[] =>
  failures.filter((failure) => !isTold(failure) || (proof === null && suites === null)).map(describeRecorded);

const collect = <T>(
  cells: readonly MatrixCell[],
  find: (cell: MatrixCell) => readonly { readonly key: string; readonly what: T }[],
  merge: (a: T, b: T) => T = (a) => a,
): readonly Trouble<T>[] => {
  const found = new Map<string, Trouble<T>>();
  for (const cell of cells) {
    for (const { key, what } of find(cell)) {
      const known = found.get(key);
      if (known === undefined) found.set(key, { what, cells: [cell] });
      else if (!known.cells.includes(cell)) {
        found.set(key, { what: merge(known.what, what), cells: [...known.cells, cell] });
      }
    }
  }
  // The sort is stable: what as many cells have stays in the order of the record.
  return [...found.values()].sort((a, b) => b.cells.length - a.cells.length);
};

const asTexts = (texts: readonly string[]): readonly { readonly key: string; readonly what: string }[] =>
  texts.map((text) => ({ key: text, what: text }));

/** Gathers what is not as expected over all cells, what most cells have first. */
export const findTroubles = (cells: readonly MatrixCell[]): Troubles => ({
  failures: collect(
    cells.filter(({ state }) => state !== 'cannot-run'),
    (cell) => asTexts(failuresOf(cell)),
  ),
  claims: collect(cells, ({ proof }) =>
    (proof?.failed ?? []).map((claim) => ({
      key: JSON.stringify([claim.id, claim.expected, claim.found]),
      what: claim,
    })),
  ),
  cases: collect<CaseTrouble>(
    cells,
    ({ suites }) =>
      groupUnexpected(suites?.unexpected ?? []).map(({ verdict, all }) => ({
        key: JSON.stringify([verdict.file, verdict.verdict, verdict.reason, ...(all.length > 1 ? [] : [verdict.id])]),
        what: { verdict, cases: all.length },
      })),
    (a, b) => (b.cases > a.cases ? b : a),
  ),
  cannotRun: collect(
    cells.filter(({ state }) => state === 'cannot-run'),
    (cell) => asTexts(failuresOf(cell)),
  ),
});

/** What a case trouble is called: the case, or how many of which file. */
export const nameCase = ({ verdict, cases }: CaseTrouble): string =>
  cases === 1 ? verdict.id : `${cases} cases of ${verdict.file}, as ${caseIdOf(verdict.id)}`;
