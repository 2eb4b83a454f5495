import { randomUUID } from 'node:crypto';
import { readdir, readFile, readlink, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { findOwner } from '../io/owner.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { GcLog } from './gc-log.ts';
import { listRunIds } from './past-runs.ts';
import type { Store } from './store.ts';

/** What a run on another machine may still be writing is taken for left behind after this long, in milliseconds. */
const foreignRunMs = 24 * 60 * 60_000;

/** Whether a run without a record still goes on; on another machine only its age tells. */
export const isRunGoingOn = async (runDir: string, log: GcLog): Promise<boolean> => {
  // It came to its end, but could not write its record.
  const hasEnded = await stat(join(runDir, 'ended')).then(
    () => true,
    () => false,
  );
  if (hasEnded) return false;
  const mark = (await readFile(join(runDir, 'owner'), 'utf8').catch(() => '')).trim();
  const owner = findOwner(mark);
  return owner === 'foreign' ? !(await log.isQuiet(runDir, foreignRunMs)) : owner !== 'gone';
};

/** A run that goes on, or nothing. */
export const findRunGoingOn = async (store: Store, log: GcLog): Promise<string | undefined> => {
  for (const id of await listRunIds(store)) {
    const isFinished = await stat(join(store.runs, id, 'run.json')).then(
      () => true,
      () => false,
    );
    if (!isFinished && (await isRunGoingOn(join(store.runs, id), log))) return id;
  }
  return undefined;
};

/** Programs that run from the store: a built Python that somebody has started. */
const listRunningPrograms = async (): Promise<readonly string[]> => {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')));
};

/** Renamed away first: whoever looks for it finds all of it or nothing. */
export const removeEntry = async (store: Store, path: string, what: string, log: GcLog): Promise<Result<void>> => {
  const away = join(store.tmp, `discarded-${randomUUID()}`);
  try {
    await rename(path, away);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? ok(undefined) : fail(ioFailure(error, path, 'take out of the store'));
  }
  return log.remove(away, what, path);
};

/** Removes finished steps, but for those that a program runs from. Failure: `io-failed`. */
export const dropSteps = async (
  store: Store,
  keys: readonly string[],
  describe: (key: string) => string,
  log: GcLog,
): Promise<Result<void>> => {
  const programs = await listRunningPrograms();
  for (const key of keys) {
    const path = join(store.steps, key);
    if (programs.some((program) => program.startsWith(`${path}/`))) {
      log.keep(path, 'a program runs from it');
      continue;
    }
    const removed = await removeEntry(store, path, describe(key), log);
    if (!removed.ok) return removed;
  }
  return ok(undefined);
};
