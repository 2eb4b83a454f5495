import type { CellCertificate } from '../model/certificate.ts';
import type { CpuPaths } from '../model/cpu-report.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { PlainComparison } from '../model/plain.ts';
import { isAsExpected } from '../model/proof.ts';
import type { VerdictReport } from '../model/verdict.ts';
import type { Stage } from '../plan/plan.ts';
import { formatConditions, formatConditionsMarkdown, summarizeConditions } from '../report/certificates.ts';
import { formatPlainComparison } from '../report/compare-plain.ts';
import { formatCpu, formatCpuMarkdown } from '../report/cpu.ts';
import { describeFailure } from '../report/failure.ts';
import { formatImportCost } from '../report/import-cost.ts';
import { formatJunit, formatJunitFailures } from '../report/junit.ts';
import { describeKept } from '../report/kept.ts';
import { escapeInline, formatMarkdown, formatMarkdownFailures } from '../report/markdown.ts';
import { formatProof, formatProofMarkdown, formatServicesMarkdown } from '../report/proof.ts';
import { formatRunSummary, type CellSummary } from '../report/run-summary.ts';
import { quoteWord } from '../report/text.ts';
import { describeCell, formatVerdicts } from '../report/verdicts.ts';
import type { CellSession, Session } from '../run/session.ts';
import type { CommandContext } from './context.ts';
import { formatPipelineAnnotations } from './pipeline-annotations.ts';
import type { PipelineOptions } from './pipeline.ts';
import { describeSelection } from './selection.ts';
import { writeReport } from './write-report.ts';

/** Everything that a pipeline command has found, for its reports. */
export interface PipelineFindings {
  readonly stage: Stage;
  readonly session: Session;
  /** By cell id. */
  readonly verdicts: ReadonlyMap<string, VerdictReport>;
  readonly comparisons: ReadonlyMap<string, PlainComparison>;
  /** FIPS cells only. */
  readonly certificates: ReadonlyMap<string, CellCertificate>;
  /** Which code each primitive takes in cells that were proved. */
  readonly cpu: CpuPaths;
  readonly failures: readonly Failure[];
  /** Where `--prefix` put the Python, when it did. */
  readonly exported?: string;
  readonly durationMs: number;
}

const countClaims = (cell: CellSession): { holds: number; fails: number } | undefined => {
  const claims = cell.proof?.claims;
  if (claims === undefined) return undefined;
  const holds = claims.filter((claim) => isAsExpected(claim)).length;
  return { holds, fails: claims.length - holds };
};

/** Where a person finds the Python: in the prefix that was asked for, else in the store. */
const describePython = (
  prefix: string,
  findings: PipelineFindings,
  options: PipelineOptions,
): { path: string; command: string } => {
  const path = `${findings.exported ?? prefix}/bin/python3`;
  const command =
    findings.exported === undefined
      ? `npx cpython-awslc run${describeSelection(options)} -- --version`
      : `${quoteWord(path)} --version`;
  return { path, command };
};

/** What is known of one cell's paths; nothing without a proof, or on an architecture without rules. */
const pathsOf = ({ planned }: CellSession, { cpu }: PipelineFindings): CpuPaths | undefined => {
  const cells = cpu.cells.filter(({ cell }) => cell === planned.id);
  return cells.length === 0 ? undefined : { ...cpu, cells };
};

/** Whether a cell's proof measures what an import costs and reports tell of it: a measurement that failed is told too. */
const isMeasured = ({ planned, proof }: CellSession): boolean => planned.cell.awslc.fips && proof !== undefined;

const summarizeCell = (cell: CellSession, findings: PipelineFindings, options: PipelineOptions): CellSummary => {
  const ids = new Set(Object.values(cell.planned.steps));
  const ofCell = findings.session.outcomes.filter(({ step }) => ids.has(step.id));
  // What was interrupted did not fail: nothing is known of it.
  const fate = (one: (typeof ofCell)[number]): string =>
    one.failure?.code === 'interrupted' ? 'not-run' : one.outcome;
  const count = (outcome: string): number => ofCell.filter((one) => fate(one) === outcome).length;
  const claims = countClaims(cell);
  const proofIsOld = ofCell.some(({ step, outcome }) => step.kind === 'prove' && outcome === 'recorded');
  const verdicts = findings.verdicts.get(cell.planned.id);
  const certificate = findings.certificates.get(cell.planned.id);
  return {
    cell: cell.planned.cell,
    ...(cell.kept === undefined ? {} : { kept: cell.kept }),
    ...(options.maskCpu === undefined || claims === undefined ? {} : { masked: options.maskCpu }),
    steps: {
      done: count('done'),
      cached: count('cached'),
      recorded: count('recorded'),
      failed: count('failed'),
      notRun: count('not-run'),
    },
    ...(claims === undefined ? {} : { proof: { ...claims, ...(proofIsOld ? { of: cell.proofOf ?? '' } : {}) } }),
    ...(certificate === undefined || cell.proof === undefined
      ? {}
      : {
          certificate: {
            text: summarizeConditions(certificate),
            warnings: certificate.warnings.map(({ text }) => text),
          },
        }),
    ...(isMeasured(cell) ? { importCost: formatImportCost(cell.importCost) } : {}),
    ...(verdicts === undefined ? {} : { verdicts }),
    ...(cell.prefix === undefined ? {} : { python: describePython(cell.prefix, findings, options) }),
  };
};

/**
 * A cell's proof as a page, with the code that each primitive takes, what a FIPS build meets of its certificate and what
 * importing it costs; nothing without a proof.
 */
const formatCellProof =
  (findings: PipelineFindings) =>
  (cell: CellSession): readonly string[] => {
    const { planned, proof, importCost, kept } = cell;
    if (proof === undefined) return [];
    const certificate = findings.certificates.get(planned.id);
    const paths = pathsOf(cell, findings);
    return [
      `## ${describeCell(planned.cell)}\n`,
      ...(kept === undefined ? [] : [`${escapeInline(describeKept(kept))}.\n`]),
      formatProofMarkdown(proof),
      ...(paths === undefined ? [] : [formatCpuMarkdown(paths)]),
      ...(certificate === undefined ? [] : [formatConditionsMarkdown(certificate)]),
      ...(isMeasured(cell) ? [`Cost of importing \`_ssl\`: ${formatImportCost(importCost)}.\n`] : []),
    ];
  };

/** Writes the report files that were asked for. Failures: `io-failed`, `disk-full`. */
export const writeReports = async (
  findings: PipelineFindings,
  options: PipelineOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => [
  ...(await writeDocuments(findings, options, context)),
  ...(options.annotations === undefined
    ? []
    : await writeReport(options.annotations, formatPipelineAnnotations(findings, options, context.cwd), context.cwd)),
];

const writeDocuments = async (
  findings: PipelineFindings,
  options: PipelineOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const reports = [...findings.verdicts.values()];
  const failures: Failure[] = [];
  // A page that is empty because nothing came to a verdict would look like one that was forgotten.
  const told = findings.failures.map(describeFailure);
  const proofs = findings.stage === 'prove' ? findings.session.cells.flatMap(formatCellProof(findings)) : [];
  if (proofs.length > 0 && options.markdown !== undefined) {
    const pages = [...proofs, ...(told.length === 0 ? [] : [formatMarkdownFailures(told)])];
    return writeReport(options.markdown, pages.join('\n'), context.cwd);
  }
  if (reports.length === 0) {
    if (options.junit !== undefined)
      failures.push(...(await writeReport(options.junit, formatJunitFailures(told), context.cwd)));
    if (options.markdown !== undefined) {
      failures.push(...(await writeReport(options.markdown, formatMarkdownFailures(told), context.cwd)));
    }
    return failures;
  }
  if (options.junit !== undefined)
    failures.push(...(await writeReport(options.junit, formatJunit(reports), context.cwd)));
  if (options.markdown !== undefined) {
    const mask = options.maskCpu === undefined ? '' : ` --mask-cpu ${options.maskCpu.join(',')}`;
    const command = `npx cpython-awslc test${describeSelection(options)}${mask}`;
    const parts = findings.session.cells.flatMap((cell) => {
      const report = findings.verdicts.get(cell.planned.id);
      const claims = countClaims(cell);
      if (report === undefined) return [];
      const certificate = findings.certificates.get(cell.planned.id);
      const services = cell.proof === undefined ? '' : formatServicesMarkdown(cell.proof);
      const paths = pathsOf(cell, findings);
      const conditions = [
        ...(paths === undefined ? [] : [formatCpuMarkdown(paths)]),
        ...(services === '' ? [] : [services]),
        ...(certificate === undefined ? [] : [formatConditionsMarkdown(certificate)]),
      ];
      if (claims === undefined) return [formatMarkdown(report, { command }), ...conditions];
      const proofSummary = `proof: ${claims.holds} of ${claims.holds + claims.fails} claims hold`;
      return [formatMarkdown(report, { command, proofSummary }), ...conditions];
    });
    failures.push(...(await writeReport(options.markdown, parts.join('\n'), context.cwd)));
  }
  return failures;
};

/** Prints what a pipeline command found: one JSON document, or text for a person. */
export const printFindings = (findings: PipelineFindings, options: PipelineOptions, context: CommandContext): void => {
  const { stage, session, verdicts, comparisons, failures } = findings;
  const summaries = session.cells.map((cell) => summarizeCell(cell, findings, options));
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
          python: summaries[index]?.python?.path ?? null,
          ...(cell.kept === undefined ? {} : { kept: cell.kept }),
          proof: cell.proof ?? null,
          cpu: pathsOf(cell, findings)?.cells[0] ?? null,
          // Conditions are said of what was proved: without a proof there is nothing that could meet one.
          ...(cell.proof !== undefined && findings.certificates.has(cell.planned.id)
            ? { certificate: findings.certificates.get(cell.planned.id) }
            : {}),
          ...(isMeasured(cell) ? { importCost: cell.importCost ?? null } : {}),
          verdicts: verdicts.get(cell.planned.id) ?? null,
          ...(options.comparePlain === true ? { plain: comparisons.get(cell.planned.id) ?? null } : {}),
        })),
        failures,
      }),
    );
    return;
  }
  const { color, canDraw } = context.terminal;
  if (stage === 'prove') {
    const style = { color, unicode: canDraw, detailed: options.detailed === true };
    for (const cell of session.cells) {
      if (cell.proof === undefined) continue;
      context.out(formatProof(cell.proof, style));
      const paths = options.detailed === true ? pathsOf(cell, findings) : undefined;
      if (paths !== undefined) context.out(`\n${formatCpu(paths, { color })}`);
      const certificate = findings.certificates.get(cell.planned.id);
      if (certificate !== undefined) context.out(`\n${formatConditions(certificate, { color })}\n`);
    }
  }
  for (const report of verdicts.values()) {
    // The summary below says the rest when all is as expected.
    const isPlain = report.baseline === undefined && report.notes.length === 0 && report.packages === undefined;
    if (report.asExpected && isPlain) continue;
    const command = `npx cpython-awslc test${describeSelection(options)}`;
    context.out(`${formatVerdicts(report, { color, command })}\n`);
  }
  for (const comparison of comparisons.values()) context.out(`${formatPlainComparison(comparison, { color })}\n`);
  if (session.run !== undefined) {
    const { id } = session.run;
    context.out(formatRunSummary({ id, durationMs: findings.durationMs, cells: summaries }, { color }));
  }
};
