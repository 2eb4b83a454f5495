import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ioFailure } from '../io/failure.ts';
import { readJson, removeTree, writeJsonAtomic } from '../io/files.ts';
import { acquireLock } from '../io/lock.ts';
import { digestOutside } from '../io/ninja-deps.ts';
import { describeSelf, hostMark } from '../io/owner.ts';
import { endStrays } from '../io/strays.ts';
import type { Synchronized } from '../io/synchronize.ts';
import { listTree, newestTimeMs } from '../io/tree.ts';
import { digestValue } from '../model/digest.ts';
import type { Failure } from '../model/failure.ts';
import { keptBuildSchema, type KeptBuild, type KeptUse } from '../model/kept.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Store } from './store.ts';

/** CMake copies files whose times differ by less than this as if they were the same, in milliseconds. */
const leastApartMs = 1100;

/** How many contents that were built before are remembered. */
const pastContents = 50;

export interface KeptOptions {
  readonly store: Store;
  /** All that decides the build but the source. */
  readonly key: string;
  /** The directory that the tree is kept for. */
  readonly checkout: string;
  /** Tree digest of what it holds now. */
  readonly content: string;
  readonly title: string;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/** A kept build tree that is ours to build in. Until it is closed well it counts as half-made. */
export interface KeptTree {
  readonly path: string;
  readonly synchronized: (changed: Synchronized) => void;
  /** Says what the step did in it, and leaves it for the next one: after a success, or a failure that the tools came to by themselves. */
  readonly close: (failure: Failure | undefined) => Promise<Result<KeptUse | undefined>>;
  /** Lets others in. */
  readonly release: () => Promise<void>;
}

/** The name of a kept tree and of its lock: of one checkout and one way of building. A path is another checkout on another machine. */
const nameKept = (key: string, checkout: string, isShared: boolean): string =>
  digestValue({ key, checkout, ...(isShared ? { host: hostMark } : {}) }).slice(0, 12);

/** The lock of a kept tree, by the tree's name. */
export const lockOfKept = (store: Store, name: string): string => join(store.locks, `kept-${name}`);

/** Where what is known of a kept tree stands. */
export const stateOfKept = (path: string): string => join(path, 'kept.json');

/**
 * What is known of a tree that can be gone on from, or why it cannot: it must be, byte for byte, what its last build
 * left, at the place where it was built, with the system's headers as they were, and no time in it may lie ahead, since
 * tools compare times.
 */
const findUsable = async (path: string, options: KeptOptions): Promise<KeptBuild | string | undefined> => {
  const read = await readJson(keptBuildSchema, stateOfKept(path));
  if (!read.ok && read.error.kind !== 'absent') return 'does not say what it is';
  if (!read.ok) {
    const names = await readdir(path).catch(() => []);
    return names.length > 0 ? 'the last build was ended' : undefined;
  }
  const known = read.value;
  if (known.key !== options.key || known.checkout !== options.checkout || known.place !== path)
    return 'was built at another place';
  const built = await listTree(join(path, 'build'));
  if (!built.ok || built.value.digest !== known.buildDigest) return 'something is not as its last build left it';
  if ((await digestOutside(join(path, 'build'), path)) !== known.outsideDigest)
    return 'was compiled with other headers of the system';
  const newest = Math.max(newestTimeMs(path), Date.parse(known.usedAt));
  if (newest > Date.now()) return 'the times lie ahead of the clock';
  await sleep(Math.max(0, newest + leastApartMs - Date.now()));
  return known;
};

/** Whether a failure is an answer of the tools: ninja then leaves nothing half-made. A compiler that was killed may. */
const isAnswer = (failure: Failure | undefined): boolean =>
  failure === undefined ||
  (failure.code === 'command-failed' &&
    failure.exit.startsWith('exit code') &&
    !failure.lastLines.some((line) => /\bkilled\b|\bsignal\b|internal compiler error/i.test(line)));

/**
 * Takes the build tree that is kept for a checkout, and makes sure that it can be gone on from; else it is emptied, and the
 * step builds clean. Failures: `interrupted`, `tool-missing` (no flock), `io-failed`, `disk-full`.
 */
export const openKept = async (options: KeptOptions): Promise<Result<KeptTree>> => {
  const { store, key, checkout, title, signal, notice } = options;
  const name = nameKept(key, checkout, store.isShared);
  const path = join(store.kept, name);
  const lock = await acquireLock({
    path: lockOfKept(store, name),
    owner: describeSelf(store.isShared),
    signal,
    onWait: (owner) => {
      notice(`${title}: waiting for another run${owner === '' ? '' : ` (${owner})`} that compiles the same checkout`);
    },
  });
  if (!lock.ok) return lock;
  const { release } = lock.value;
  const startedAt = new Date().toISOString();
  let changed: Synchronized = { changedFiles: 0, namesChanged: false };
  let known: KeptBuild | undefined;
  try {
    await endStrays(path);
    const usable = await findUsable(path, options);
    if (typeof usable === 'object') known = usable;
    else {
      if (usable !== undefined) notice(`${title}: all of it, since of the build tree that was kept ${usable}`);
      const removed = await removeTree(path);
      if (!removed.ok) {
        await release();
        return removed;
      }
    }
    // From here on it is half-made, until it is closed.
    await rm(stateOfKept(path), { force: true });
    await mkdir(path, { recursive: true });
  } catch (error) {
    await release();
    return fail(ioFailure(error, path, 'open'));
  }
  return ok({
    path,
    release,
    synchronized: (what) => {
      changed = what;
    },
    close: async (failure) => {
      // Nobody can go on from it, and its room is what is wanting.
      if (failure?.code === 'disk-full') await removeTree(path);
      if (!isAnswer(failure)) return ok(undefined);
      const built = await listTree(join(path, 'build'));
      // A failure before anything was built leaves nothing to go on from.
      if (!built.ok) return failure === undefined ? built : ok(undefined);
      // What ninja noted cannot be read: the next build is a clean one.
      const outsideDigest = await digestOutside(join(path, 'build'), path);
      const goneOnFrom = changed.namesChanged ? undefined : known;
      const since = goneOnFrom?.since ?? startedAt;
      const use: KeptUse = { incremental: goneOnFrom !== undefined, since, changedFiles: changed.changedFiles };
      if (outsideDigest === undefined) return ok(use);
      const state: KeptBuild = {
        version: 1,
        kind: 'kept-build',
        key,
        checkout,
        content: options.content,
        // What it went back to is past no more.
        past: [...(known?.past ?? []), ...(known === undefined ? [] : [known.content])]
          .filter((content) => content !== options.content)
          .slice(-pastContents),
        place: path,
        since,
        usedAt: new Date().toISOString(),
        buildDigest: built.value.digest,
        outsideDigest,
      };
      const written = await writeJsonAtomic(stateOfKept(path), state);
      if (written.ok) return ok(use);
      if (written.error.code === 'disk-full') await removeTree(path);
      return written;
    },
  });
};
