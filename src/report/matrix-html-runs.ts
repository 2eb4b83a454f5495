import type { MatrixCell, MatrixRecord } from '../model/matrix.ts';
import { matrixStageSchema, type Machine, type MatrixStage } from '../model/record.ts';
import { verdictNameSchema } from '../model/verdict.ts';
import { html, nothing, type Markup } from './html.ts';
import { limitTo, maxListed } from './matrix-limits.ts';
import { code, drawFold, drawLeft, drawState, drawVerdict, drawWhere, inline, type Page } from './matrix-page.ts';
import { cellStates, describeTests, describeTime, stateMeanings } from './matrix-words.ts';
import { formatCount, formatDuration, plural } from './text.ts';
import { verdictMeanings } from './verdict-words.ts';

const describeMachine = ({ cpu, cores, memoryBytes, os, kernel, libc }: Machine): string =>
  [cpu, plural(cores, 'core'), `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`, os, `Linux ${kernel}`, libc].join(', ');

const drawRuns = ({ runs }: MatrixRecord): Markup => {
  const { shown, left } = limitTo(runs, maxListed);
  const rows = shown.map(
    ({ id, startedAt, durationMs, cpuMs, machine, cells, exitCode }) =>
      html`<tr>
        <th scope="row">${code(id)}</th>
        <td>
          ${describeTime(startedAt)},
          ${formatDuration(durationMs)}${cpuMs === undefined ? '' : ` (${formatDuration(cpuMs)} of processor time)`}
        </td>
        <td>${describeMachine(machine)}</td>
        <td class="number" data-name="cells">${formatCount(cells)}</td>
        <td class="number" data-name="exit code">${exitCode}</td>
      </tr> `,
  );
  return html`<table class="runs">
      <thead>
        <tr>
          <th scope="col">run</th>
          <th scope="col">when</th>
          <th scope="col">machine</th>
          <th scope="col" class="number">cells</th>
          <th scope="col" class="number">exit code</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${drawLeft(left, 'run')}`;
};

/** Steps that several cells need: what was done more often than once is named first. */
const drawShared = ({ steps }: MatrixRecord): Markup => {
  const shared = steps.filter(({ cells }) => cells > 1);
  if (shared.length === 0) return nothing;
  const often = shared.filter(({ done }) => done > 1);
  const { shown, left } = limitTo([...often, ...shared.filter(({ done }) => done <= 1)], maxListed);
  const rows = shown.map(
    ({ title, cells, done }) =>
      html`<tr>
        <th scope="row">${inline(title)}</th>
        <td class="number">${formatCount(cells)}</td>
        <td class="number">${formatCount(done)}</td>
      </tr> `,
  );
  return drawFold(
    'Shared',
    html`${plural(shared.length, 'step')} that several cells need;
    ${often.length === 0 ? 'none was done more than once' : `${formatCount(often.length)} done more than once`}`,
    html`<table>
        <thead>
          <tr>
            <th scope="col">step</th>
            <th scope="col" class="number">cells</th>
            <th scope="col" class="number">done</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
      ${drawLeft(left, 'step')}`,
  );
};

/** Which runs this is made of, on which machines, and what they did once for many cells. */
export const drawMachines = ({ record }: Page): Markup =>
  html`<section id="machines" aria-labelledby="h-machines">
    <h2 id="h-machines">Runs and machines</h2>
    ${record.runs.length === 0 ? html`<p>No run.</p>` : drawRuns(record)}${drawShared(record)}
  </section> `;

const isEarlier = (time: string | undefined, startedAt: string): boolean =>
  time !== undefined && Date.parse(time) < Date.parse(startedAt);

const stages = matrixStageSchema.options;
const isUpTo = ({ stage }: MatrixRecord, wanted: MatrixStage): boolean =>
  stages.indexOf(stage) >= stages.indexOf(wanted);

/** What nobody looked at: cells, and parts of cells. */
const findUnchecked = (
  record: MatrixRecord,
): readonly { readonly text: string; readonly cells: readonly MatrixCell[] }[] => {
  const { cells, startedAt } = record;
  const built = cells.filter(({ state }) => state !== 'cannot-run' && state !== 'not-run');
  return [
    {
      text: 'Nothing is known of what nobody could run or began',
      cells: cells.filter((cell) => !built.includes(cell)),
    },
    { text: 'No proof of what was built', cells: built.filter(({ proof }) => proof === null) },
    { text: 'No suites', cells: built.filter(({ suites }) => suites === null) },
    {
      text: isUpTo(record, 'diff')
        ? 'Not compared with the twin on OpenSSL'
        : 'Not compared with the twin on OpenSSL: --up-to diff does that',
      cells: built.filter(({ twin }) => twin === null),
    },
    {
      text: 'Proof or suites are of before this matrix began, taken from the store: --rerun makes them anew',
      cells: built.filter(
        ({ proof, suites }) => isEarlier(proof?.madeAt, startedAt) || isEarlier(suites?.ranAt, startedAt),
      ),
    },
    {
      text: 'AWS-LC was compiled incrementally: --clean compiles all of it',
      cells: cells.filter(({ kept }) => kept?.incremental === true),
    },
  ].filter((one) => one.cells.length > 0);
};

/** What this page does not speak for. */
export const drawUnchecked = (page: Page): Markup => {
  const { record } = page;
  const items = findUnchecked(record).map(({ text, cells }) => html`<li>${text} ${drawWhere(page, cells)}</li> `);
  return html`<section id="unchecked" aria-labelledby="h-unchecked">
    <h2 id="h-unchecked">What was not checked</h2>
    <ul class="unchecked">
      ${items}
      <li>
        ${
          isUpTo(record, 'test')
            ? html`Cases beyond the ${describeTests(record.test)}.`
            : html`Suites: none were asked for.`
        }
      </li>
      <li>Each proof has a list of its own of what it does not check: <code>cpython-awslc prove</code> prints it.</li>
    </ul>
  </section> `;
};

/** What the words of this page mean, for who does not know them. */
export const drawWords = (): Markup =>
  html`<section id="words" aria-labelledby="h-words">
    <h2 id="h-words">Words</h2>
    <dl class="words">
      <dt>cell</dt>
      <dd>one exact combination of CPython, AWS-LC, platform, target, link mode, optimization and cipher string</dd>
      <dt>claim</dt>
      <dd>one thing that the proof holds a built Python to, asked of that Python itself</dd>
      <dt>twin</dt>
      <dd>the same CPython with its ssl and hashlib on OpenSSL: what both do alike is not AWS-LC’s doing</dd>
      ${cellStates.map(
        (state) =>
          html`<dt>${drawState(state)}</dt>
            <dd>${stateMeanings[state]}</dd> `,
      )}${verdictNameSchema.options.map(
        (name) =>
          html`<dt>${drawVerdict(name)}</dt>
            <dd>${verdictMeanings[name]}</dd> `,
      )}
    </dl>
  </section> `;
