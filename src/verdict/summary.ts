import type { Failure } from '../model/failure.ts';
import type { KeptFacts } from '../model/kept.ts';
import type { PackageFacts } from '../model/packages.ts';
import type { TestSelection } from '../model/plan.ts';
import { isExpected, type Verdict, type VerdictReport } from '../model/verdict.ts';
import { compareWithBaseline, selectRegressions } from './baseline.ts';
import { countVerdicts } from './counts.ts';
import { judge, type JudgeInput, type Judgement } from './judge.ts';

/** How many unexpected cases a failure names. */
const firstCount = 10;

interface Unexpected {
  readonly id: string;
  readonly verdict: Verdict['verdict'];
  readonly reason?: string | undefined;
}

const makeFailure = (unexpected: readonly Unexpected[]): Failure | undefined => {
  if (unexpected.length === 0) return undefined;
  const counts = Object.entries(countVerdicts(unexpected)).filter(([, count]) => count > 0);
  return {
    code: 'verdicts-unexpected',
    counts: Object.fromEntries(counts),
    first: unexpected
      .slice(0, firstCount)
      .map(({ id, verdict, reason }) => `${verdict} ${id}${reason === undefined ? '' : `: ${reason}`}`),
  };
};

const nothingJudged: Failure = {
  code: 'usage',
  message: 'No case was judged: nothing that was selected exists.',
  next: '--tests takes names of files (test_ssl), --match ids of cases or patterns (test.test_ssl.ThreadedTests.*).',
};

/** Whether `--match` found no case: a file that skips itself as a whole does so whatever the pattern is. */
const isNothingMatched = (verdicts: readonly Verdict[], match: readonly string[]): boolean =>
  match.length > 0 &&
  verdicts.every(({ id, file, verdict }) => id === file && (verdict === 'SKIP' || verdict === 'XSKIP'));

/**
 * Why a judgement ends the run: `verdicts-unexpected` (exit 3), `usage` (exit 2) when the selection left nothing to judge,
 * undefined when all is as expected.
 */
export const verdictFailure = (
  judgement: Pick<Judgement, 'verdicts'>,
  selection: Pick<TestSelection, 'match'>,
): Failure | undefined => {
  if (judgement.verdicts.length === 0 || isNothingMatched(judgement.verdicts, selection.match)) return nothingJudged;
  return makeFailure(judgement.verdicts.filter(({ verdict }) => !isExpected(verdict)));
};

/** Why a report ends the run: like `verdictFailure`, but with a baseline only what changed for the worse counts. */
export const reportFailure = (report: VerdictReport): Failure | undefined => {
  const failure = verdictFailure(report, report.selection);
  if (report.baseline === undefined || failure?.code === 'usage') return failure;
  return makeFailure(
    selectRegressions(report.baseline.comparison).map(({ id, to, reason }) => ({ id, verdict: to, reason })),
  );
};

/** What a report says beside the verdicts. */
export interface ReportFacts {
  readonly selection: TestSelection;
  /** ISO 8601: when the suites ran. */
  readonly ranAt?: string;
  /** True when they ran in an earlier run, and not again in this one. */
  readonly recorded: boolean;
  readonly durationMs: number;
  /** How AWS-LC was compiled, when that was in a build tree which is kept for a checkout. */
  readonly kept?: KeptFacts;
  /** Of package checks: whose crypto each package runs on. */
  readonly packages?: PackageFacts;
  /** What else to know: what the twin was asked. */
  readonly notes?: readonly string[];
  /** An earlier run's id, and its results judged by today's manifest. */
  readonly baseline?: { readonly run: string; readonly verdicts: readonly Verdict[] };
}

/** Judges, and makes the document that every report is drawn from. */
export const makeVerdictReport = (input: Omit<JudgeInput, 'selection'>, facts: ReportFacts): VerdictReport => {
  const judgement = judge({ ...input, selection: facts.selection });
  const { baseline } = facts;
  return {
    version: 1,
    kind: 'verdicts',
    asExpected: verdictFailure(judgement, facts.selection) === undefined,
    cell: input.facts.cell,
    environment: input.facts.environment,
    selection: facts.selection,
    manifest: input.manifest?.series ?? null,
    roster: input.roster?.python ?? null,
    ...(facts.ranAt === undefined ? {} : { ranAt: facts.ranAt }),
    recorded: facts.recorded,
    durationMs: facts.durationMs,
    ...(facts.kept === undefined ? {} : { kept: facts.kept }),
    ...(facts.packages === undefined ? {} : { packages: facts.packages }),
    cases: judgement.cases,
    files: judgement.files,
    counts: { ...judgement.counts },
    verdicts: [...judgement.verdicts],
    entries: [...judgement.entries],
    notes: [...judgement.notes, ...(facts.notes ?? [])],
    ...(baseline === undefined
      ? {}
      : { baseline: { run: baseline.run, comparison: compareWithBaseline(judgement.verdicts, baseline.verdicts) } }),
  };
};
