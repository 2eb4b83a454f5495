import { createHash } from 'node:crypto';
import type { CellState, MatrixRecord } from '../model/matrix.ts';
import { html, type Markup } from './html.ts';
import { drawCell } from './matrix-html-cell.ts';
import { drawGrid } from './matrix-html-grid.ts';
import { drawIcons, drawTabIcon } from './matrix-html-icons.ts';
import { drawChanges, drawOverview } from './matrix-html-overview.ts';
import { drawMachines, drawUnchecked, drawWords } from './matrix-html-runs.ts';
import { matrixStyle } from './matrix-html-style.ts';
import { makePage, type Page } from './matrix-page.ts';
import { countStates, describeMatrix, describeStage, describeTests, describeTime } from './matrix-words.ts';
import { formatDuration } from './text.ts';

/** What the exit code of the matrix says (design: one table for every command). */
const exitMeanings: Readonly<Record<number, string>> = {
  0: 'all as expected',
  1: 'a step failed, or cannot be done here',
  2: 'usage, unknown version, recipe or manifest',
  3: 'unexpected verdicts',
  4: 'integrity: a digest, an archive, the store',
  5: 'proof: the thing built is not what was asked',
  70: 'a bug of cpython-awslc',
  130: 'interrupted',
};

const drawTimes = ({ startedAt, endedAt }: MatrixRecord): Markup => {
  const durationMs = Date.parse(endedAt) - Date.parse(startedAt);
  return html`<time datetime="${startedAt}">${describeTime(startedAt)}</time>${
      Number.isFinite(durationMs) && durationMs >= 0 ? ` (${formatDuration(durationMs)})` : ''
    }`;
};

/** The states' shares as one bar: it repeats the counts below it. */
const drawShares = (counts: ReadonlyMap<CellState, number>, all: number): Markup => {
  let at = 0;
  const parts = [...counts].map(([state, count]) => {
    const [from, width] = [at, (100 * count) / Math.max(1, all)];
    at += width;
    // A gap tells neighbours apart where their colours do not.
    return html`<rect
      class="is-${state}"
      x="${from.toFixed(2)}"
      width="${Math.max(0.2, width - 0.3).toFixed(2)}"
      height="6"
    />`;
  });
  return html`<svg
    class="shares"
    width="100"
    height="6"
    viewBox="0 0 100 6"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    ${parts}
  </svg>`;
};

const drawHead = ({ record }: Page): Markup => {
  const counts = new Map([...countStates(record.cells)].filter(([, count]) => count > 0));
  const hasSuites = record.stage === 'test' || record.stage === 'diff';
  const facts: readonly (readonly [string, Markup])[] = [
    ['When', drawTimes(record)],
    ['Recipe', html`${record.recipe}`],
    ['What', html`${describeStage(record.stage)}${hasSuites ? `: ${describeTests(record.test)}` : ''}`],
    ['Exit code', html`${record.exitCode}, ${exitMeanings[record.exitCode] ?? 'not known'}`],
    ['Tool', html`cpython-awslc ${record.tool.replace(/^cpython-awslc /, '')}`],
  ];
  return html`<header>
    <p class="soft">CPython on AWS-LC</p>
    <h1>${describeMatrix(record)}</h1>
    ${drawShares(counts, record.cells.length)}
    <dl class="facts">
      ${facts.map(
        ([name, what]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${what}</dd>
          </div>`,
      )}
    </dl>
  </header> `;
};

const drawNavigation = ({ record }: Page): Markup => {
  const links = [
    ['grid', 'Cells'],
    ['trouble', 'Not as expected'],
    ...(record.since === null ? [] : [['since', 'Changed'] as const]),
    ['cells', 'Each cell'],
    ['machines', 'Runs and machines'],
    ['unchecked', 'Not checked'],
    ['words', 'Words'],
  ] as const;
  return html`<nav aria-label="On this page">
    <ul>
      ${links.map(([anchor, title]) => html`<li><a href="#${anchor}">${title}</a></li>`)}
    </ul>
  </nav> `;
};

/** Nothing but the page's own style and icon: no script, no request, no form, whatever a text of the record tries. */
const policyOf = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style, 'utf8').digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

const worstState = (record: MatrixRecord): CellState => {
  const order: readonly CellState[] = ['failed', 'unexpected', 'cannot-run', 'not-run'];
  return order.find((state) => record.cells.some((cell) => cell.state === state)) ?? 'as-expected';
};

/**
 * A matrix as one HTML page for people: the verdict, the grid, what is not as expected, every cell. It needs no network, no
 * script and no other file, and holds what the record says and nothing else: the same record gives the same bytes. Texts of
 * the record (case ids, tracebacks, logs) are shown as they are, whatever characters are in them; what one page has no room for is
 * counted (`matrix-limits.ts`).
 */
export const formatMatrixHtml = (record: MatrixRecord): string => {
  const page = makePage(record);
  const title = describeMatrix(record);
  // What stands between the tags must be what the policy's hash is of, to the byte.
  const style: Markup = { markup: `<style>${matrixStyle}</style>` };
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policyOf(matrixStyle)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}: ${record.recipe}, ${describeTime(record.startedAt)}</title>
        ${drawTabIcon(worstState(record))} ${style}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the cells</a>
        ${drawIcons()} ${drawHead(page)} ${drawNavigation(page)}
        <main id="main" tabindex="-1">
          ${drawGrid(page)} ${drawOverview(page)} ${drawChanges(page)}
          <section id="cells" aria-labelledby="h-cells">
            <h2 id="h-cells">Each cell</h2>
            ${record.cells.map((cell) => drawCell(page, cell))}
          </section>
          ${drawMachines(page)} ${drawUnchecked(page)} ${drawWords()}
        </main>
        <footer>
          <p>
            Made by cpython-awslc from matrix.json, which has everything that is counted here and not shown. The page
            runs no script and loads nothing.
          </p>
        </footer>
      </body>
    </html> `.markup;
};
