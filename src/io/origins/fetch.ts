import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive, Origin } from '../../model/catalogue.ts';
import type { OriginAttempt } from '../../model/failure.ts';
import { fail, ok, unreachable as unreachableCase, type Result } from '../../model/result.ts';
import { dropIdlePart } from '../download-part.ts';
import { errorCode, ioFailure } from '../failure.ts';
import { isAborted } from '../process.ts';
import { hashFile } from '../tree.ts';
import { describeOrigin, unreachable, type FetchedFile, type OriginContext, type OriginProblem } from './context.ts';
import { fetchFromCrate } from './crate.ts';
import { fetchFromDebian } from './debian.ts';
import { fetchFromHttps } from './https.ts';
import { fetchFromPath } from './path.ts';

export interface FetchedArchive {
  /** `<downloadsDir>/<sha256>` */
  readonly path: string;
  /** The origin that gave the bytes; nothing when they lay here already. */
  readonly origin: string | undefined;
  /** Origins before it that gave nothing, and why. */
  readonly originsTried: readonly OriginAttempt[];
  readonly sizeBytes: number;
}

const fetchFrom = (
  origin: Origin,
  archive: Archive,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  switch (origin.kind) {
    case 'https':
      return fetchFromHttps(origin, archive, context);
    case 'debian':
      return fetchFromDebian(origin, archive, context);
    case 'crate':
      return fetchFromCrate(origin, archive, context);
    case 'path':
      return fetchFromPath(origin, archive, context);
    case 'git':
      // A packer's bytes differ between versions of git and gzip: a commit has no archive digest to hold it to.
      return Promise.resolve(fail(unreachable('a Git commit gives a tree, not an archive with this digest')));
    default:
      return unreachableCase(origin);
  }
};

/** A download that is here already, checked; a damaged one is removed and said. */
const findDownloaded = async (archive: Archive, context: OriginContext): Promise<FetchedFile | undefined> => {
  const path = join(context.downloadsDir, archive.sha256);
  try {
    const { size: sizeBytes } = await stat(path);
    if ((await hashFile(path)) === archive.sha256) return { path, sizeBytes };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) !== 'EISDIR') throw error;
  }
  context.progress?.(`${archive.file} was damaged in the store; it is removed and fetched again`);
  await rm(path, { recursive: true, force: true });
  return undefined;
};

/**
 * Makes sure that an archive lies in the downloads directory with the right digest. Its origins are tried in order:
 * one that cannot be reached gives way to the next at once and is recorded; wrong bytes stop everything.
 * Failures: `offline`, `origins-exhausted`, `digest-mismatch`, `disk-full`, `io-failed`, `interrupted`.
 */
export const fetchArchive = async (archive: Archive, context: OriginContext): Promise<Result<FetchedArchive>> => {
  try {
    await mkdir(context.downloadsDir, { recursive: true });
    const downloaded = await findDownloaded(archive, context);
    if (downloaded !== undefined) return ok({ ...downloaded, origin: undefined, originsTried: [] });
    // Its bytes are held to the same digest: that they are wrong is the cache's fault, which it says, and no origin's.
    const cached = context.offline ? undefined : await context.askCache?.(archive, context.downloadsDir);
    if (cached?.ok === false) return cached;
    if (cached?.value !== undefined) {
      await dropIdlePart(context.downloadsDir, archive.sha256);
      const { file, sizeBytes } = archive;
      return ok({ path: cached.value, sizeBytes, origin: `cache ${file}`, originsTried: [] });
    }
    const origins = context.offline ? archive.origins.filter(({ kind }) => kind === 'path') : archive.origins;
    const attempts: OriginAttempt[] = [];
    for (const origin of origins) {
      if (isAborted(context.signal)) return fail({ code: 'interrupted', signal: String(context.signal?.reason) });
      const name = describeOrigin(origin, archive);
      context.progress?.(`${archive.file}: asking ${name}`);
      const fetched = await fetchFrom(origin, archive, context);
      if (fetched.ok) {
        await dropIdlePart(context.downloadsDir, archive.sha256);
        return ok({ ...fetched.value, origin: name, originsTried: attempts });
      }
      if (fetched.error.kind === 'stop') return fail(fetched.error.failure);
      context.progress?.(`${name}: ${fetched.error.reason}`);
      attempts.push({ origin: name, reason: fetched.error.reason });
    }
    if (context.offline) {
      return fail({
        code: 'offline',
        subject: archive.file,
        next: 'Run `cpython-awslc fetch` once with a network; later runs need none.',
      });
    }
    return fail({
      code: 'origins-exhausted',
      subject: archive.file,
      attempts,
      next: 'Check the network and its proxy settings, name a mirror with --mirror FROM=TO, or run `cpython-awslc doctor`.',
    });
  } catch (error) {
    return fail(ioFailure(error, context.downloadsDir, 'fetch into'));
  }
};
