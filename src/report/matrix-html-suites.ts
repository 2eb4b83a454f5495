import type { MatrixCell, MatrixSuites } from '../model/matrix.ts';
import { verdictNameSchema, type BaselineComparison, type VerdictName } from '../model/verdict.ts';
import { isExpected } from '../model/verdict.ts';
import { html, nothing, type Markup } from './html.ts';
import { limitTo } from './matrix-limits.ts';
import { code, dotted, drawFold, drawLeft, drawRow, drawVerdict, inline, linkCell, type Page } from './matrix-page.ts';
import { nameCase } from './matrix-trouble.ts';
import { describeTime } from './matrix-words.ts';
import { rerunCell } from './matrix-rerun.ts';
import { formatCount, formatDuration, plural } from './text.ts';
import { verdictMeanings } from './verdict-words.ts';
import { groupUnexpected } from './verdicts.ts';

/** A traceback or log, or where it is. */
export const drawText = (page: Page, cell: MatrixCell, text: string): Markup => {
  const shown = page.texts.get(cell)?.get(text);
  if (shown?.kind === 'shown') return html`<pre>${shown.text}</pre>`;
  if (shown?.kind === 'as-in') {
    return html`<p>Word for word as in ${linkCell(page, shown.cell)}.</p>`;
  }
  return html`<p class="left">
    ${plural(text.length, 'character')} in matrix.json: this cell has more than the page holds.
  </p>`;
};

type Case = ReturnType<typeof groupUnexpected>[number];

const drawCase = (page: Page, cell: MatrixCell, { verdict, all }: Case): Markup => {
  const { details, reason } = verdict;
  const others = limitTo(all, 10);
  return html`<li>
    <details>
      <summary>
        ${drawVerdict(verdict.verdict)}
        ${code(nameCase({ verdict, cases: all.length }))}${
          reason === undefined ? nothing : html` <span class="reason">${inline(reason)}</span>`
        }
      </summary>
      <div class="body">
        ${
          all.length === 1
            ? nothing
            : html`<ul class="list">
                  ${others.shown.map(({ id }) => html`<li>${code(id)}</li>`)}
                </ul>
                ${drawLeft(others.left, 'case')}`
        }${details === undefined ? nothing : drawText(page, cell, details)}
        <p>
          Again:
          <code>${rerunCell(page, cell, { file: verdict.file, ...(all.length === 1 ? { id: verdict.id } : {}) })}</code>
        </p>
      </div>
    </details>
  </li> `;
};

const drawCounts = ({ counts }: MatrixSuites): Markup => {
  const names = verdictNameSchema.options.filter((name) => counts[name] > 0);
  const count = (name: VerdictName): string => formatCount(counts[name]);
  const rows = names.map(
    (name) =>
      html`<tr>
        <th scope="row">${drawVerdict(name)}</th>
        <td class="number">${count(name)}</td>
        <td>${verdictMeanings[name]}</td>
      </tr>`,
  );
  return drawFold(
    'Verdicts',
    dotted(names.map((name) => html`<span class="count">${drawVerdict(name)} ${count(name)}</span>`)),
    html`<table>
      <thead>
        <tr>
          <th scope="col">verdict</th>
          <th scope="col" class="number">count</th>
          <th scope="col">meaning</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`,
  );
};

/** A change of verdict, from one to the other. */
export const drawChange = (
  change: { readonly id: string; readonly from?: VerdictName | undefined; readonly to?: VerdictName | undefined },
  absent: string,
): Markup => {
  const draw = (name: VerdictName | undefined): Markup => (name === undefined ? html`${absent}` : drawVerdict(name));
  return html`<li>${draw(change.from)} → ${draw(change.to)} ${code(change.id)}</li>`;
};

const drawBaseline = (page: Page, run: string, comparison: BaselineComparison): Markup => {
  const fresh = comparison.new.filter(({ to }) => !isExpected(to));
  const regressions = [...comparison.worse, ...fresh];
  const gone = comparison.gone.map((one) => ({ ...one, to: undefined }));
  const parts: readonly (readonly [string, readonly Parameters<typeof drawChange>[0][]])[] = [
    ['Worse', regressions],
    ['Better', comparison.better],
    ['Otherwise as expected', comparison.changed],
    ['New, as expected', comparison.new.filter(({ to }) => isExpected(to))],
    ['Gone', gone],
  ];
  const lists = parts.flatMap(([title, all]) => {
    if (all.length === 0) return [];
    const { shown, left } = limitTo(all, page.limits.rows);
    return [
      html`<h4>${title}: ${formatCount(all.length)}</h4>
        <ul class="list">
          ${shown.map((change) => drawChange(change, 'not there'))}
        </ul>
        ${drawLeft(left, 'case')}`,
    ];
  });
  const gist =
    regressions.length === 0
      ? html`nothing worse than in run ${inline(run)}`
      : html`<strong>${plural(regressions.length, 'verdict')} worse</strong> than in run ${inline(run)}`;
  const ofSame =
    comparison.sameUnexpected === 0 ? '' : `, ${formatCount(comparison.sameUnexpected)} of them unexpected`;
  const same = `; ${formatCount(comparison.same)} the same${ofSame}`;
  return lists.length === 0
    ? drawRow('Baseline', html`${gist}${same}`)
    : drawFold('Baseline', html`${gist}${same}`, html`${lists}`);
};

/** What the suites of a cell came to: the unexpected cases, the counts, the baseline, what was not judged. */
export const drawSuites = (page: Page, cell: MatrixCell): Markup => {
  const { suites } = cell;
  if (suites === null) return nothing;
  const where = `${plural(suites.cases, 'case')} in ${plural(suites.files, 'file')}`;
  const groups = groupUnexpected(suites.unexpected);
  const { shown, left } = limitTo(groups, page.limits.cases);
  const when = suites.ranAt === undefined ? '' : `; ran ${describeTime(suites.ranAt)}`;
  const gist =
    suites.unexpected.length === 0
      ? html`${where}, all as expected; ${formatDuration(suites.durationMs)}${when}`
      : html`<strong>${plural(suites.unexpected.length, 'unexpected verdict')}</strong> in ${where};
          ${formatDuration(suites.durationMs)}${when}`;
  return html`${drawRow(
    'Suites',
    gist,
    groups.length === 0
      ? nothing
      : html`<ul class="cases">
            ${shown.map((group) => drawCase(page, cell, group))}
          </ul>
          ${drawLeft(left, 'unexpected case')}`,
  )}${drawCounts(suites)}${
    suites.baseline === undefined ? nothing : drawBaseline(page, suites.baseline.run, suites.baseline.comparison)
  }${suites.notes.map((note) => drawRow('Note', inline(note)))}`;
};
