import type { MatrixCell } from '../model/matrix.ts';
import { html, nothing, type Markup } from './html.ts';
import { drawText } from './matrix-html-suites.ts';
import { drawFold, inline, type Page } from './matrix-page.ts';
import { formatDuration, plural } from './text.ts';

type Step = MatrixCell['steps'][number];
type Outcome = Step['outcome'];

const outcomeWords: Readonly<Record<Outcome, string>> = {
  done: 'done',
  cached: 'from the remote cache',
  recorded: 'from the store',
  failed: 'failed',
  'not-run': 'not run',
};

/** A bar whose length is a share of the longest; it repeats what the number beside it says. */
const drawBar = (durationMs: number, longestMs: number): Markup => {
  const width = Math.max(0.5, (100 * durationMs) / Math.max(1, longestMs)).toFixed(1);
  return html`<svg class="bar" width="100" height="6" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect width="${width}" height="6" />
  </svg>`;
};

/** How long a cell's own work took, without what was in the store before. */
export const sumDone = (steps: readonly Step[]): number =>
  steps.reduce(
    (total, { outcome, durationMs }) => total + (outcome === 'done' || outcome === 'failed' ? durationMs : 0),
    0,
  );

/** The steps of a cell with their times, as a table with bars. What was not run has no time and is named below. */
export const drawSteps = ({ steps }: MatrixCell): Markup => {
  if (steps.length === 0) return nothing;
  const ran = steps.filter(({ outcome }) => outcome !== 'not-run');
  const notRun = steps.filter(({ outcome }) => outcome === 'not-run');
  const longestMs = Math.max(...ran.map(({ durationMs }) => durationMs), 0);
  const count = (outcome: Outcome): number => steps.filter((step) => step.outcome === outcome).length;
  const gist = (['done', 'recorded', 'failed', 'not-run'] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcomeWords[outcome]}`)
    .join(', ');
  const rows = ran.map(
    ({ title, outcome, durationMs }) =>
      html`<tr>
        <th scope="row">${inline(title)}</th>
        <td class="${outcome === 'failed' ? 'loud' : 'soft'}">${outcomeWords[outcome]}</td>
        <td class="number">${formatDuration(durationMs)}</td>
        <td class="wide">${drawBar(durationMs, longestMs)}</td>
      </tr> `,
  );
  return drawFold(
    'Steps',
    html`${formatDuration(sumDone(steps))} of work; ${gist}`,
    html`${
      rows.length === 0
        ? nothing
        : html`<table class="steps">
            <thead>
              <tr>
                <th scope="col">step</th>
                <th scope="col">outcome</th>
                <th scope="col" class="number">time</th>
                <th scope="col" class="wide"><span class="unseen">share of the longest</span></th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>`
    }${count('recorded') === 0 ? nothing : html`<p class="soft">Of what is from the store: the time that it took when it was made.</p>`}${
      notRun.length === 0
        ? nothing
        : html`<p class="soft">
            ${plural(notRun.length, 'step')} not run: ${notRun.map(({ title }) => title).join('; ')}.
          </p>`
    }`,
  );
};

/** The last lines of what failed steps printed. */
export const drawLogs = (page: Page, cell: MatrixCell): Markup =>
  html`${cell.logs
    .filter(({ lines }) => lines.length > 0)
    .map(({ step, lines }) => {
      const title = cell.steps.find(({ id }) => id === step)?.title ?? step;
      return drawFold('Log', html`${inline(title)}`, drawText(page, cell, lines.join('\n')));
    })}`;
