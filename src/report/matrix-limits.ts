/** How much of each cell a page holds. What is left out is counted on the page; matrix.json has it. */
export interface PageLimits {
  /** Unexpected cases that are named. */
  readonly cases: number;
  /** Rows of each other list. */
  readonly rows: number;
  /** Characters of tracebacks and logs, all together. */
  readonly textChars: number;
}

/** A page of a few hundred kilobytes opens on a phone at once, one of ten megabytes does not: cells share what there is. */
const total = { cases: 2400, rows: 2400, textChars: 550_000 };

const share = (of: number, cells: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(of / Math.max(1, cells))));

/** The limits of a page of so many cells: the same for each, wherever it stands. */
export const limitsFor = (cells: number): PageLimits => ({
  cases: share(total.cases, cells, 20, 200),
  rows: share(total.rows, cells, 10, 100),
  textChars: share(total.textChars, cells, 4000, 100_000),
});

/** Lines of one traceback or log, from its end. */
export const maxLines = 40;
/** Characters of one traceback or log. */
export const maxTextChars = 4000;
/** Characters of a case's id, a reason, a value that was found. */
export const maxInlineChars = 300;
/** Groups of alike troubles that the overview names, and cells that it names for each. */
export const maxGroups = 100;
export const maxLinks = 12;
/** Runs, shared steps and changed cells that are listed. */
export const maxListed = 100;

/** What fits, and how many did not. */
export const limitTo = <T>(
  all: readonly T[],
  most: number,
): { readonly shown: readonly T[]; readonly left: number } => ({
  shown: all.slice(0, most),
  left: Math.max(0, all.length - most),
});
