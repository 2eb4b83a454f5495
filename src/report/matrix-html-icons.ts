import type { CellState } from '../model/matrix.ts';
import { html, type Markup } from './html.ts';

/** One shape for each state, on 16 by 16, drawn with lines: told apart without colour, at any size, in any font. */
const shapes: Readonly<Record<CellState, string>> = {
  'as-expected': 'M3 8.5 6.5 12 13 4.5',
  unexpected: 'M2.5 5.8h11M2.5 10.2h11M10.8 2.2 5.2 13.8',
  failed: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  'cannot-run': 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M3.8 3.8l8.4 8.4',
  'not-run': 'M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2',
};

const iconColours: Readonly<Record<CellState, string>> = {
  'as-expected': '2a7d46',
  unexpected: 'c8421f',
  failed: 'b3203f',
  'cannot-run': '8a6a00',
  'not-run': '6b747d',
};

const line = 'fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';

/** The shapes, once, for every use on the page. */
export const drawIcons = (): Markup => ({
  markup: `<svg width="0" height="0" class="unseen" aria-hidden="true">${Object.entries(shapes)
    .map(
      ([state, path]) =>
        `<symbol id="icon-${state}" viewBox="0 0 16 16"><path d="${path}" ${line} stroke="currentColor"/></symbol>`,
    )
    .join('')}</svg>`,
});

/** The tab's icon: the worst state of the matrix. In the page itself, so that nothing is asked of a server. */
export const drawTabIcon = (state: CellState): Markup => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="${shapes[state]}" ${line} stroke="#${iconColours[state]}"/></svg>`;
  return html`<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(svg)}" />`;
};
