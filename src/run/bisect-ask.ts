import { join } from 'node:path';
import type { BisectProbe, BisectQuestion, BisectState } from '../model/bisect.ts';
import type { Failure } from '../model/failure.ts';
import { canonicalJson } from '../model/json.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { describeObstacle } from '../report/bisect.ts';
import { weighFailures } from '../verdict/bisect.ts';
import { readAnswer } from './bisect-answer.ts';
import { keepAsked } from './bisect-state.ts';
import { readRun } from './past-runs.ts';
import type { Prepared } from './prepare.ts';
import { loadRun, type Session } from './session.ts';
import type { Store } from './store.ts';

/** A version or commit that can be asked. */
export interface Candidate {
  /** A version, or a commit's whole id. */
  readonly id: string;
  readonly title?: string;
  /** As `--awslc` takes it. */
  readonly asked: string;
}

/** What asking a candidate came to, before it is compared with the first end's answer. */
export type Asked = Omit<BisectProbe, 'standing'>;

export interface AskInput {
  readonly question: BisectQuestion;
  readonly candidate: Candidate;
  readonly prepared: Prepared;
  readonly store: Store;
  /** What was asked before; what is found is added to it. */
  readonly state: BisectState;
  /** Runs the plan up to where the question is answered. Failures: a missing tool or package. */
  readonly run: () => Promise<Result<Session, readonly Failure[]>>;
}

type Told = Pick<Asked, 'answer' | 'run' | 'skipped' | 'recorded'>;

const tell = ({ id, title }: Candidate, told: Told): Asked => ({
  candidate: id,
  ...(title === undefined ? {} : { title }),
  ...told,
});

/** Says that a candidate cannot be asked, and why. */
export const skipCandidate = (
  candidate: Candidate,
  failures: readonly Failure[],
  run?: BisectProbe['run'],
  recorded = false,
): Asked =>
  tell(candidate, {
    skipped: failures.map(describeObstacle).join('; '),
    ...(run === undefined ? {} : { run }),
    recorded,
  });

/** Results hold as long as the plan and the machine are those that they came from. */
const isOfPlan = (run: RunRecord, { plan, host }: Prepared): boolean =>
  canonicalJson([run.plan, run.machine]) === canonicalJson([plan, host.machine]);

/** What an earlier run of the same plan answered; nothing when none did. */
const recallAnswer = async (input: AskInput): Promise<Result<Asked | undefined>> => {
  const { question, candidate, prepared, store, state } = input;
  const known = state.asked.find((one) => one.candidate === candidate.id);
  const run = known === undefined ? undefined : await readRun(store, known.run);
  if (known === undefined || run?.ok !== true || !isOfPlan(run.value, prepared)) return ok(undefined);
  const named = { id: known.run, file: join(store.runs, known.run, 'run.json') };
  if (known.skipped !== undefined) return ok(tell(candidate, { skipped: known.skipped, run: named, recorded: true }));
  const answer = await readAnswer(question, run.value, named.file);
  if (!answer.ok) return answer;
  return ok(answer.value && tell(candidate, { answer: answer.value, run: named, recorded: true }));
};

const askNow = async (input: AskInput): Promise<Result<Asked, readonly Failure[]>> => {
  const { question, candidate, store } = input;
  const ran = await input.run();
  if (!ran.ok) return ran;
  const session = ran.value;
  const isBuilt = session.cells.some(({ prefix }) => prefix !== undefined);
  const weight = weighFailures(question, session.failures, isBuilt);
  if (weight === 'stop' || session.run === undefined) return fail(session.failures);
  const { run, isRecorded } = session;
  if (weight === 'skip') return ok(skipCandidate(candidate, session.failures, run, isRecorded));
  const record = await loadRun(run.file, store, '/');
  if (!record.ok) return fail([record.error]);
  const answer = await readAnswer(question, record.value, run.file);
  if (!answer.ok) return fail([answer.error]);
  if (answer.value !== undefined) return ok(tell(candidate, { answer: answer.value, run, recorded: isRecorded }));
  // A proof that no file is left of, say: there is no answer, and the failures say why.
  return session.failures.length > 0
    ? ok(skipCandidate(candidate, session.failures, run, isRecorded))
    : fail([{ code: 'bug', message: `run ${run.id} has no answer, and no failure says why` }]);
};

/**
 * Asks a candidate, or takes what an earlier run of the same plan answered; and keeps which run it was. Failures: what is
 * not the candidate's doing (`weighFailures`), `record-invalid`, `io-failed`.
 */
export const askCandidate = async (input: AskInput): Promise<Result<Asked, readonly Failure[]>> => {
  const known = await recallAnswer(input);
  if (!known.ok) return fail([known.error]);
  if (known.value !== undefined) return ok(known.value);
  const asked = await askNow(input);
  if (!asked.ok || asked.value.run === undefined) return asked;
  const { candidate, run, skipped } = asked.value;
  const kept = await keepAsked(input.store, input.state, {
    candidate,
    run: run.id,
    ...(skipped === undefined ? {} : { skipped }),
  });
  return kept.ok ? asked : fail([kept.error]);
};
