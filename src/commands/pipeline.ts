import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import type { Failure } from '../model/failure.ts';
import type { PlainComparison } from '../model/plain.ts';
import { prettyJson } from '../model/json.ts';
import type { VerdictReport } from '../model/verdict.ts';
import type { Stage } from '../plan/plan.ts';
import { comparisonFailure, formatPlainComparison } from '../report/compare-plain.ts';
import { formatJunit } from '../report/junit.ts';
import { formatMarkdown } from '../report/markdown.ts';
import { formatProof } from '../report/proof.ts';
import { formatRunSummary, type CellSummary } from '../report/run-summary.ts';
import { formatVerdicts } from '../report/verdicts.ts';
import { comparePlainSuites } from '../run/compare-plain.ts';
import { toolDir } from '../run/data.ts';
import { checkPrefix, exportPrefix } from '../run/prefix.ts';
import { loadExpected, loadRun, runSession, type CellSession, type Session } from '../run/session.ts';
import { isAsExpected } from '../model/proof.ts';
import { makeVerdictReport, reportFailure } from '../verdict/summary.ts';
import { judge } from '../verdict/judge.ts';
import type { Verdict } from '../model/verdict.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { checkToolchain, openSelection, type Opened } from './open.ts';
import type { SelectionOptions } from './selection.ts';
import { readToolVersion } from './settings.ts';

/** Options of `fetch`, `build`, `prove` and `test`. */
export interface PipelineOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly rerun?: boolean;
  readonly prefix?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly baseline?: string;
  readonly detailed?: boolean;
  readonly comparePlain?: boolean;
}

const summarize = (cell: CellSession, session: Session, report: VerdictReport | undefined): CellSummary => {
  const ids = new Set(Object.values(cell.planned.steps));
  const ofCell = session.outcomes.filter(({ step }) => ids.has(step.id));
  const count = (outcome: string): number => ofCell.filter((one) => one.outcome === outcome).length;
  const claims = cell.proof?.claims ?? [];
  const holds = claims.filter((claim) => isAsExpected(claim)).length;
  return {
    cell: cell.planned.cell,
    steps: { done: count('done'), recorded: count('recorded'), failed: count('failed'), notRun: count('not-run') },
    ...(cell.proof === undefined
      ? {}
      : {
          proof: {
            holds,
            fails: claims.length - holds,
            ...(ofCell.some(({ step, outcome }) => step.kind === 'prove' && outcome === 'recorded')
              ? { of: cell.proofOf ?? '' }
              : {}),
          },
        }),
    ...(report === undefined ? {} : { verdicts: report }),
    ...(cell.prefix === undefined
      ? {}
      : { python: { path: `${cell.prefix}/bin/python3`, command: 'cpython-awslc run -- --version' } }),
  };
};

/** Judges a cell's suites by what is expected now, and by an earlier run where one is named. */
const judgeCell = async (
  cell: CellSession,
  opened: Opened,
  options: PipelineOptions,
  context: CommandContext,
): Promise<Result<VerdictReport | undefined>> => {
  if (cell.suites === undefined) return ok(undefined);
  const expected = await loadExpected(cell.planned);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  const input = {
    ...(manifest === undefined ? {} : { manifest }),
    ...(roster === undefined ? {} : { roster }),
  };
  const selection = opened.prepared.plan.test;
  let baseline: { run: string; verdicts: readonly Verdict[] } | undefined;
  if (options.baseline !== undefined) {
    const run = await loadRun(options.baseline, opened.store, context.cwd);
    if (!run.ok) return run;
    const before = run.value.cells.find((other) => other.suites !== undefined);
    const planned = run.value.plan.cells.find(({ id }) => id === before?.id);
    if (before?.suites === undefined || planned === undefined) {
      return fail({ code: 'unknown-run', asked: options.baseline, reason: 'it ran no suites' });
    }
    const judged = judge({
      ...input,
      runs: before.suites.runs,
      facts: { cell: planned.cell, capabilities: planned.capabilities, environment: before.suites.environment },
      selection: run.value.plan.test,
    });
    baseline = { run: run.value.id, verdicts: judged.verdicts };
  }
  return ok(
    makeVerdictReport(
      {
        ...input,
        runs: cell.suites.runs,
        facts: {
          cell: cell.planned.cell,
          capabilities: cell.planned.capabilities,
          environment: cell.suites.environment,
        },
        redactions: cell.prefix === undefined ? [] : [{ text: cell.prefix, placeholder: '{prefix}' }],
      },
      {
        selection,
        ...(cell.suitesOf === undefined ? {} : { ranAt: cell.suitesOf }),
        recorded: !cell.suitesAreNew,
        durationMs: cell.suites.durationMs,
        ...(baseline === undefined ? {} : { baseline }),
      },
    ),
  );
};

/** Compares a cell's suites with a plain run of them; nothing when they never ran. */
const compareCell = async (
  cell: CellSession,
  session: Session,
  opened: Opened,
  context: CommandContext,
): Promise<Result<PlainComparison | undefined>> => {
  const { prefix, suites } = cell;
  if (prefix === undefined || suites === undefined || session.run === undefined) return ok(undefined);
  return comparePlainSuites({
    cell: { ...cell, prefix, suites },
    plan: opened.prepared.plan,
    tmpDir: opened.store.tmp,
    logDir: join(dirname(session.run.file), 'logs', 'plain', cell.planned.id),
    toolDir,
    path: opened.path,
    jobs: opened.jobs,
    signal: context.signal,
    progress: (text) => {
      context.err(`${text}\n`);
    },
  });
};

const writeReport = async (file: string, text: string, context: CommandContext): Promise<readonly Failure[]> => {
  const path = resolve(context.cwd, file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return [];
  } catch (error) {
    return [ioFailure(error, path, 'write the report')];
  }
};

/** Runs a selection's plan up to a stage and reports: one plan, four commands. */
export const runPipeline = async (
  stage: Stage,
  options: PipelineOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const opened = await openSelection(options, context);
  if (!opened.ok) return opened.error;
  const { prepared, store, jobs, path, fetch } = opened.value;
  if (options.prefix !== undefined) {
    const occupied = await checkPrefix(resolve(context.cwd, options.prefix));
    if (occupied.length > 0) return occupied;
  }
  const lacking = await checkToolchain(opened.value, stage);
  if (lacking.length > 0) return lacking;
  for (const { asked, got, why } of prepared.plan.resolved) context.err(`${asked} is ${got} (${why})\n`);
  const display = makeDisplay({ write: context.err, ...context.terminal });
  const startedAt = performance.now();
  const session = await runSession({
    prepared,
    stage,
    command: stage,
    version: readToolVersion(),
    store,
    jobs,
    path,
    fetch,
    rerun: options.rerun === true,
    signal: context.signal,
    listener: display.listen,
  });
  await display.close();
  const failures: Failure[] = [...session.failures];
  const reports = new Map<string, VerdictReport>();
  for (const cell of session.cells) {
    const report = await judgeCell(cell, opened.value, options, context);
    if (!report.ok) failures.push(report.error);
    else if (report.value !== undefined) {
      reports.set(cell.planned.id, report.value);
      const unexpected = reportFailure(report.value);
      if (unexpected !== undefined) failures.push(unexpected);
    }
  }
  const comparisons = new Map<string, PlainComparison>();
  for (const cell of options.comparePlain === true ? session.cells : []) {
    const comparison = await compareCell(cell, session, opened.value, context);
    if (!comparison.ok) failures.push(comparison.error);
    else if (comparison.value !== undefined) {
      comparisons.set(cell.planned.id, comparison.value);
      const differs = comparisonFailure(comparison.value);
      if (differs !== undefined) failures.push(differs);
    }
  }
  if (options.prefix !== undefined && failures.length === 0) {
    failures.push(...(await exportPrefix(session.cells, resolve(context.cwd, options.prefix), path, context.signal)));
  }
  const [first] = reports.values();
  if (first !== undefined && options.junit !== undefined) {
    failures.push(...(await writeReport(options.junit, formatJunit([...reports.values()]), context)));
  }
  if (first !== undefined && options.markdown !== undefined) {
    const text = session.cells
      .flatMap((cell) => {
        const report = reports.get(cell.planned.id);
        const claims = cell.proof?.claims;
        return report === undefined
          ? []
          : [
              formatMarkdown(
                report,
                claims === undefined
                  ? {}
                  : {
                      proofSummary: `proof: ${claims.filter((claim) => isAsExpected(claim)).length} of ${claims.length} claims hold`,
                    },
              ),
            ];
      })
      .join('\n');
    failures.push(...(await writeReport(options.markdown, text, context)));
  }
  const summaries = session.cells.map((cell) => summarize(cell, session, reports.get(cell.planned.id)));
  if (options.json === true) {
    context.out(
      prettyJson({
        version: 1,
        kind: 'result',
        stage,
        run: session.run?.id ?? null,
        recorded: session.isRecorded,
        cells: session.cells.map((cell, index) => ({
          id: cell.planned.id,
          steps: summaries[index]?.steps,
          python: cell.prefix === undefined ? null : `${cell.prefix}/bin/python3`,
          proof: cell.proof ?? null,
          verdicts: reports.get(cell.planned.id) ?? null,
          ...(options.comparePlain === true ? { plain: comparisons.get(cell.planned.id) ?? null } : {}),
        })),
        failures,
      }),
    );
    return failures;
  }
  const { color, canDraw } = context.terminal;
  const unicode = canDraw;
  if (stage === 'prove') {
    for (const { proof } of session.cells) {
      if (proof !== undefined) context.out(formatProof(proof, { color, unicode, detailed: options.detailed === true }));
    }
  }
  for (const report of reports.values()) context.out(`${formatVerdicts(report, { color })}\n`);
  for (const comparison of comparisons.values()) context.out(`${formatPlainComparison(comparison, { color })}\n`);
  if (session.run !== undefined) {
    context.out(
      formatRunSummary(
        { id: session.run.id, durationMs: Math.round(performance.now() - startedAt), cells: summaries },
        { color },
      ),
    );
  }
  return failures;
};
