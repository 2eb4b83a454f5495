import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeptFacts } from '../model/kept.ts';
import type { Plan, PlannedCell } from '../model/plan.ts';
import type { CellRun, RunRecord, SuiteResults } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { diffSuites } from '../verdict/diff.ts';
import type { JudgedRun } from '../verdict/matrix.ts';
import type { JudgedCell } from '../verdict/matrix-cell.ts';
import { makeVerdictReport, reportFailure } from '../verdict/summary.ts';
import { redactPlaces, redactText } from '../verdict/texts.ts';
import { stripControls } from '../report/text.ts';
import type { Baselines } from './baselines.ts';
import type { FoundRun } from './find-runs.ts';
import { loadExpected } from './expected.ts';

/** How many lines of a failed step's log a matrix shows. */
const logLines = 40;

const redact = (text: string): string => redactText(redactPlaces(stripControls(text)));

/** A document with each of its texts changed: its shape stays. */
const mapTexts = <T>(document: T, change: (text: string) => string): T => {
  const visit = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(visit);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member)]));
  };
  // Texts are put in the place of texts.
  return visit(document) as T;
};

/** How AWS-LC of a cell was compiled, when that was in a build tree which is kept. */
const readKept = (record: RunRecord, planned: PlannedCell): KeptFacts | undefined => {
  const id = planned.steps['compile-awslc'];
  const keeps = record.plan.steps.some((step) => step.id === id && step.keeps !== undefined);
  if (!keeps) return undefined;
  return record.stepRecords.find((step) => step.id === id)?.kept ?? { incremental: true };
};

const readLogs = async (run: CellRun, file: string): Promise<JudgedCell['logs']> => {
  const logs: JudgedCell['logs'] = [];
  for (const { id } of run.steps.filter(({ outcome }) => outcome === 'failed')) {
    // A record that came alone has no logs beside it.
    const text = await readFile(join(dirname(file), 'logs', `${id}.log`), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    logs.push({ step: id, lines: redact(text).trimEnd().split('\n').slice(-logLines) });
  }
  return logs;
};

const judgeSuites = async (
  record: Pick<RunRecord, 'plan'>,
  planned: PlannedCell,
  run: CellRun,
  baselines: Baselines | undefined,
): Promise<Result<Pick<JudgedCell, 'report' | 'differences'>>> => {
  const { suites, twin } = run;
  if (suites === undefined) return ok({});
  const expected = await loadExpected(planned, record.plan.test.preset);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  const { cell, capabilities } = planned;
  const facts = { cell, capabilities, environment: suites.environment };
  const baseline = baselines?.get(planned.id);
  const notes = [
    ...(run.twinNote === undefined ? [] : [run.twinNote]),
    ...(baseline !== undefined && 'note' in baseline ? [baseline.note] : []),
  ];
  const report: VerdictReport = makeVerdictReport(
    { ...(manifest && { manifest }), ...(roster && { roster }), runs: suites.runs, facts },
    {
      selection: record.plan.test,
      ...(run.suitesOf === undefined ? {} : { ranAt: run.suitesOf }),
      recorded: run.steps.some(({ id, outcome }) => id === planned.steps['test-cell'] && outcome === 'recorded'),
      durationMs: suites.durationMs,
      ...(suites.packages === undefined ? {} : { packages: suites.packages }),
      notes,
      ...(baseline !== undefined && 'run' in baseline ? { baseline } : {}),
    },
  );
  const redacted = mapTexts(report, redactPlaces);
  if (twin === undefined) return ok({ report: redacted });
  const { differences } = diffSuites({
    awslc: [...suites.runs, ...twin.again],
    openssl: twin.runs,
    ...(manifest && { manifest }),
    facts,
  });
  return ok({ report: redacted, differences });
};

/**
 * Judges every cell of a run by what is expected now, and takes this machine's places out of what it failed with. What cannot be
 * judged is a failure of its cell: `file-invalid`.
 */
export const judgeRun = async ({ file, record }: FoundRun, baselines?: Baselines): Promise<JudgedRun> => {
  const cells = new Map<string, JudgedCell>();
  for (const run of record.cells) {
    const planned = record.plan.cells.find(({ id }) => id === run.id);
    if (planned === undefined) continue;
    const suites = await judgeSuites(record, planned, run, baselines);
    const kept = readKept(record, planned);
    cells.set(run.id, {
      ...(suites.ok ? suites.value : {}),
      ...(kept === undefined || run.steps.every(({ outcome }) => outcome === 'not-run') ? {} : { kept }),
      failures: suites.ok ? [] : mapTexts([suites.error], redact),
      logs: await readLogs(run, file),
    });
  }
  const redacted = record.cells.map((run): CellRun =>
    run.failures === undefined ? run : { ...run, failures: mapTexts(run.failures, redact) },
  );
  return { record: { ...record, cells: redacted }, cells };
};

/** Whether a cell's suites are not as expected, or worse than their baseline where there is one. What cannot be judged is. */
export const isUnexpectedSuite = async (
  plan: Plan,
  planned: PlannedCell,
  suites: SuiteResults,
  baselines: Baselines | undefined,
): Promise<boolean> => {
  const run: CellRun = { id: planned.id, steps: [], suites };
  const judged = await judgeSuites({ plan }, planned, run, baselines);
  return !judged.ok || (judged.value.report !== undefined && reportFailure(judged.value.report) !== undefined);
};
