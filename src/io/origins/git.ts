import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Failure } from '../../model/failure.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { extractArchive } from '../archive.ts';
import { ioFailure } from '../failure.ts';
import { askProgram, isCommandFailure, withEmptyDirectory, type Asked } from './ask.ts';
import type { OriginContext, OriginProblem } from './context.ts';
import { makeOriginEnvironment } from './environment.ts';

export interface GitSource {
  /** A URL, or an absolute path on this machine. May hold credentials: it is never said or recorded. */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly ref: string;
}

/** Whether a ref may be the id of a commit, whole or cut short. */
export const isCommit = (ref: string): boolean => /^[0-9a-f]{7,40}$/.test(ref);

/** A ref that git cannot take for an option, a refspec or a pattern. */
export const isPlainRef = (ref: string): boolean => /^[A-Za-z0-9_][\w./+@-]*$/.test(ref) && !ref.includes('..');

/** A source in messages, without its address: `git aws-lc main`. */
export const nameOf = (source: GitSource): string =>
  `git ${source.repository.replace(/\/+$/, '').replace(/^.*[/:]/, '')} ${source.ref}`;

const isLocal = (repository: string): boolean => isAbsolute(repository) || repository.startsWith('file://');

/** What git could not do, without the address. Failures: `origins-exhausted`, and what nothing else can mend. */
export const toFailure = (
  source: GitSource,
  problem: OriginProblem | Extract<Failure, { code: 'command-failed' }>,
): Failure => {
  const exhausted = (reason: string): Failure => ({
    code: 'origins-exhausted',
    subject: nameOf(source),
    attempts: [{ origin: nameOf(source), reason }],
    next: 'Check the repository and the ref with `git ls-remote`.',
  });
  if (!isCommandFailure(problem)) return problem.kind === 'stop' ? problem.failure : exhausted(problem.reason);
  // Git's last words, without the address (and the credentials) that they may name.
  const said =
    [...problem.lastLines].reverse().find((line) => /^(?:fatal|error):/.test(line)) ?? `git failed (${problem.exit})`;
  const host = /^[a-z+]+:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]+)|^(?:[^/@]*@)?([^/:]+):/.exec(source.repository);
  return exhausted(
    [source.repository, host?.[1] ?? host?.[2] ?? '']
      .filter((text) => text !== '')
      .reduce(
        (text, secret) => text.replaceAll(secret, 'the repository'),
        said.replace(/[a-z+]+:\/\/[^\s']+/g, 'the repository'),
      ),
  );
};

/** What is wrong with a source before git is asked. Failures: `usage`, `offline`. */
export const checkSource = (source: GitSource, context: OriginContext): Failure | undefined => {
  if (source.repository === '' || source.repository.startsWith('-') || !isPlainRef(source.ref)) {
    return { code: 'usage', message: `git:${nameOf(source).slice(4)} is not a repository and a branch, tag or commit` };
  }
  if (context.offline && !isLocal(source.repository)) {
    return { code: 'offline', subject: nameOf(source), next: 'Run once without --offline, or give a path:DIR.' };
  }
  return undefined;
};

/**
 * Places the tree of a Git commit at `into` (absent or empty) and says which commit the ref stood for. The history is
 * not fetched where the server allows it. The tree is the commit's own: no `.git`, no line ending or filter of the
 * caller's configuration, every file although `export-ignore` may name it, the commit's time on all; the same rules
 * as for archives hold. Submodules are not fetched: neither AWS-LC nor CPython has any that a build needs.
 * Failures: `usage` (not a ref), `offline`, `origins-exhausted`, `tool-missing`, those of `extractArchive`.
 */
export const fetchFromGit = async (
  source: GitSource,
  into: string,
  context: OriginContext,
): Promise<Result<{ readonly commit: string }>> => {
  const invalid = checkSource(source, context);
  if (invalid !== undefined) return fail(invalid);
  try {
    await mkdir(dirname(into), { recursive: true });
    return await withEmptyDirectory(dirname(into), async (directory) => {
      const repository = join(directory, 'repository');
      const git = (...args: readonly string[]): Promise<Asked> =>
        askProgram([context.programs?.git ?? 'git', ...args], `get ${nameOf(source)}`, directory, context);
      const inside = (...args: readonly string[]): Promise<Asked> => git('--git-dir', repository, ...args);
      const started = await git('init', '--quiet', '--bare', '--template=', '--', repository);
      if (!started.ok) return fail(toFailure(source, started.error));
      context.progress?.(`${nameOf(source)}: fetching`);
      let wanted = 'FETCH_HEAD';
      const shallow = await inside('fetch', '--quiet', '--depth=1', '--no-tags', '--', source.repository, source.ref);
      if (!shallow.ok) {
        // A short commit id, or a server that gives no single commits: everything, then.
        const refspecs = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
        const whole =
          isCommandFailure(shallow.error) && isCommit(source.ref)
            ? await inside('fetch', '--quiet', '--', source.repository, ...refspecs)
            : shallow;
        if (!whole.ok) return fail(toFailure(source, whole.error));
        wanted = source.ref;
      }
      const commit = await inside('rev-parse', '--verify', '--quiet', '--end-of-options', `${wanted}^{commit}`);
      if (!commit.ok) return fail(toFailure(source, commit.error));
      const id = commit.value.stdout.trim();
      // Above the repository's own .gitattributes: nothing is left out or expanded.
      await mkdir(join(repository, 'info'), { recursive: true });
      await writeFile(
        join(repository, 'info', 'attributes'),
        '* -export-ignore -export-subst -text -ident -filter -working-tree-encoding\n',
      );
      const archive = join(directory, 'tree.tar');
      const packed = await inside('archive', '--format=tar', '--prefix=tree/', `--output=${archive}`, id);
      if (!packed.ok) return fail(toFailure(source, packed.error));
      const unpacked = await extractArchive({
        archive,
        format: 'tar',
        root: 'tree',
        into,
        subject: nameOf(source),
        environment: makeOriginEnvironment(context.callerEnvironment),
        ...(context.signal === undefined ? {} : { signal: context.signal }),
      });
      return unpacked.ok ? ok({ commit: id }) : unpacked;
    });
  } catch (error) {
    return fail(ioFailure(error, into, 'place the tree'));
  }
};
