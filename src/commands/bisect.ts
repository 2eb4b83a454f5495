import { resolve } from 'node:path';
import type { BisectQuestion, BisectState } from '../model/bisect.ts';
import { digestValue } from '../model/digest.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { parseAskedRange, type AskedRange } from '../recipe/range.ts';
import { describeAnswer, formatBisect } from '../report/bisect.ts';
import { askCandidate, skipCandidate, type Asked, type Candidate } from '../run/bisect-ask.ts';
import { beginBisectState, loadBisectState } from '../run/bisect-state.ts';
import { searchChange } from '../run/bisect.ts';
import { openStore, type Store } from '../run/store.ts';
import { weighFailures } from '../verdict/bisect.ts';
import { listCandidates, makeOpener, type Candidates } from './bisect-candidates.ts';
import { parseQuestion, settleQuestion, stageOf, type QuestionOptions } from './bisect-question.ts';
import { makeDocument, tellNews, tellRange } from './bisect-report.ts';
import type { CommandContext } from './context.ts';
import type { Opened } from './open.ts';
import { runOpened } from './run-opened.ts';
import { parseSelection, type SelectionOptions } from './selection.ts';
import { locateStore } from './settings.ts';

/** Options of `bisect`. */
export interface BisectOptions extends SelectionOptions, QuestionOptions {
  readonly restart?: boolean;
  readonly json?: boolean;
}

type Open = (candidate: Candidate) => Promise<Result<Opened, readonly Failure[]>>;

/** A search that can begin: a question that the ends know, and a name that is another for every other search. */
interface Prepared {
  readonly question: BisectQuestion;
  readonly name: string;
  readonly asked: AskedRange;
  readonly range: Candidates;
  readonly python: string;
  readonly store: Store;
  readonly open: Open;
}

/** What tells one search from another: question, range, and all of the selection that a plan comes from. */
const nameSearch = (
  question: BisectQuestion,
  { awslc, ...others }: BisectOptions,
  context: CommandContext,
): Result<string, readonly Failure[]> => {
  const selection = parseSelection(others, context.cwd);
  if (!selection.ok) return selection;
  const catalogue = others.catalogue === undefined ? null : resolve(context.cwd, others.catalogue);
  return ok(digestValue({ question, range: awslc, selection: selection.value, catalogue }));
};

/** Reads what is asked, the range, and the plans of both ends, with nothing built. */
const prepareSearch = async (
  options: BisectOptions,
  context: CommandContext,
): Promise<Result<Prepared, readonly Failure[]>> => {
  const parsed = parseQuestion(options);
  const asked = parseAskedRange(options.awslc);
  if (!parsed.ok || !asked.ok) return fail([parsed, asked].flatMap((result) => (result.ok ? [] : [result.error])));
  const name = nameSearch(parsed.value, options, context);
  if (!name.ok) return name;
  const store = await openStore(locateStore(options.store, context));
  if (!store.ok) return fail([store.error]);
  const range = await listCandidates(asked.value, options, store.value, context);
  if (!range.ok) return range;
  const { candidates } = range.value;
  const open = makeOpener(options, parsed.value, context);
  const ends: Opened['prepared'][] = [];
  for (const end of [...candidates.slice(0, 1), ...candidates.slice(-1)]) {
    const opened = await open(end);
    if (!opened.ok) return opened;
    ends.push(opened.value.prepared);
  }
  const question = await settleQuestion(parsed.value, ends);
  if (!question.ok) return fail([question.error]);
  const python = ends[0]?.plan.cells[0]?.cell.python.version ?? '';
  return ok({
    question: question.value,
    name: name.value,
    asked: asked.value,
    range: range.value,
    python,
    store: store.value,
    open,
  });
};

/** Asks candidates: builds each as far as the question needs, or takes what an earlier run found. */
const makeAsker =
  (
    { question, store, open }: Prepared,
    state: BisectState,
    context: CommandContext,
  ): ((candidate: Candidate) => Promise<Result<Asked, readonly Failure[]>>) =>
  async (candidate) => {
    const opened = await open(candidate);
    if (!opened.ok) {
      const isSkipped = weighFailures(question, opened.error, false) === 'skip';
      return isSkipped ? ok(skipCandidate(candidate, opened.error)) : opened;
    }
    const { prepared } = opened.value;
    const run = (): ReturnType<typeof runOpened> =>
      runOpened(opened.value, stageOf[question.ask], false, context, { command: 'bisect' });
    return askCandidate({ question, candidate, prepared, store, state, run });
  };

/**
 * Names the first version or commit of AWS-LC that answers a question otherwise than the first end of a range. That it
 * differs is no failure. Failures: `usage`, `bisect-ends-agree`, `bisect-end-skipped`, `bisect-ambiguous`, and what is no
 * version's doing.
 */
export const runBisect = async (options: BisectOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const prepared = await prepareSearch(options, context);
  if (!prepared.ok) return prepared.error;
  const { question, name, asked, range, python, store } = prepared.value;
  tellRange(question, python, range, context);
  const notice = (text: string): void => {
    context.err(`${text}\n`);
  };
  const state =
    options.restart === true ? beginBisectState(name, question) : await loadBisectState(store, name, question, notice);
  const search = await searchChange({
    candidates: range.candidates,
    ask: makeAsker(prepared.value, state, context),
    describe: describeAnswer,
    news: tellNews(context),
  });
  const document = makeDocument(question, python, asked, range, search);
  if (options.json === true) context.out(prettyJson(document));
  else if (document.probes.length > 0) context.out(formatBisect(document, { color: context.terminal.color }));
  return search.failures;
};
