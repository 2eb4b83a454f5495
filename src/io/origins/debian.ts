import { join } from 'node:path';
import type { Archive, Origin } from '../../model/catalogue.ts';
import { fail, type Result } from '../../model/result.ts';
import { askProgram, isCommandFailure, withEmptyDirectory } from './ask.ts';
import {
  describeOrigin,
  stop,
  unreachable,
  type FetchedFile,
  type OriginContext,
  type OriginProblem,
} from './context.ts';
import { takeFile } from './take.ts';

/** Repository addresses as apt lists them, in its order, each once. */
const listRepositories = async (context: OriginContext): Promise<Result<readonly string[], OriginProblem>> => {
  const asked = await askProgram(
    [context.programs?.aptGet ?? 'apt-get', 'indextargets', '--format', '$(REPO_URI)'],
    'ask apt for its repositories',
    '/',
    context,
  );
  if (!asked.ok) {
    return fail(isCommandFailure(asked.error) ? unreachable(`apt-get failed (${asked.error.exit})`) : asked.error);
  }
  const lines = asked.value.stdout.split('\n').filter((line) => line !== '');
  return { ok: true, value: [...new Set(lines)] };
};

/** What apt-helper's output says without the addresses in it. */
const readAptFailure = (lines: readonly string[]): string => {
  const text = lines.join('\n');
  const status = /^\s+(\d{3}) {2}/m.exec(text)?.[1];
  if (status !== undefined) return `HTTP ${status}`;
  if (text.includes('Temporary failure resolving') || text.includes('Could not resolve')) return 'host name not found';
  if (text.includes('Connection refused')) return 'connection refused';
  if (/timed? ?out/i.test(text)) return 'no answer in time';
  if (text.includes('Could not connect') || text.includes('Unable to connect')) return 'no connection';
  return 'apt-helper failed';
};

/**
 * Gets the archive from Debian's pool through the machine's own apt: its repositories, proxies and downloader. The
 * pool is asked at every repository that apt has lists of. No address gets into what is said or recorded.
 */
export const fetchFromDebian = async (
  origin: Extract<Origin, { kind: 'debian' }>,
  archive: Archive,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  const name = describeOrigin(origin, archive);
  const repositories = await listRepositories(context);
  if (!repositories.ok) return repositories;
  if (repositories.value.length === 0) return fail(unreachable('apt has no package lists: run apt-get update'));
  return withEmptyDirectory(context.downloadsDir, async (directory) => {
    const reasons = new Set<string>();
    for (const repository of repositories.value) {
      const file = join(directory, 'archive');
      context.progress?.(`${archive.file}: through apt`);
      const asked = await askProgram(
        [
          context.programs?.aptHelper ?? '/usr/lib/apt/apt-helper',
          // Other repositories and origins are a better bet than apt's three waits.
          '-o',
          'Acquire::Retries=0',
          'download-file',
          `${repository.replace(/\/*$/, '/')}${origin.path}`,
          file,
          `SHA256:${archive.sha256}`,
        ],
        `get ${archive.file} through apt`,
        directory,
        context,
      );
      if (asked.ok) return takeFile(file, name, archive, context);
      if (!isCommandFailure(asked.error)) return fail(asked.error);
      const { lastLines } = asked.error;
      const wrong = /Hashes of received file:\s+- SHA256:([0-9a-f]{64})/.exec(lastLines.join('\n'));
      if (wrong !== null) {
        const found = wrong[1] ?? '';
        return fail(
          stop({ code: 'digest-mismatch', subject: archive.file, origin: name, expected: archive.sha256, found }),
        );
      }
      reasons.add(readAptFailure(lastLines));
    }
    return fail(unreachable([...reasons].join(', ')));
  });
};
