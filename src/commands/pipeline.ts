import { dirname, join, resolve } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { packagesName } from '../model/packages.ts';
import type { PlainComparison } from '../model/plain.ts';
import { ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import type { Stage } from '../plan/plan.ts';
import { comparisonFailure } from '../report/compare-plain.ts';
import { findBaselines } from '../run/baselines.ts';
import { comparePlainSuites } from '../run/compare-plain.ts';
import { toolDir } from '../run/data.ts';
import { checkPrefix, exportPrefix, severalCells } from '../run/prefix.ts';
import type { CellSession, Session } from '../run/session.ts';
import { reportFailure } from '../verdict/summary.ts';
import { describeCpus } from './cell-cpu.ts';
import type { CommandContext } from './context.ts';
import { findForeign } from './find-foreign.ts';
import { judgeCertificates } from './judge-certificates.ts';
import { judgeCell } from './judge-cells.ts';
import { openSelection, type Opened } from './open.ts';
import { printFindings, writeReports, type PipelineFindings } from './pipeline-report.ts';
import { runOpened } from './run-opened.ts';
import type { SelectionOptions } from './selection.ts';

/** Options of `fetch`, `build`, `prove` and `test`. */
export interface PipelineOptions extends SelectionOptions {
  readonly json?: boolean;
  readonly rerun?: boolean;
  readonly prefix?: string;
  readonly junit?: string;
  readonly markdown?: string;
  readonly annotations?: string;
  readonly baseline?: string;
  readonly detailed?: boolean;
  readonly comparePlain?: boolean;
}

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

/** Runs a selection's plan up to a stage and reports: one plan, four commands. `tell` gets what was found, when anything ran. */
export const runPipeline = async (
  stage: Stage,
  options: PipelineOptions,
  context: CommandContext,
  tell?: (findings: PipelineFindings, opened: Opened) => void | Promise<void>,
): Promise<readonly Failure[]> => {
  if (options.comparePlain === true && options.maskCpu !== undefined) {
    return [
      {
        code: 'usage',
        message: '--compare-plain with --mask-cpu: a plain run masks nothing.',
        next: 'Give one of them.',
      },
    ];
  }
  const opened = await openSelection(options, context);
  if (!opened.ok) return opened.error;
  const { prepared, store, path } = opened.value;
  if (options.comparePlain === true && prepared.plan.test.preset === packagesName) {
    const next = 'Leave out one of them.';
    return [
      {
        code: 'usage',
        message: '--compare-plain with the preset packages: `python -m test` has none of its cases.',
        next,
      },
    ];
  }
  // What is only fetched or built needs the emulator for installing at most.
  const isRun = stage === 'prove' || stage === 'test';
  const foreign = findForeign(prepared, options.emulate === true || !isRun);
  if (foreign !== undefined) return [foreign];
  if (options.prefix !== undefined) {
    if (prepared.plan.cells.length > 1) return [severalCells];
    const occupied = await checkPrefix(resolve(context.cwd, options.prefix));
    if (occupied.length > 0) return occupied;
  }
  const baseline =
    options.baseline === undefined
      ? undefined
      : await findBaselines({
          asked: options.baseline,
          plan: prepared.plan,
          cells: prepared.plan.cells,
          store,
          cwd: context.cwd,
        });
  if (baseline?.ok === false) return [baseline.error];
  const startedAt = performance.now();
  const ran = await runOpened(opened.value, stage, options.rerun === true, context);
  if (!ran.ok) return ran.error;
  const session = ran.value;
  const failures: Failure[] = [...session.failures];
  const reports = new Map<string, VerdictReport>();
  for (const cell of session.cells) {
    const report = await judgeCell(cell, opened.value, baseline?.value);
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
  const certificates = await judgeCertificates(session.cells, opened.value);
  if (!certificates.ok) failures.push(certificates.error);
  const cpu = await describeCpus(session.cells, prepared.plan);
  if (!cpu.ok) failures.push(cpu.error);
  let exported: string | undefined;
  if (options.prefix !== undefined && failures.length === 0) {
    const prefix = resolve(context.cwd, options.prefix);
    const wrong = await exportPrefix(session.cells, prefix, path, context.signal);
    if (wrong.length === 0) exported = prefix;
    failures.push(...wrong);
  }
  const findings: PipelineFindings = {
    stage,
    session,
    verdicts: reports,
    comparisons,
    certificates: certificates.ok ? certificates.value : new Map(),
    cpu: cpu.ok ? cpu.value : { cells: [], caveats: [], sources: [] },
    failures,
    ...(exported === undefined ? {} : { exported }),
    durationMs: Math.round(performance.now() - startedAt),
  };
  failures.push(...(await writeReports(findings, options, context)));
  printFindings(findings, options, context);
  await tell?.(findings, opened.value);
  return failures;
};
