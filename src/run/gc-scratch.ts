import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listIdleParts } from '../io/download-part.ts';
import { acquireLock, type Lock } from '../io/lock.ts';
import { hostMark } from '../io/owner.ts';
import { endStrays } from '../io/strays.ts';
import { compareCodeUnits } from '../model/json.ts';
import { ok, type Result } from '../model/result.ts';
import type { GcLog } from './gc-log.ts';
import type { Store } from './store.ts';

/** Scratch whose owner cannot be told is taken for left behind after this long without a write, in milliseconds. */
const quietMs = 60 * 60_000;
/** The same of another machine, whose clock may differ too, in milliseconds. */
const foreignMs = 24 * 60 * 60_000;

const listNames = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(() => [])).sort(compareCodeUnits);

/** Takes a lock if nobody holds it; who does, otherwise. */
export const tryLock = async (
  path: string,
  signal: AbortSignal,
): Promise<Result<Lock | { readonly heldBy: string }>> => {
  const giveUp = new AbortController();
  let heldBy: string | undefined;
  const lock = await acquireLock({
    path,
    owner: `process ${process.pid} (cache gc)`,
    signal: AbortSignal.any([signal, giveUp.signal]),
    onWait: (owner) => {
      heldBy = owner === '' ? 'another process' : owner;
      giveUp.abort('busy');
    },
  });
  return !lock.ok && heldBy !== undefined && !signal.aborted ? ok({ heldBy }) : lock;
};

/** Removes what lies in work/ and tmp/ under a work path's name, with that path's lock held. */
const cleanWork = async (
  store: Store,
  name: string,
  entries: readonly string[],
  log: GcLog,
  signal: AbortSignal,
): Promise<Result<void>> => {
  const lock = await tryLock(join(store.locks, name), signal);
  if (!lock.ok) return lock;
  if ('heldBy' in lock.value) {
    for (const path of entries) log.keep(path, `in use by ${lock.value.heldBy}`);
    return ok(undefined);
  }
  try {
    await endStrays(join(store.work, name));
    for (const path of entries) {
      const removed = await log.remove(path, 'left by a run that was ended');
      if (!removed.ok) return removed;
    }
    return ok(undefined);
  } finally {
    await lock.value.release();
  }
};

/** Scratch of another machine, where nobody can look whether its processes are gone: only its age tells. */
const cleanForeign = async (path: string, log: GcLog): Promise<Result<void>> => {
  if (await log.isQuiet(path, foreignMs)) return log.remove(path, 'left by another machine');
  log.keep(path, 'of another machine, written to within the last day');
  return ok(undefined);
};

/** Work directories of other machines that share the store. */
const cleanForeignWork = async (store: Store, log: GcLog): Promise<Result<void>> => {
  for (const name of await listNames(store.dir)) {
    const path = join(store.dir, name);
    if (!/^work-[0-9a-f]{8}$/.test(name) || path === store.work) continue;
    for (const work of await listNames(path)) {
      const cleaned = await cleanForeign(join(path, work), log);
      if (!cleaned.ok) return cleaned;
    }
  }
  return ok(undefined);
};

/** Work directories and half-made entries: each belongs to the lock of its name. What has no lock goes by its age. */
export const cleanScratch = async (store: Store, log: GcLog, signal: AbortSignal): Promise<Result<void>> => {
  const byWork = new Map<string, string[]>();
  for (const name of await listNames(store.work)) byWork.set(name, [join(store.work, name)]);
  for (const name of await listNames(store.tmp)) {
    const path = join(store.tmp, name);
    const [, work, host] = /^([0-9a-f]{12})-(?:([0-9a-f]{8})-)?[0-9a-f-]{36}$/.exec(name) ?? [];
    if (host !== undefined && host !== hostMark) {
      const cleaned = await cleanForeign(path, log);
      if (!cleaned.ok) return cleaned;
    } else if (work !== undefined) {
      byWork.set(work, [...(byWork.get(work) ?? []), path]);
    } else if (name.startsWith('discarded-') || (await log.isQuiet(path, quietMs))) {
      const removed = await log.remove(path, 'left by a run that was ended');
      if (!removed.ok) return removed;
    } else log.keep(path, 'written to within the last hour');
  }
  for (const [name, entries] of [...byWork].sort(([a], [b]) => compareCodeUnits(a, b))) {
    const cleaned = await cleanWork(store, name, entries, log, signal);
    if (!cleaned.ok) return cleaned;
  }
  return cleanForeignWork(store, log);
};

/** Parts of downloads that no process owns, and scratch of origins that nobody has written to for long. */
export const cleanDownloads = async (store: Store, log: GcLog): Promise<Result<void>> => {
  const idle = new Set((await listIdleParts(store.downloads)).flatMap((name) => [name, `${name}.source`]));
  const names = await listNames(store.downloads);
  for (const name of names.filter((candidate) => candidate.startsWith('.'))) {
    const path = join(store.downloads, name);
    const isPart = /\.part(\.source)?$/.test(name);
    const orphan = name.endsWith('.source') && !names.includes(name.slice(0, -'.source'.length));
    if (idle.has(name) || ((!isPart || orphan) && (await log.isQuiet(path, quietMs)))) {
      const removed = await log.remove(path, 'left by a download that was ended');
      if (!removed.ok) return removed;
    } else log.keep(path, isPart ? 'a download that goes on' : 'written to within the last hour');
  }
  return ok(undefined);
};
