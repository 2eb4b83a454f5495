import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import { endStrays } from '../io/strays.ts';
import { compareCodeUnits } from '../model/json.ts';
import { keptBuildSchema } from '../model/kept.ts';
import { ok, type Result } from '../model/result.ts';
import type { GcLog } from './gc-log.ts';
import { tryLock } from './gc-scratch.ts';
import { lockOfKept, stateOfKept } from './kept.ts';
import type { Store } from './store.ts';

/** The contents that kept build trees are of, and those that they were of before. */
export interface KeptContents {
  readonly current: ReadonlySet<string>;
  readonly past: ReadonlySet<string>;
}

/** Reads of which contents kept build trees are and were. */
export const readKeptContents = async (store: Store): Promise<KeptContents> => {
  const current = new Set<string>();
  const past = new Set<string>();
  for (const name of await readdir(store.kept).catch(() => [])) {
    const known = await readJson(keptBuildSchema, stateOfKept(join(store.kept, name)));
    if (!known.ok) continue;
    current.add(known.value.content);
    for (const content of known.value.past) past.add(content);
  }
  return { current, past };
};

/** Why a kept build tree is of no use any more, or nothing. */
const findWhy = async (path: string, olderThanMs: number | undefined, nowMs: number): Promise<string | undefined> => {
  const known = await readJson(keptBuildSchema, stateOfKept(path));
  if (!known.ok) return 'left by a run that was ended';
  const { checkout, usedAt } = known.value;
  const isThere = await stat(checkout).then(
    () => true,
    () => false,
  );
  if (!isThere) return 'build tree of a checkout that is gone';
  if (olderThanMs === undefined || Date.parse(usedAt) >= nowMs - olderThanMs) return undefined;
  return `build tree of a checkout, last used ${usedAt.slice(0, 10)}`;
};

/**
 * Removes build trees that are kept for checkouts: half-made ones, those whose checkout is gone, and with an age those that
 * were not used since. Failures: `io-failed`, `interrupted`, `tool-missing` (no flock).
 */
export const cleanKept = async (
  store: Store,
  olderThanMs: number | undefined,
  log: GcLog,
  signal: AbortSignal,
): Promise<Result<void>> => {
  for (const name of (await readdir(store.kept).catch(() => [])).sort(compareCodeUnits)) {
    const path = join(store.kept, name);
    const lock = await tryLock(lockOfKept(store, name), signal);
    if (!lock.ok) return lock;
    if ('heldBy' in lock.value) {
      log.keep(path, `in use by ${lock.value.heldBy}`);
      continue;
    }
    try {
      const why = await findWhy(path, olderThanMs, log.nowMs);
      if (why === undefined) continue;
      await endStrays(path);
      const removed = await log.remove(path, why);
      if (!removed.ok) return removed;
    } finally {
      await lock.value.release();
    }
  }
  return ok(undefined);
};
