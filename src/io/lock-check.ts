import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ok, type Result } from '../model/result.ts';
import { acquireLock } from './lock.ts';
import { ownerMark } from './owner.ts';

/**
 * Whether a lock that one process takes in a directory keeps another one out: tried with a file of our own. That it keeps
 * processes of other machines out is the file system's word. Failures: `tool-missing` (no flock), `io-failed` (none can be
 * taken), `interrupted`.
 */
export const checkLocks = async (directory: string, signal: AbortSignal): Promise<Result<boolean>> => {
  const path = join(directory, `check-${ownerMark}`);
  const first = await acquireLock({ path, owner: 'a check of locks', signal, onWait: () => undefined });
  if (!first.ok) return first;
  const giveUp = new AbortController();
  try {
    const second = await acquireLock({
      path,
      owner: 'a check of locks',
      signal: AbortSignal.any([signal, giveUp.signal]),
      onWait: () => {
        giveUp.abort('it is kept out');
      },
    });
    if (second.ok) await second.value.release();
    if (second.ok) return ok(false);
    return giveUp.signal.aborted ? ok(true) : second;
  } finally {
    await first.value.release();
    await rm(path, { force: true }).catch(() => undefined);
  }
};
