import { resolve } from 'node:path';
import { listCommits } from '../io/origins/git-history.ts';
import type { BisectQuestion } from '../model/bisect.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { chooseRange, type AskedRange } from '../recipe/range.ts';
import { stripControls } from '../report/text.ts';
import type { Candidate } from '../run/bisect-ask.ts';
import { loadCatalogue } from '../run/data.ts';
import type { Store } from '../run/store.ts';
import { narrowTests } from './bisect-question.ts';
import type { CommandContext } from './context.ts';
import { findForeign } from './find-foreign.ts';
import { openSelection, type Opened } from './open.ts';
import { parseMirrors, type SelectionOptions } from './selection.ts';

/** The versions or commits of a range, oldest first, and the lines of AWS-LC that versions are of. */
export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly lines: readonly string[];
}

/** Finds what lies between two ends. Failures: `unknown-version`, `usage`, `file-invalid`, those of reading a repository. */
export const listCandidates = async (
  asked: AskedRange,
  options: SelectionOptions,
  store: Store,
  context: CommandContext,
): Promise<Result<Candidates, readonly Failure[]>> => {
  const { repository } = asked;
  if (repository === undefined) {
    const directory = options.catalogue === undefined ? undefined : resolve(context.cwd, options.catalogue);
    const catalogue = await loadCatalogue(directory);
    if (!catalogue.ok) return fail([catalogue.error]);
    const range = chooseRange(asked, catalogue.value.awslc.entries);
    if (!range.ok) return range;
    const { entries, lines } = range.value;
    return ok({ candidates: entries.map(({ version }) => ({ id: version, asked: version })), lines });
  }
  const mirrors = parseMirrors(options.mirror);
  if (!mirrors.ok) return mirrors;
  const commits = await listCommits(
    { ...asked, repository },
    {
      downloadsDir: store.downloads,
      offline: options.offline === true,
      mirrors: mirrors.value,
      callerEnvironment: context.env,
      signal: context.signal,
    },
  );
  if (!commits.ok) return fail([commits.error]);
  const candidates = commits.value.map(({ id, title }): Candidate => ({
    id,
    title: stripControls(title),
    asked: `git:${repository}#${id}`,
  }));
  return ok({ candidates, lines: [] });
};

const severalCells: Failure = {
  code: 'usage',
  message: 'bisect asks one cell of each version; this selection has several.',
  next: 'Narrow the axes: one --python, one --target.',
};

/** Makes plans of candidates, each once. Failures: those of `openSelection`; `usage` where a selection is several cells. */
export const makeOpener = (
  options: SelectionOptions,
  question: BisectQuestion,
  context: CommandContext,
): ((candidate: Candidate) => Promise<Result<Opened, readonly Failure[]>>) => {
  const known = new Map<string, Result<Opened, readonly Failure[]>>();
  const open = async ({ asked }: Candidate): Promise<Result<Opened, readonly Failure[]>> => {
    const opened = await openSelection({ ...options, ...narrowTests(question, options), awslc: [asked] }, context);
    if (!opened.ok) return opened;
    const { prepared } = opened.value;
    if (prepared.plan.cells.length > 1) return fail([severalCells]);
    const foreign = findForeign(prepared, options.emulate === true || question.ask === 'capability');
    return foreign === undefined ? opened : fail([foreign]);
  };
  return async (candidate) => {
    const opened = known.get(candidate.id) ?? (await open(candidate));
    known.set(candidate.id, opened);
    return opened;
  };
};
