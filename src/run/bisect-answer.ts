import { dirname, join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { BisectAnswer, BisectQuestion } from '../model/bisect.ts';
import { exitCodeOf, worstExitCode, type Failure } from '../model/failure.ts';
import type { PlannedCell } from '../model/plan.ts';
import { isAsExpected, proofSchema, type Proof } from '../model/proof.ts';
import type { CellRun, RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { isExpected } from '../model/verdict.ts';
import { answerCapability, answerCases } from '../verdict/bisect.ts';
import { judge, type JudgeInput } from '../verdict/judge.ts';
import { verdictFailure } from '../verdict/summary.ts';
import { loadExpected } from './expected.ts';

/** How many claims and verdicts an answer names. */
const firstCount = 10;

/** The proof of a cell: the run's, or the one that failed and was kept beside the log of its step. */
const findProof = async (planned: PlannedCell, cell: CellRun, file: string): Promise<Proof | undefined> => {
  if (cell.proof !== undefined) return cell.proof;
  const kept = join(dirname(file), 'logs', `${planned.steps['prove-cell'] ?? ''}.log.proof.json`);
  const read = await readJson(proofSchema, kept);
  return read.ok ? read.value : undefined;
};

/** What the suites are judged by now; nothing where they did not run. Failures: `file-invalid`, `io-failed`. */
const prepareJudge = async (
  run: RunRecord,
  planned: PlannedCell,
  cell: CellRun,
): Promise<Result<JudgeInput | undefined>> => {
  if (cell.suites === undefined) return ok(undefined);
  const expected = await loadExpected(planned, run.plan.test.preset);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  return ok({
    ...(manifest === undefined ? {} : { manifest }),
    ...(roster === undefined ? {} : { roster }),
    runs: cell.suites.runs,
    facts: { cell: planned.cell, capabilities: planned.capabilities, environment: cell.suites.environment },
    selection: run.plan.test,
  });
};

const answerExpected = (
  run: RunRecord,
  proof: Proof | undefined,
  input: JudgeInput | undefined,
): Result<BisectAnswer> => {
  const judgement = input === undefined ? undefined : judge(input);
  const failure: Failure | undefined = judgement === undefined ? undefined : verdictFailure(judgement, run.plan.test);
  // Nothing was judged: that is the selection's fault, and no answer.
  if (failure?.code === 'usage') return fail(failure);
  const exitCode = worstExitCode([run.exitCode, ...(failure === undefined ? [] : [exitCodeOf(failure)])]);
  const claims = (proof?.claims ?? []).filter((claim) => !isAsExpected(claim)).map(({ id }) => `claim ${id}`);
  const verdicts = (judgement?.verdicts ?? []).filter(({ verdict }) => !isExpected(verdict));
  return ok({
    to: 'expected',
    asExpected: exitCode === 0,
    exitCode,
    unexpected: [...claims, ...verdicts.map(({ id, verdict }) => `${verdict} ${id}`)].slice(0, firstCount),
  });
};

/**
 * Reads from a run's record what it answers: verdicts by what is expected now. Nothing when it did not come so far.
 * Failures: `file-invalid`, `io-failed`, `usage` (nothing that was selected exists).
 */
export const readAnswer = async (
  question: BisectQuestion,
  run: RunRecord,
  file: string,
): Promise<Result<BisectAnswer | undefined>> => {
  const [planned] = run.plan.cells;
  const cell = run.cells.find(({ id }) => id === planned?.id);
  if (planned === undefined || cell === undefined) return ok(undefined);
  switch (question.ask) {
    case 'capability':
      return ok(answerCapability(planned.capabilities, question.name));
    case 'claim': {
      const proof = await findProof(planned, cell, file);
      if (proof === undefined) return ok(undefined);
      const claim = proof.claims.find(({ id }) => id === question.name);
      const told = claim === undefined ? null : { holds: isAsExpected(claim) && claim.holds, found: claim.found };
      return ok({ to: 'claim', claim: told });
    }
    case 'case': {
      const input = await prepareJudge(run, planned, cell);
      if (!input.ok) return input;
      return ok(input.value === undefined ? undefined : answerCases(input.value, question.patterns));
    }
    case 'expected': {
      const input = await prepareJudge(run, planned, cell);
      return input.ok ? answerExpected(run, await findProof(planned, cell, file), input.value) : input;
    }
  }
};
