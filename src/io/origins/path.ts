import { chmod, copyFile, lstat, lutimes, mkdir, readdir, readlink, symlink, utimes } from 'node:fs/promises';
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Archive, Origin } from '../../model/catalogue.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { errorCode, ioFailure } from '../failure.ts';
import { isAborted } from '../process.ts';
import { describeOrigin, unreachable, type FetchedFile, type OriginContext, type OriginProblem } from './context.ts';
import { takeFile } from './take.ts';

/** Takes an archive that lies on this machine; its digest must be right like any other origin's. */
export const fetchFromPath = async (
  origin: Extract<Origin, { kind: 'path' }>,
  archive: Archive,
  context: OriginContext,
): Promise<Result<FetchedFile, OriginProblem>> => {
  try {
    if (!(await lstat(origin.path)).isFile()) return fail(unreachable('it is no file'));
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return fail(unreachable(code === 'ENOENT' ? 'nothing is there' : `it cannot be read (${code})`));
  }
  return takeFile(origin.path, describeOrigin(origin, archive), archive, context);
};

/** A file that CMake writes into a build directory: what a developer has built beside the sources is none of them. */
export const buildMark = 'CMakeCache.txt';

/**
 * Copies a developer's working tree to `into` (absent or empty): everything but `.git` and CMake's build directories, with links as they are, times
 * kept and modes 0644 or 0755, so that equal content gives equal trees whoever checked it out.
 * Failures: `io-failed` (nothing there, or a socket, pipe or device in it), `disk-full`, `interrupted`.
 */
export const copySourceTree = async (from: string, into: string, signal?: AbortSignal): Promise<Result<void>> => {
  const odd = (path: string, reason: string): Result<void> =>
    fail({ code: 'io-failed', path, operation: 'copy the source tree', reason });
  const copyDirectory = async (source: string, target: string): Promise<Result<void>> => {
    const { mtimeMs: directoryTimeMs } = await lstat(source);
    const names = await readdir(source);
    if (source !== from && names.includes(buildMark)) return ok(undefined);
    await mkdir(target, { recursive: true });
    for (const name of names) {
      if (isAborted(signal)) return fail({ code: 'interrupted', signal: String(signal?.reason) });
      // A directory in a clone, a file in a worktree or submodule.
      if (name === '.git') continue;
      const [path, copy] = [join(source, name), join(target, name)];
      const stat = await lstat(path);
      if (stat.isDirectory()) {
        const copied = await copyDirectory(path, copy);
        if (!copied.ok) return copied;
      } else if (stat.isSymbolicLink()) {
        await symlink(await readlink(path), copy);
        await lutimes(copy, stat.mtimeMs / 1000, stat.mtimeMs / 1000);
      } else if (stat.isFile()) {
        await copyFile(path, copy, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
        await chmod(copy, (stat.mode & 0o111) === 0 ? 0o644 : 0o755);
        await utimes(copy, stat.mtimeMs / 1000, stat.mtimeMs / 1000);
      } else return odd(path, 'it is neither a file, a directory nor a symbolic link');
    }
    await chmod(target, 0o755);
    await utimes(target, directoryTimeMs / 1000, directoryTimeMs / 1000);
    return ok(undefined);
  };
  try {
    if (!(await lstat(from)).isDirectory()) return odd(from, 'it is no directory');
    return await copyDirectory(from, into);
  } catch (error) {
    return fail(ioFailure(error, from, 'copy the source tree'));
  }
};
