import type { CellState, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { isExpected, type VerdictName } from '../model/verdict.ts';
import { breakable, html, joinMarkup, nothing, shorten, type Markup } from './html.ts';
import { nameCells, type CellNames } from './matrix-axes.ts';
import { limitsFor, limitTo, maxInlineChars, maxLinks, type PageLimits } from './matrix-limits.ts';
import { chooseTexts, type ShownTexts } from './matrix-texts.ts';
import { stateWords } from './matrix-words.ts';
import { formatCount, plural } from './text.ts';

/** What every part of the page is drawn from. */
export interface Page {
  readonly record: MatrixRecord;
  readonly names: CellNames;
  readonly anchors: ReadonlyMap<MatrixCell, string>;
  readonly limits: PageLimits;
  readonly texts: ShownTexts;
}

/** A name in the page for each cell: its id, so that a link to a cell holds in the next matrix too. */
const nameAnchors = (cells: readonly MatrixCell[]): ReadonlyMap<MatrixCell, string> => {
  const taken = new Set<string>();
  const anchors = new Map<MatrixCell, string>();
  for (const [index, cell] of cells.entries()) {
    let anchor = `cell-${cell.id.replace(/[^A-Za-z0-9_.+-]/g, '-').slice(0, 200)}`;
    while (taken.has(anchor)) anchor += `-${index + 1}`;
    taken.add(anchor);
    anchors.set(cell, anchor);
  }
  return anchors;
};

/** Prepares a page: names, anchors, and what of the long texts it has room for. */
export const makePage = (record: MatrixRecord): Page => {
  const limits = limitsFor(record.cells.length);
  return {
    record,
    names: nameCells(record.cells),
    anchors: nameAnchors(record.cells),
    limits,
    texts: chooseTexts(record.cells, limits),
  };
};

/** A text on one line, within the length that a list can bear. */
export const inline = (text: string): Markup => html`${shorten(text.trim(), maxInlineChars)}`;

/** A name of code: a case, a claim, a file. */
export const code = (text: string): Markup => html`<code>${breakable(shorten(text, maxInlineChars))}</code>`;

/** Symbol and word of a state: never the colour alone. */
export const drawState = (state: CellState): Markup =>
  html`<span class="state is-${state}"
    ><svg class="icon" width="16" height="16" aria-hidden="true"><use href="#icon-${state}" /></svg
    >${stateWords[state]}</span
  >`;

/** A verdict's name, louder where it is unexpected. */
export const drawVerdict = (name: VerdictName): Markup =>
  isExpected(name) ? html`<b class="verdict">${name}</b>` : html`<b class="verdict loud">${name}</b>`;

/** A link to a cell. */
export const linkCell = ({ names, anchors }: Page, cell: MatrixCell): Markup =>
  html`<a href="#${anchors.get(cell) ?? ''}">${names.nameOf(cell.cell)}</a>`;

/** In how many of all cells something is, and links to them; where it is in all, to the first. */
export const drawWhere = ({ record, names, anchors }: Page, cells: readonly MatrixCell[]): Markup => {
  const all = record.cells.length;
  if (all === 1) return nothing;
  const isEverywhere = cells.length === all;
  const { shown, left } = limitTo(cells, isEverywhere ? 1 : maxLinks);
  const links = shown.map(
    (cell) => html`<li><a href="#${anchors.get(cell) ?? ''}">${names.shortNameOf(cell.cell)}</a></li>`,
  );
  return html`<div class="where">
    <span class="soft">${isEverywhere ? 'in all' : `in ${formatCount(cells.length)} of`} ${plural(all, 'cell')}</span>
    <ul class="links">
      ${links}${left === 0 || isEverywhere ? nothing : html`<li>and ${formatCount(left)} more</li>`}
    </ul>
  </div>`;
};

/** What a list had no room for, said at its end. */
export const drawLeft = (left: number, one: string, many = `${one}s`): Markup =>
  left === 0 ? nothing : html`<p class="left">${plural(left, one, many)} more: in matrix.json, not on this page.</p>`;

/** Pieces of a sentence with the page's separator between them. */
export const dotted = (pieces: readonly Markup[]): Markup => joinMarkup(pieces, ' · ');

/** A row of a cell that is always open: its name, and what there is to say. */
export const drawRow = (name: string, gist: Markup, more: Markup = nothing): Markup =>
  html`<div class="row">
    <p><b class="key">${name}</b> ${gist}</p>
    ${more}
  </div> `;

/** A row that is folded: the gist stays in sight. */
export const drawFold = (name: string, gist: Markup, body: Markup): Markup =>
  html`<details class="row">
    <summary><b class="key">${name}</b> ${gist}</summary>
    <div class="body">${body}</div>
  </details> `;
