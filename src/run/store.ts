import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { findFileSystem, findLockLimit, isShared, type FileSystem } from '../io/file-system.ts';
import { readJson, removeTree, writeJsonAtomic } from '../io/files.ts';
import { checkLocks } from '../io/lock-check.ts';
import { hostMark } from '../io/owner.ts';
import { compareStat, listTree, setWritable } from '../io/tree.ts';
import type { FailureOf } from '../model/failure.ts';
import { treeListingSchema, type TreeListing } from '../model/listing.ts';
import { stepRecordSchema, type StepRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';

/**
 * Where finished outputs live. Nothing half-made ever has a final name: everything is made under `tmp/`, checked and
 * renamed.
 *
 *     v1/downloads/<sha256>             verified downloads
 *     v1/steps/<key>/{record,listing}.json, tree/
 *     v1/work/<work key>/               scratch of steps that run now, or that were ended
 *     v1/work-<host>/<work key>/        the same where several machines share the store: each has its own
 *     v1/kept/<name>/                   build trees that are kept for a checkout, from run to run
 *     v1/runs/<id>/run.json, logs/
 *     v1/answers/<digest>               what CPython's configure answered before
 *     v1/bisects/<digest>.json          what a bisect has asked, to go on from
 *     v1/matrices/<id>/                 what was given to an engine, and what its tasks left
 *     v1/locks/, v1/tmp/
 */
export interface Store {
  readonly dir: string;
  readonly downloads: string;
  readonly steps: string;
  readonly work: string;
  readonly kept: string;
  readonly runs: string;
  readonly answers: string;
  readonly bisects: string;
  readonly matrices: string;
  readonly locks: string;
  readonly tmp: string;
  /** Other machines may use it too: it lies on a file system that can be shared. */
  readonly isShared: boolean;
  /** What a person should know of such a file system. */
  readonly caution?: string;
}

/** A finished output: its record and where its tree is. */
export interface StoredStep {
  readonly key: string;
  readonly record: StepRecord;
  readonly listing: TreeListing;
  readonly tree: string;
}

/** What the store has under a key. */
export type Lookup =
  | { readonly state: 'absent' }
  | { readonly state: 'present'; readonly stored: StoredStep }
  | { readonly state: 'damaged'; readonly failure: FailureOf<'store-damaged'> };

/** Where everything of a store is. Touches nothing: whoever only plans needs no store. */
export const nameStore = (root: string): Store => {
  const dir = join(root, 'v1');
  return {
    dir,
    downloads: join(dir, 'downloads'),
    steps: join(dir, 'steps'),
    work: join(dir, 'work'),
    kept: join(dir, 'kept'),
    runs: join(dir, 'runs'),
    answers: join(dir, 'answers'),
    bisects: join(dir, 'bisects'),
    matrices: join(dir, 'matrices'),
    locks: join(dir, 'locks'),
    tmp: join(dir, 'tmp'),
    isShared: false,
  };
};

/**
 * The store as one that several machines share. A work path of this machine only: processes that outlived a run are found,
 * and ended, on the machine where they run, so no two machines may ever work at one place.
 */
export const shareStore = (store: Store): Store => ({
  ...store,
  work: join(store.dir, `work-${hostMark}`),
  isShared: true,
});

/** Makes sure that locks hold where they are needed most. Failures: `unsupported`, and those of `checkLocks`. */
const checkShared = async (store: Store, system: FileSystem): Promise<Result<Store>> => {
  const holds = await checkLocks(store.locks, new AbortController().signal);
  if (holds.ok && holds.value) {
    const limit = findLockLimit(system);
    if (limit === undefined) return ok(store);
    const caution = `locks of the store do not hold between machines (${system.type} at ${system.mountPoint}: ${limit}): let one machine at a time use it`;
    return ok({ ...store, caution });
  }
  if (!holds.ok && holds.error.code !== 'io-failed') return holds;
  return fail({
    code: 'unsupported',
    what: `A store in ${store.dir}`,
    why: `it lies on ${system.type} (${system.mountPoint}), where ${holds.ok ? 'a lock does not keep other processes out' : 'no lock can be taken'}`,
    next: 'Mount it with locks (NFS 4; lustre: -o flock), or choose another store: --store DIR.',
  });
};

/**
 * Opens (and lays out) a store. Where other machines can have the same files, locks are tried first. Failures: `io-failed`,
 * `disk-full`; `unsupported` where locks do not hold, `tool-missing` where they cannot be tried.
 */
export const openStore = async (root: string): Promise<Result<Store>> => {
  const local = nameStore(root);
  const system = await findFileSystem(local.dir);
  const store = system !== undefined && isShared(system) ? shareStore(local) : local;
  try {
    const { downloads, steps, work, kept, runs, answers, bisects, matrices, locks, tmp } = store;
    for (const path of [downloads, steps, work, kept, runs, answers, bisects, matrices, locks, tmp]) {
      await mkdir(path, { recursive: true });
    }
  } catch (error) {
    return fail(ioFailure(error, store.dir, 'make the store in'));
  }
  return system !== undefined && store.isShared ? checkShared(store, system) : ok(store);
};

const damaged = (path: string, expected: string, found: string): Lookup => ({
  state: 'damaged',
  failure: { code: 'store-damaged', path, expected, found },
});

/** The record of a finished output, whose tree nobody needs and nobody looks at; nothing when it cannot be read. */
export const readStepRecord = async (store: Store, key: string): Promise<StepRecord | undefined> => {
  const record = await readJson(stepRecordSchema, join(store.steps, key, 'record.json'));
  return record.ok ? record.value : undefined;
};

/**
 * Looks an output up: its record and listing must be whole, and the tree must have the names, sizes and times that the
 * listing says. File contents are read by `verifyStored` only.
 */
export const lookupStep = async (store: Store, key: string): Promise<Lookup> => {
  const entry = join(store.steps, key);
  const record = await readJson(stepRecordSchema, join(entry, 'record.json'));
  if (!record.ok && record.error.kind === 'absent') {
    const there = await stat(entry).then(
      () => true,
      () => false,
    );
    return there ? damaged(entry, 'a record', 'none') : { state: 'absent' };
  }
  const listing = await readJson(treeListingSchema, join(entry, 'listing.json'));
  if (!record.ok) return damaged(join(entry, 'record.json'), 'a step record', 'something else');
  if (!listing.ok) return damaged(join(entry, 'listing.json'), 'a listing of the tree', 'something else');
  const tree = join(entry, 'tree');
  const difference = compareStat(tree, listing.value);
  if (difference !== undefined) return damaged(tree, 'the tree as it was finished', difference);
  return { state: 'present', stored: { key, record: record.value, listing: listing.value, tree } };
};

/** Hashes every file of a stored tree. Failure: `store-damaged`, naming the first entry that differs. */
export const verifyStored = async (stored: StoredStep): Promise<Result<void>> => {
  const found = await listTree(stored.tree);
  if (!found.ok) return found;
  if (found.value.digest === stored.record.treeDigest) return ok(undefined);
  const wanted = new Map(stored.listing.entries.map((entry) => [entry.path, entry]));
  const different = found.value.entries.find(({ path, content }) => wanted.get(path)?.content !== content);
  const path = different?.path ?? '';
  return fail({
    code: 'store-damaged',
    path: join(stored.tree, path),
    expected: `sha256 ${wanted.get(path)?.content ?? stored.record.treeDigest}`,
    found: `sha256 ${different?.content ?? found.value.digest}`,
  });
};

/**
 * A new entry under `tmp/`, with an empty `tree/`. Entries that killed runs of this machine left for the same work are
 * removed: whoever holds the work's lock knows that nobody fills them any more. Of another machine nobody knows that, when
 * the network took its lock away: its entries are left to `cache gc`.
 */
export const beginEntry = async (store: Store, work: string): Promise<Result<string>> => {
  const own = `${work}-${hostMark}-`;
  const entry = join(store.tmp, `${own}${randomUUID()}`);
  try {
    for (const name of await readdir(store.tmp)) {
      if (name.startsWith(own)) await removeTree(join(store.tmp, name));
    }
    await mkdir(join(entry, 'tree'), { recursive: true });
    return ok(entry);
  } catch (error) {
    return fail(ioFailure(error, entry, 'make'));
  }
};

/**
 * Lists, digests, write-protects and renames a finished entry to its key. If another process was first with the same
 * key, its entry is taken and ours thrown away: equal fingerprints mean equal outputs. Of a tree that comes from elsewhere
 * `promised` is the digest that it must have. Failures: `io-failed`, `disk-full`; `store-damaged` for another digest.
 */
export const commitEntry = async (
  store: Store,
  key: string,
  entry: string,
  record: Omit<StepRecord, 'treeDigest' | 'treeBytes' | 'treeFiles'>,
  promised?: string,
): Promise<Result<StoredStep>> => {
  const listed = await listTree(join(entry, 'tree'));
  if (!listed.ok) return listed;
  const { digest, entries } = listed.value;
  if (promised !== undefined && digest !== promised) {
    return fail({ code: 'store-damaged', path: join(entry, 'tree'), expected: promised, found: digest });
  }
  const whole: StepRecord = {
    ...record,
    treeDigest: digest,
    treeBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    treeFiles: entries.filter(({ kind }) => kind === 'file').length,
  };
  for (const [name, value] of [
    ['listing.json', listed.value],
    ['record.json', whole],
  ] as const) {
    const written = await writeJsonAtomic(join(entry, name), value);
    if (!written.ok) return written;
  }
  try {
    await setWritable(join(entry, 'tree'), listed.value, false);
    await rename(entry, join(store.steps, key));
  } catch (error) {
    await removeTree(entry);
    const other = await lookupStep(store, key);
    if (other.state === 'present') return ok(other.stored);
    return fail(ioFailure(error, join(store.steps, key), 'put into the store'));
  }
  return ok({ key, record: whole, listing: listed.value, tree: join(store.steps, key, 'tree') });
};

/** Takes an entry out of the store: renamed away first, so that nobody sees half of it. */
export const discardStep = async (store: Store, key: string): Promise<Result<void>> => {
  const away = join(store.tmp, `discarded-${randomUUID()}`);
  try {
    await rename(join(store.steps, key), away);
  } catch (error) {
    return fail(ioFailure(error, join(store.steps, key), 'take out of the store'));
  }
  return removeTree(away);
};

/** Every key in the store. */
export const listKeys = async (store: Store): Promise<readonly string[]> =>
  (await readdir(store.steps).catch(() => [])).sort();
