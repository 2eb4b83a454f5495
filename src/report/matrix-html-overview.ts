import type { MatrixCell } from '../model/matrix.ts';
import { html, keepEnd, nothing, type Markup } from './html.ts';
import { limitTo, maxGroups, maxLines, maxListed, maxTextChars } from './matrix-limits.ts';
import { code, drawLeft, drawState, drawVerdict, drawWhere, inline, linkCell, type Page } from './matrix-page.ts';
import { findTroubles, nameCase, type Trouble } from './matrix-trouble.ts';
import { describeTime, stateWords } from './matrix-words.ts';
import { plural } from './text.ts';

const drawTroubles = <T>(page: Page, title: string, all: readonly Trouble<T>[], draw: (what: T) => Markup): Markup => {
  if (all.length === 0) return nothing;
  const { shown, left } = limitTo(all, maxGroups);
  const items = shown.map(({ what, cells }) => html`<li>${draw(what)} ${drawWhere(page, cells)}</li> `);
  return html`<h3>${title}</h3>
    <ul class="troubles">
      ${items}
    </ul>
    ${drawLeft(left, 'more', 'more')}`;
};

const drawFailure = (text: string): Markup => html`<pre>${keepEnd(text, maxLines, maxTextChars)}</pre>`;

/** What is not as expected, each thing once with the cells that have it; what most cells have comes first. */
export const drawOverview = (page: Page): Markup => {
  const { failures, claims, cases, cannotRun } = findTroubles(page.record.cells);
  const parts = [
    drawTroubles(page, 'Failures', failures, drawFailure),
    drawTroubles(
      page,
      'Claims that fail',
      claims,
      ({ id, expected, found }) =>
        html`${code(id)}
          <dl>
            <dt>expected</dt>
            <dd>${inline(expected)}</dd>
            <dt>found</dt>
            <dd>${inline(found)}</dd>
          </dl>`,
    ),
    drawTroubles(
      page,
      'Unexpected verdicts',
      cases,
      (trouble) =>
        html`${drawVerdict(trouble.verdict.verdict)}
        ${code(nameCase(trouble))}${
          trouble.verdict.reason === undefined
            ? nothing
            : html` <span class="reason">${inline(trouble.verdict.reason)}</span>`
        }`,
    ),
    drawTroubles(page, 'Why cells cannot run', cannotRun, drawFailure),
  ];
  const body = parts.every(({ markup }) => markup === '') ? html`<p>Nothing.</p>` : html`${parts}`;
  return html`<section id="trouble" aria-labelledby="h-trouble">
    <h2 id="h-trouble">Not as expected</h2>
    ${body}
  </section> `;
};

/** Whether a cell is otherwise than it was in the earlier matrix. */
const isChanged = ({ state, since }: MatrixCell): boolean =>
  since !== null && (since.stateBefore !== state || since.verdicts.length > 0);

/** What changed since the earlier matrix, cells that are no longer as expected first. */
export const drawChanges = (page: Page): Markup => {
  const { since, cells } = page.record;
  if (since === null) return nothing;
  const changed = cells.filter(isChanged);
  const rank = ({ state, since: before }: MatrixCell): number =>
    before?.stateBefore === state ? 2 : before?.stateBefore === 'as-expected' ? 0 : 1;
  const { shown, left } = limitTo(
    [...changed].sort((a, b) => rank(a) - rank(b)),
    maxListed,
  );
  const unknown = cells.filter((cell) => cell.since === null).length;
  const items = shown.map((cell) => {
    const before = cell.since?.stateBefore ?? cell.state;
    const verdicts = cell.since?.verdicts.length ?? 0;
    return html`<li>
      ${linkCell(page, cell)}:
      ${
        before === cell.state ? drawState(cell.state) : html`${stateWords[before]} → ${drawState(cell.state)}`
      }${verdicts === 0 ? nothing : html`, ${plural(verdicts, 'verdict')} changed`}
    </li> `;
  });
  const same = cells.length - changed.length - unknown;
  return html`<section id="since" aria-labelledby="h-since">
    <h2 id="h-since">Changed since the matrix of ${describeTime(since.startedAt)}</h2>
    <p>
      ${plural(changed.length, 'cell')} changed, ${same} the
      same${unknown === 0 ? '' : `, ${unknown} not known from it`}${
        since.recipe === page.record.recipe ? '' : `; it was of the recipe ${since.recipe}`
      }.
    </p>
    ${
      items.length === 0
        ? nothing
        : html`<ul class="list">
            ${items}
          </ul>`
    }${drawLeft(left, 'changed cell')}
  </section> `;
};
