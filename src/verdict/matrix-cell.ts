import { digestValue } from '../model/digest.ts';
import type { Difference, SideOutcome } from '../model/diff.ts';
import { exitCodeOf, worstExitCode, type Failure, type FailureCode } from '../model/failure.ts';
import { readFailure } from '../model/failure-schema.ts';
import type { KeptFacts } from '../model/kept.ts';
import type { CellState, MatrixCell, MatrixSuites } from '../model/matrix.ts';
import { describeDifference, isAsExpected, type Proof } from '../model/proof.ts';
import type { CellRun, MatrixStage } from '../model/record.ts';
import { isExpected, type Verdict, type VerdictReport } from '../model/verdict.ts';
import { reportFailure } from './summary.ts';

/** What judging a cell's raw results came to. */
export interface JudgedCell {
  readonly report?: VerdictReport;
  /** How its suites differ from the twin's. */
  readonly differences?: readonly Difference[];
  /** How AWS-LC was compiled, when that was in a build tree which is kept. */
  readonly kept?: KeptFacts;
  /** Why it could not be judged. */
  readonly failures: readonly Failure[];
  /** The last lines of what its failed steps printed. */
  readonly logs: MatrixCell['logs'];
}

/** Failures that say of this machine, or of what it can reach, and not of the cell. */
const cannotRunCodes: readonly FailureCode[] = [
  'origins-exhausted',
  'offline',
  'tool-missing',
  'package-missing',
  'unsupported',
  'no-node',
];

/** Whether a failure means that a cell cannot run on this machine. */
export const isOfMachine = ({ code }: Failure): boolean => cannotRunCodes.includes(code);

/** Failures of a cell's steps as its record has them. */
export const failuresOf = (run: CellRun): readonly Failure[] => (run.failures ?? []).map(readFailure);

const wasReached = (run: CellRun, step: string): boolean =>
  run.steps.some(({ id, outcome }) => id.startsWith(`${step}-`) && outcome !== 'failed' && outcome !== 'not-run');

const farthest: readonly MatrixStage[] = ['core', 'build', 'prove', 'test', 'diff'];

/** The one of some stages that goes farthest. */
export const farthestStage = (stages: readonly MatrixStage[]): MatrixStage =>
  farthest.findLast((stage) => stages.includes(stage)) ?? 'test';

/** How far a cell got: the number of stages that it has behind it. */
export const countStages = (run: CellRun): number => {
  if (run.twin !== undefined) return 5;
  if (run.suites !== undefined) return 4;
  if (run.proof !== undefined) return 3;
  if (wasReached(run, 'install-cell')) return 2;
  return wasReached(run, 'compile-core') ? 1 : 0;
};

/** What became of a cell, and why it is not as expected. */
export const assessCell = (
  run: CellRun,
  judged: JudgedCell,
  stage: MatrixStage,
): { readonly state: CellState; readonly failures: readonly Failure[] } => {
  // The core is all that was asked for, and may be there though this cell cannot be made of it.
  if (stage === 'core' && countStages(run) > 0) return { state: 'as-expected', failures: [] };
  const ofSteps = failuresOf(run);
  const unexpected = judged.report === undefined ? undefined : reportFailure(judged.report);
  const failures = [...ofSteps, ...judged.failures, ...(unexpected === undefined ? [] : [unexpected])];
  const stateOf = (): CellState => {
    const serious = [...ofSteps, ...judged.failures].filter(({ code }) => code !== 'proof-failed');
    if (serious.length > 0)
      return serious.every(isOfMachine) && ofSteps.length === serious.length ? 'cannot-run' : 'failed';
    if (failures.length > 0) return 'unexpected';
    // Suites may have run while the proof was interrupted.
    const isProved = run.proof !== undefined || stage === 'core' || stage === 'build';
    return isProved && countStages(run) > farthest.indexOf(stage) ? 'as-expected' : 'not-run';
  };
  return { state: stateOf(), failures };
};

/** The exit code that a cell's state calls for. Cells that nothing is known of are left out of a partial matrix. */
export const exitCodeOfCell = (state: CellState, failures: readonly Failure[], isPartial: boolean): number => {
  switch (state) {
    case 'as-expected':
      return 0;
    case 'cannot-run':
    case 'not-run':
      return isPartial ? 0 : 1;
    case 'failed':
    case 'unexpected':
      // A machine that lacks something is no wrong usage of a matrix.
      return worstExitCode(failures.map((failure) => (isOfMachine(failure) ? 1 : exitCodeOf(failure))));
  }
};

/** What a proof says, without the claims that hold. */
export const summarizeProof = (proof: Proof, madeAt: string | undefined): NonNullable<MatrixCell['proof']> => {
  const failed = proof.claims.filter((claim) => !isAsExpected(claim));
  return {
    ...(madeAt === undefined ? {} : { madeAt }),
    claims: proof.claims.length,
    holds: proof.claims.length - failed.length,
    failed: failed.map((claim) => ({ id: claim.id, ...describeDifference(claim) })),
  };
};

/** One digest for all verdicts of a cell: equal where file, id and verdict of every case are. */
export const digestVerdicts = (verdicts: readonly Verdict[]): string =>
  digestValue(verdicts.map(({ file, id, verdict }) => JSON.stringify([file, id, verdict])).sort());

/** What suites came to, without the cases that passed. */
export const summarizeSuites = (report: VerdictReport): MatrixSuites => ({
  ...(report.ranAt === undefined ? {} : { ranAt: report.ranAt }),
  asExpected: report.asExpected,
  durationMs: report.durationMs,
  cases: report.cases,
  files: report.files,
  counts: report.counts,
  verdictsDigest: digestVerdicts(report.verdicts),
  notPassed: report.verdicts.flatMap(({ id, file, verdict }) => (verdict === 'PASS' ? [] : [{ id, file, verdict }])),
  unexpected: report.verdicts.filter(({ verdict }) => !isExpected(verdict)),
  notes: report.notes,
  ...(report.baseline === undefined ? {} : { baseline: report.baseline }),
});

const describeSide = ({ outcome, text }: SideOutcome): string => (text === undefined ? outcome : `${outcome}: ${text}`);

/** How the suites of cell and twin differ. */
export const summarizeTwin = (differences: readonly Difference[]): NonNullable<MatrixCell['twin']> => ({
  differences: differences.length,
  cases: differences.map(({ id, awslc, openssl }) => ({ id, cell: describeSide(awslc), twin: describeSide(openssl) })),
});
