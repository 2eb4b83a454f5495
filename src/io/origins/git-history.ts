import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Failure } from '../../model/failure.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { ioFailure } from '../failure.ts';
import { askProgram, withEmptyDirectory, type Asked } from './ask.ts';
import type { OriginContext } from './context.ts';
import { checkSource, isCommit, nameOf, toFailure, type GitSource } from './git.ts';

/** Two ends of a repository's history. */
export interface GitRange {
  /** A URL, or an absolute path on this machine. May hold credentials: it is never said or recorded. */
  readonly repository: string;
  /** Branches, tags or commits. */
  readonly first: string;
  readonly last: string;
}

/** A commit: its whole id, and its message's first line. */
export interface Commit {
  readonly id: string;
  readonly title: string;
}

type Git = (...args: readonly string[]) => Promise<Asked>;

/** Everything that a repository's branches and tags lead to, commits only where the server can leave the rest out. */
const fetchHistory = async (source: GitSource, ends: readonly string[], git: Git): Promise<Result<void>> => {
  const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
  // Under a name: a path cannot be where objects that were left out may come from.
  const named = await git('config', 'remote.origin.url', source.repository);
  if (!named.ok) return fail(toFailure(source, named.error));
  const fetched = await git('fetch', '--quiet', '--filter=tree:0', '--', 'origin', ...refspecs);
  if (!fetched.ok) return fail(toFailure(source, fetched.error));
  for (const ref of ends.filter(isCommit)) {
    if ((await git('cat-file', '-e', `${ref}^{commit}`)).ok) continue;
    // On no branch: a commit of a pull request. Whoever does not have it is told so when it is looked for.
    await git('fetch', '--quiet', '--filter=tree:0', '--', 'origin', ref);
  }
  return ok(undefined);
};

const resolveCommit = async (source: GitSource, git: Git): Promise<Result<string>> => {
  const found = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${source.ref}^{commit}`);
  if (found.ok) return ok(found.value.stdout.trim());
  return fail({
    code: 'origins-exhausted',
    subject: nameOf(source),
    attempts: [{ origin: nameOf(source), reason: `it has no branch, tag or commit ${source.ref}` }],
    next: 'Check the repository and the ref with `git ls-remote`.',
  });
};

const parseCommits = (text: string): readonly Commit[] =>
  text.split('\n').flatMap((line) => {
    const [, id, title] = /^([0-9a-f]{40,64})\t(.*)$/.exec(line) ?? [];
    return id === undefined || title === undefined ? [] : [{ id, title }];
  });

/** What is wrong with two ends, or nothing. */
const checkEnds = async (range: GitRange, first: string, last: string, git: Git): Promise<Failure | undefined> => {
  if (first === last) {
    return {
      code: 'usage',
      message: `${range.first} and ${range.last} are the same commit, ${first.slice(0, 12)}.`,
      next: 'bisect looks between two commits.',
    };
  }
  if ((await git('merge-base', '--is-ancestor', first, last)).ok) return undefined;
  const isReverse = (await git('merge-base', '--is-ancestor', last, first)).ok;
  return {
    code: 'usage',
    message: `${range.last} does not come from ${range.first}.`,
    next: isReverse
      ? `It is the older one, which comes first: ${range.last}..${range.first}.`
      : 'Begin with a commit that both have in their history: `git merge-base` finds it.',
  };
};

const readHistory = async (range: GitRange, git: Git): Promise<Result<readonly Commit[]>> => {
  const { repository } = range;
  const sources = [range.first, range.last].map((ref): GitSource => ({ repository, ref }));
  const [source = { repository, ref: range.first }] = sources;
  const fetched = await fetchHistory(source, [range.first, range.last], git);
  if (!fetched.ok) return fetched;
  const ids: string[] = [];
  for (const end of sources) {
    const id = await resolveCommit(end, git);
    if (!id.ok) return id;
    ids.push(id.value);
  }
  const [first = '', last = ''] = ids;
  const wrong = await checkEnds(range, first, last, git);
  if (wrong !== undefined) return fail(wrong);
  const format = '--format=tformat:%H%x09%s';
  const begin = await git('rev-list', '--no-walk', format, first);
  const rest = await git('rev-list', '--first-parent', '--reverse', format, `${first}..${last}`);
  for (const listed of [begin, rest]) if (!listed.ok) return fail(toFailure(source, listed.error));
  return ok([begin, rest].flatMap((listed) => (listed.ok ? parseCommits(listed.value.stdout) : [])));
};

/**
 * Lists the commits from one to another, both included, oldest first. Along first parents: what came by a merge counts as
 * the merge. No tree is fetched where the server can leave it out. Failures: `usage` (no refs, the same commit, one that
 * does not come from the other), `offline`, `origins-exhausted`, `interrupted`, `io-failed`.
 */
export const listCommits = async (range: GitRange, context: OriginContext): Promise<Result<readonly Commit[]>> => {
  for (const ref of [range.first, range.last]) {
    const invalid = checkSource({ repository: range.repository, ref }, context);
    if (invalid !== undefined) return fail(invalid);
  }
  const title = nameOf({ repository: range.repository, ref: `${range.first}..${range.last}` });
  try {
    return await withEmptyDirectory(undefined, async (directory) => {
      const repository = join(directory, 'repository');
      const ask = (...args: readonly string[]): Promise<Asked> =>
        askProgram([context.programs?.git ?? 'git', ...args], `list ${title}`, directory, context);
      const started = await ask('init', '--quiet', '--bare', '--template=', '--', repository);
      if (!started.ok) return fail(toFailure({ repository: range.repository, ref: range.first }, started.error));
      return readHistory(range, (...args) => ask('--git-dir', repository, ...args));
    });
  } catch (error) {
    return fail(ioFailure(error, tmpdir(), 'make a scratch directory in'));
  }
};
