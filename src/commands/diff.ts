import type { CellDiff } from '../model/diff.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { ok, type Result } from '../model/result.ts';
import { formatDiff } from '../report/diff.ts';
import { formatDiffMarkdown } from '../report/diff-markdown.ts';
import { quoteWord } from '../report/text.ts';
import { loadExpected } from '../run/expected.ts';
import type { CellSession } from '../run/session.ts';
import { diffSuites } from '../verdict/diff.ts';
import type { CommandContext } from './context.ts';
import { openSelection, type Opened } from './open.ts';
import { runOpened } from './run-opened.ts';
import { describeSelection, type SelectionOptions } from './selection.ts';
import { writeReport } from './write-report.ts';

/** Options of `diff`. */
export interface DiffOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly rerun?: boolean;
  readonly markdown?: string;
}

const noOpenssl: Failure = {
  code: 'package-missing',
  packages: ['headers of OpenSSL'],
  neededFor: 'compile the twin, which a cell is compared with',
  next: 'Run `cpython-awslc doctor --fix` (libssl-dev, openssl-devel or openssl-dev), or name another: --openssl path:DIR.',
};

/** What differs for one cell; nothing when its suites, or its twin's, never ran. Failure: `file-invalid`. */
const diffCell = async (cell: CellSession, opened: Opened): Promise<Result<CellDiff | undefined>> => {
  const { comparison, suites, planned } = cell;
  if (comparison === undefined || suites === undefined) return ok(undefined);
  const expected = await loadExpected(planned, opened.prepared.plan.test.preset);
  if (!expected.ok) return expected;
  const { manifest } = expected.value;
  const found = diffSuites({
    awslc: comparison.awslc,
    openssl: comparison.openssl,
    ...(manifest === undefined ? {} : { manifest }),
    facts: { cell: planned.cell, capabilities: planned.capabilities, environment: suites.environment },
    redactions: cell.prefix === undefined ? [] : [{ text: cell.prefix, placeholder: '{prefix}' }],
  });
  return ok({
    id: planned.id,
    cell: planned.cell,
    ...(cell.kept === undefined ? {} : { kept: cell.kept }),
    openssl: comparison.version,
    selection: opened.prepared.plan.test,
    manifest: manifest?.series ?? null,
    ...(cell.suitesOf === undefined ? {} : { awslcRanAt: cell.suitesOf }),
    opensslRanAt: comparison.opensslRanAt,
    cases: found.cases,
    same: found.same,
    differences: [...found.differences],
    unsteady: [...found.unsteady],
  });
};

/**
 * Runs the suites on a cell and on its twin, and reports what differs: AWS-LC's doing, since all else is the same. That
 * something differs is no failure.
 */
export const runDiff = async (options: DiffOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const opened = await openSelection(options, context);
  if (!opened.ok) return opened.error;
  if (opened.value.prepared.plan.cells.some(({ steps }) => steps['test-twin'] === undefined)) return [noOpenssl];
  const ran = await runOpened(opened.value, 'diff', options.rerun === true, context);
  if (!ran.ok) return ran.error;
  const session = ran.value;
  const failures: Failure[] = [...session.failures];
  const diffs: CellDiff[] = [];
  for (const cell of session.cells) {
    const diff = await diffCell(cell, opened.value);
    if (!diff.ok) failures.push(diff.error);
    else if (diff.value !== undefined) diffs.push(diff.value);
  }
  const openssl = options.openssl === undefined ? '' : ` --openssl ${quoteWord(options.openssl)}`;
  const command = `npx cpython-awslc diff${describeSelection(options)}${openssl}`;
  if (options.markdown !== undefined && diffs.length > 0) {
    const page = diffs.map((diff) => formatDiffMarkdown(diff, { command })).join('\n');
    failures.push(...(await writeReport(options.markdown, page, context.cwd)));
  }
  if (options.json === true) {
    context.out(prettyJson({ version: 1, kind: 'diff', run: session.run?.id ?? null, cells: diffs, failures }));
  } else {
    for (const diff of diffs) context.out(`${formatDiff(diff, { color: context.terminal.color, command })}\n`);
  }
  return failures;
};
