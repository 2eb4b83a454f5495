import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { GcLog } from './gc-log.ts';
import type { Store } from './store.ts';

/** A file that is being written is finished, or left behind, after this long, in milliseconds. */
const writingMs = 60 * 60_000;

/** Removes what was left behind while it was written, and with an age files that are older. Failures: `io-failed`. */
const dropOldFiles = async (
  directory: string,
  what: string,
  olderThanMs: number | undefined,
  log: GcLog,
): Promise<Result<void>> => {
  try {
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const { mtimeMs } = await stat(path);
      const limitMs = name.startsWith('.') ? writingMs : olderThanMs;
      if (limitMs === undefined || log.nowMs - mtimeMs <= limitMs) continue;
      const removed = await log.remove(path, `${what} of ${new Date(mtimeMs).toISOString().slice(0, 10)}`);
      if (!removed.ok) return removed;
    }
    return ok(undefined);
  } catch (error) {
    return fail(ioFailure(error, directory, 'clean'));
  }
};

/** Answers of configure. Failures: `io-failed`. */
export const dropOldAnswers = (store: Store, olderThanMs: number | undefined, log: GcLog): Promise<Result<void>> =>
  dropOldFiles(store.answers, 'answers of configure', olderThanMs, log);

/** What bisects have asked: without it the same command asks again what the store has no run of. Failures: `io-failed`. */
export const dropOldBisects = (store: Store, olderThanMs: number | undefined, log: GcLog): Promise<Result<void>> =>
  dropOldFiles(store.bisects, 'progress of a bisect', olderThanMs, log);

/** Matrices that were given to an engine, by when that was last done. Without one it cannot be followed or resumed. Failures: `io-failed`. */
export const dropOldMatrices = (store: Store, olderThanMs: number | undefined, log: GcLog): Promise<Result<void>> =>
  dropOldFiles(store.matrices, 'matrix on an engine', olderThanMs, log);
