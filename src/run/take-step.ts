import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '../io/archive.ts';
import { defaultArchiveLimits } from '../io/archive-reader.ts';
import { ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import type { FoundEntry, RemoteCache } from '../io/remote-cache.ts';
import type { Step } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { nameWork } from './inspect.ts';
import { beginEntry, commitEntry, type Store, type StoredStep } from './store.ts';

/** What headers and padding of a packed tree take at most beside its files, in bytes. */
const packingBytes = 64 << 20;

interface TakeContext {
  readonly cache: RemoteCache;
  readonly store: Store;
  readonly signal: AbortSignal;
}

/** Gets and unpacks a tree into an entry, and gives the entry its place in the store. */
const fillEntry = async (
  step: Step,
  found: FoundEntry,
  entry: string,
  { cache, store, signal }: TakeContext,
): Promise<Result<StoredStep | undefined>> => {
  const { record, blob } = found.entry;
  const { fingerprint, title } = step;
  const got = await cache.getBlob(found, title, join(entry, 'blob'));
  if (!got.ok || got.value === undefined) return got.ok ? ok(undefined) : got;
  const { totalBytes } = defaultArchiveLimits;
  const unpacked = await extractArchive({
    archive: got.value,
    format: 'tar.gz',
    root: 'tree',
    into: join(entry, 'tree'),
    subject: `blob ${blob.sha256.slice(0, 12)}`,
    // gzip needs no program.
    environment: {},
    limits: { totalBytes: Math.min(totalBytes, record.treeBytes + packingBytes) },
    signal,
  });
  if (!unpacked.ok) {
    const { error } = unpacked;
    if (error.code !== 'archive-refused') return unpacked;
    cache.reject(fingerprint, title, 'a plain tree', `${error.reason} at ${JSON.stringify(error.entry)}`);
    return ok(undefined);
  }
  try {
    await rm(join(entry, 'blob'), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, entry, 'remove what was downloaded to'));
  }
  const { signedBy } = found;
  const from = { takenAt: new Date().toISOString(), ...(signedBy === undefined ? {} : { signedBy }) };
  const stored = await commitEntry(
    store,
    fingerprint,
    entry,
    { ...record, id: step.id, title, from },
    record.treeDigest,
  );
  if (stored.ok || stored.error.code !== 'store-damaged') return stored;
  const { expected, found: other } = stored.error;
  cache.reject(fingerprint, title, `tree digest ${expected}`, `tree digest ${other}`);
  return ok(undefined);
};

/**
 * Puts a step that a remote cache has into the store, by the way of our own steps: unpacked by the rules for archives of
 * strangers, listed and digested anew. Nothing when the cache's entry is not what it says, which is said: the step has to be
 * made then. The work path's lock must be held. Failures: `disk-full`, `io-failed`, `interrupted`.
 */
export const takeStep = async (
  step: Step,
  found: FoundEntry,
  context: TakeContext,
): Promise<Result<StoredStep | undefined>> => {
  const begun = await beginEntry(context.store, nameWork(step));
  if (!begun.ok) return begun;
  const taken = await fillEntry(step, found, begun.value, context);
  if (taken.ok && taken.value !== undefined) return taken;
  const removed = await removeTree(begun.value);
  return removed.ok || !taken.ok ? taken : removed;
};
