import type { MatrixCell } from '../model/matrix.ts';
import { keepEnd } from './html.ts';
import { limitTo, maxLines, maxTextChars, type PageLimits } from './matrix-limits.ts';
import { groupUnexpected } from './verdicts.ts';

/**
 * What a page shows of a traceback: its end, the cell where the very same one stands, or nothing, because the cell has as
 * many as a page holds.
 */
export type ShownText =
  | { readonly kind: 'shown'; readonly text: string }
  | { readonly kind: 'as-in'; readonly cell: MatrixCell }
  | { readonly kind: 'left-out' };

/** Tracebacks and logs of a page, by cell and text. */
export type ShownTexts = ReadonlyMap<MatrixCell, ReadonlyMap<string, ShownText>>;

const textsOf = (cell: MatrixCell, limits: PageLimits): readonly string[] => [
  ...limitTo(groupUnexpected(cell.suites?.unexpected ?? []), limits.cases).shown.flatMap(({ verdict: { details } }) =>
    details === undefined ? [] : [details],
  ),
  ...cell.logs.map(({ lines }) => lines.join('\n')),
];

/**
 * Decides which tracebacks and logs a page shows. The same change breaks the same case in many cells: each text stands once,
 * and within a cell they are shown until its share of the page is used up.
 */
export const chooseTexts = (cells: readonly MatrixCell[], limits: PageLimits): ShownTexts => {
  const firstWith = new Map<string, MatrixCell>();
  const chosen = new Map<MatrixCell, Map<string, ShownText>>();
  for (const cell of cells) {
    const ofCell = new Map<string, ShownText>();
    let left = limits.textChars;
    for (const text of textsOf(cell, limits)) {
      if (ofCell.has(text)) continue;
      const first = firstWith.get(text);
      if (first !== undefined) {
        ofCell.set(text, { kind: 'as-in', cell: first });
        continue;
      }
      const end = keepEnd(text, maxLines, maxTextChars);
      if (end.length > left) {
        ofCell.set(text, { kind: 'left-out' });
        continue;
      }
      left -= end.length;
      firstWith.set(text, cell);
      ofCell.set(text, { kind: 'shown', text: end });
    }
    chosen.set(cell, ofCell);
  }
  return chosen;
};
