import type { MatrixCell } from '../model/matrix.ts';
import { headOf, html, nothing, type Markup } from './html.ts';
import { makeGrid } from './matrix-axes.ts';
import { drawState, type Page } from './matrix-page.ts';
import { describeRecordedInLine, describeStage, stateWords } from './matrix-words.ts';
import { formatCount, plural } from './text.ts';

/** Characters of a failure in a cell of the grid. */
const maxGistChars = 70;

const describeGood = ({ proof, suites }: MatrixCell, built: string): string =>
  [
    ...(proof === null ? [] : [plural(proof.claims, 'claim')]),
    ...(suites === null ? [] : [plural(suites.cases, 'case')]),
    ...(proof === null && suites === null ? [built] : []),
  ].join(', ');

/** What a cell of the grid says below its state: the least that tells where to look. */
const describeGist = (cell: MatrixCell, built: string): string => {
  const [failure] = cell.failures;
  const fails = cell.proof?.failed.length ?? 0;
  const unexpected = cell.suites?.unexpected.length ?? 0;
  const failed = cell.steps.find(({ outcome }) => outcome === 'failed');
  if (cell.state === 'as-expected') return describeGood(cell, built);
  if (cell.state === 'unexpected' && fails + unexpected > 0) {
    return [
      ...(fails === 0 ? [] : [plural(fails, 'claim fails', 'claims fail')]),
      ...(unexpected === 0 ? [] : [`${formatCount(unexpected)} of ${plural(cell.suites?.cases ?? 0, 'case')}`]),
    ].join(', ');
  }
  if (cell.state === 'failed' && failed !== undefined) return failed.title;
  return failure === undefined ? '' : describeRecordedInLine(failure);
};

/** The beginning only: the whole of it is a link away. */
const cutGist = (text: string): string =>
  text.length <= maxGistChars ? text : `${headOf(text, maxGistChars).replace(/\s\S{0,20}$/, '')} …`;

/** What is otherwise than in the earlier matrix, or nothing. */
const describeMove = ({ since, state }: MatrixCell): string => {
  if (since === null) return '';
  if (since.stateBefore !== state) return `was ${stateWords[since.stateBefore]}`;
  return since.verdicts.length === 0 ? '' : `${plural(since.verdicts.length, 'verdict')} changed`;
};

const drawPlace = ({ names, anchors, record }: Page, cells: readonly MatrixCell[]): Markup => {
  if (cells.length === 0) return html`<td class="none"><span class="soft">no such cell</span></td>`;
  const links = cells.map((cell) => {
    const gist = cutGist(describeGist(cell, describeStage(record.stage)));
    const move = describeMove(cell);
    return html`<a class="is-${cell.state}" href="#${anchors.get(cell) ?? ''}"
      ><span class="unseen">${names.nameOf(cell.cell)}: </span>${drawState(cell.state)}${
        gist === '' ? nothing : html` <span class="gist">${gist}</span>`
      }${move === '' ? nothing : html` <span class="move">${move}</span>`}</a
    >`;
  });
  return html`<td>${links}</td>`;
};

/** The cells as a table: CPython down, AWS-LC and what else varies across; each place leads to its cell. */
export const drawGrid = (page: Page): Markup => {
  const { cells } = page.record;
  const grid = makeGrid(cells, page.names);
  const heads = grid.columns.map(
    ({ awslc, others }) =>
      html`<th scope="col">
        <span class="axis">AWS-LC</span> ${awslc}${others.map((other) => html` <span class="other">${other}</span>`)}
      </th>`,
  );
  const rows = grid.rows.map(
    ({ python, places }) =>
      html`<tr>
        <th scope="row"><span class="axis">CPython</span> ${python}</th>
        ${places.map((place) => drawPlace(page, place))}
      </tr> `,
  );
  const [first] = cells;
  const common =
    first === undefined
      ? ''
      : [
          ...(page.names.varying.includes('platform')
            ? []
            : [`${first.cell.platform.arch} ${first.cell.platform.libc}`]),
          ...(['target', 'link', 'optimization'] as const).flatMap((axis) =>
            page.names.varying.includes(axis) ? [] : [first.cell[axis]],
          ),
        ].join(', ');
  const ciphers = grid.cipherStrings.map((text) => html`<li><code>${text}</code></li>`);
  return html`<section id="grid" aria-labelledby="h-grid">
    <h2 id="h-grid">Cells</h2>
    <p class="soft">${common === '' ? '' : `All on ${common}. `}Each cell leads to its details.</p>
    <div class="scroll">
      <table class="grid" aria-labelledby="h-grid">
        <thead>
          <tr>
            <td></td>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${
      ciphers.length === 0
        ? nothing
        : html`<p>Cipher strings:</p>
            <ol>
              ${ciphers}
            </ol>`
    }
  </section> `;
};
