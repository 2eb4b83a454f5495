import type { MatrixCell } from '../model/matrix.ts';
import { html, keepEnd, nothing, type Markup } from './html.ts';
import { describeKept } from './kept.ts';
import { limitTo, maxLines, maxTextChars } from './matrix-limits.ts';
import { drawLogs, drawSteps } from './matrix-html-steps.ts';
import { drawChange, drawSuites } from './matrix-html-suites.ts';
import { code, dotted, drawFold, drawLeft, drawRow, drawState, inline, type Page } from './matrix-page.ts';
import { rerunCell } from './matrix-rerun.ts';
import { failuresOf } from './matrix-trouble.ts';
import { describeTime, stateMeanings, stateWords } from './matrix-words.ts';
import { formatCount, plural } from './text.ts';

const drawProof = (page: Page, { proof }: MatrixCell): Markup => {
  if (proof === null) return nothing;
  const made = proof.madeAt === undefined ? '' : `; made ${describeTime(proof.madeAt)}`;
  const { shown, left } = limitTo(proof.failed, page.limits.rows);
  const claims = shown.map(
    ({ id, expected, found }) =>
      html`<li>
        ${code(id)}
        <dl>
          <dt>expected</dt>
          <dd>${inline(expected)}</dd>
          <dt>found</dt>
          <dd>${inline(found)}</dd>
        </dl>
      </li> `,
  );
  return proof.failed.length === 0
    ? drawRow('Proof', html`${formatCount(proof.holds)} of ${plural(proof.claims, 'claim')} hold${made}`)
    : drawRow(
        'Proof',
        html`<strong>${plural(proof.failed.length, 'claim fails', 'claims fail')}</strong>, ${formatCount(proof.holds)}
          of ${formatCount(proof.claims)} hold${made}`,
        html`<ul class="claims">
            ${claims}
          </ul>
          ${drawLeft(left, 'claim')}`,
      );
};

const drawTwin = (page: Page, { twin }: MatrixCell): Markup => {
  if (twin === null) return nothing;
  if (twin.differences === 0) return drawRow('Twin', html`no case comes out otherwise on OpenSSL`);
  const { shown, left } = limitTo(twin.cases, page.limits.rows);
  const rows = shown.map(
    (one) =>
      html`<li>
        ${code(one.id)}
        <dl>
          <dt>AWS-LC</dt>
          <dd>${inline(one.cell)}</dd>
          <dt>OpenSSL</dt>
          <dd>${inline(one.twin)}</dd>
        </dl>
      </li> `,
  );
  return drawFold(
    'Twin',
    html`${plural(twin.differences, 'case')} ${twin.differences === 1 ? 'comes' : 'come'} out otherwise on OpenSSL`,
    html`<ul class="claims">
        ${rows}
      </ul>
      ${drawLeft(left + Math.max(0, twin.differences - twin.cases.length), 'case')}`,
  );
};

const drawSince = (page: Page, { state, since }: MatrixCell): Markup => {
  if (since === null) return nothing;
  const { stateBefore, verdicts } = since;
  const before =
    stateBefore === state
      ? html`${stateWords[state]} before too`
      : html`<strong>was ${stateWords[stateBefore]}</strong>`;
  if (verdicts.length === 0) return drawRow('Before', before);
  const { shown, left } = limitTo(verdicts, page.limits.rows);
  return drawFold(
    'Before',
    html`${before}; ${plural(verdicts.length, 'verdict')} changed`,
    html`<ul class="list">
        ${shown.map((change) => drawChange(change, 'passed or not there'))}
      </ul>
      ${drawLeft(left, 'verdict')}`,
  );
};

const drawFailures = (page: Page, cell: MatrixCell): Markup => {
  const { shown, left } = limitTo(failuresOf(cell), page.limits.rows);
  return html`${shown.map((text) => drawRow('Why', nothing, html`<pre>${keepEnd(text, maxLines, maxTextChars)}</pre>`))}${drawLeft(left, 'failure')}`;
};

/** Everything that the record has of one cell. */
export const drawCell = (page: Page, cell: MatrixCell): Markup => {
  const anchor = page.anchors.get(cell) ?? '';
  const { platform, target, link, optimization } = cell.cell;
  const facts = [
    html`${platform.arch} ${platform.libc}, ${target}, ${link}, ${optimization}`,
    html`<code>${cell.id}</code>`,
    ...(cell.run === null ? [] : [html`run ${inline(cell.run)}`]),
  ];
  const isEmpty = cell.proof === null && cell.suites === null && cell.steps.length === 0 && cell.failures.length === 0;
  const rows = [
    drawFailures(page, cell),
    drawProof(page, cell),
    drawSuites(page, cell),
    drawTwin(page, cell),
    drawSince(page, cell),
    drawSteps(cell),
    drawLogs(page, cell),
    cell.kept === undefined ? nothing : drawRow('Built', html`${describeKept(cell.kept)}`),
    isEmpty ? drawRow('Nothing', html`${stateMeanings[cell.state]}`) : nothing,
    drawRow('Again', html`<code>${rerunCell(page, cell)}</code>`),
  ];
  return html`<article class="cell is-${cell.state}" id="${anchor}" aria-labelledby="h-${anchor}">
    <h3 id="h-${anchor}">${page.names.nameOf(cell.cell)} ${drawState(cell.state)}</h3>
    <p class="soft">${dotted(facts)}</p>
    ${rows}
  </article> `;
};
