import { randomUUID } from 'node:crypto';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { digestListing, hashFile } from '../io/tree.ts';
import type { StoreDamage } from '../model/cache.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { discardStep, listKeys, lookupStep, verifyStored, type Store } from './store.ts';

/** What was hashed, and what of it is not what it was. */
export interface StoreVerification {
  readonly downloads: number;
  readonly steps: number;
  readonly hashedBytes: number;
  readonly damaged: readonly StoreDamage[];
}

export interface VerifyOptions {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

const isDownloadName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Renamed away first: nobody takes a damaged download for a whole one while it is removed. */
const discardDownload = async (store: Store, name: string): Promise<Result<void>> => {
  const away = join(store.tmp, `discarded-${randomUUID()}`);
  try {
    await rename(join(store.downloads, name), away);
  } catch (error) {
    // Another process has taken it out meanwhile.
    if (errorCode(error) === 'ENOENT') return ok(undefined);
    return fail(ioFailure(error, join(store.downloads, name), 'take out of the store'));
  }
  return removeTree(away);
};

/** Compares a download with the digest that is its name; nothing when it is gone. */
const verifyDownload = async (
  path: string,
  sha256: string,
): Promise<{ sizeBytes: number; damage?: StoreDamage } | undefined> => {
  const expected = `sha256 ${sha256}`;
  try {
    const seen = await stat(path);
    if (!seen.isFile()) return { sizeBytes: 0, damage: { path, expected, found: 'no file' } };
    const digest = await hashFile(path);
    return {
      sizeBytes: seen.size,
      ...(digest === sha256 ? {} : { damage: { path, expected, found: `sha256 ${digest}` } }),
    };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    return { sizeBytes: 0, damage: { path, expected, found: `unreadable (${errorCode(error) ?? 'unknown'})` } };
  }
};

/** Compares a step's tree with its record and listing, every byte; nothing when it is gone. */
const verifyStep = async (
  store: Store,
  key: string,
): Promise<{ sizeBytes: number; damage?: StoreDamage } | undefined> => {
  const found = await lookupStep(store, key);
  if (found.state === 'absent') return undefined;
  if (found.state === 'damaged') {
    const { path, expected, found: what } = found.failure;
    return { sizeBytes: 0, damage: { path, expected, found: what } };
  }
  const { record, listing, tree } = found.stored;
  const digest = digestListing(listing.entries);
  if (digest !== record.treeDigest) {
    const path = join(store.steps, key, 'listing.json');
    return { sizeBytes: 0, damage: { path, expected: `digest ${record.treeDigest}`, found: `digest ${digest}` } };
  }
  const verified = await verifyStored(found.stored);
  if (verified.ok) return { sizeBytes: record.treeBytes };
  const { error } = verified;
  const damage =
    error.code === 'store-damaged'
      ? { path: error.path, expected: error.expected, found: error.found }
      : {
          path: tree,
          expected: 'a tree that can be read',
          found: error.code === 'io-failed' ? error.reason : error.code,
        };
  return { sizeBytes: record.treeBytes, damage };
};

/**
 * Hashes everything in the store: every download against its name, every finished step against its record and listing.
 * What is damaged is taken out, so that the next run makes it again. Failures: `interrupted`, `io-failed`.
 */
export const verifyStore = async (store: Store, options: VerifyOptions): Promise<Result<StoreVerification>> => {
  const { signal, progress } = options;
  const interrupted = (): Failure => ({ code: 'interrupted', signal: String(signal.reason) });
  const counts = { downloads: 0, steps: 0, hashedBytes: 0 };
  const damaged: StoreDamage[] = [];
  for (const name of (await readdir(store.downloads)).filter(isDownloadName).sort()) {
    if (signal.aborted) return fail(interrupted());
    progress(`download ${name.slice(0, 12)}`);
    const verified = await verifyDownload(join(store.downloads, name), name);
    if (verified === undefined) continue;
    counts.downloads += 1;
    counts.hashedBytes += verified.sizeBytes;
    if (verified.damage === undefined) continue;
    damaged.push(verified.damage);
    const discarded = await discardDownload(store, name);
    if (!discarded.ok) return discarded;
  }
  for (const key of await listKeys(store)) {
    if (signal.aborted) return fail(interrupted());
    progress(`step ${key.slice(0, 12)}`);
    const verified = await verifyStep(store, key);
    if (verified === undefined) continue;
    // Looked at again: another process may have taken it out, or put it right, meanwhile.
    const damage = verified.damage === undefined ? undefined : (await verifyStep(store, key))?.damage;
    counts.steps += 1;
    counts.hashedBytes += verified.sizeBytes;
    if (damage === undefined) continue;
    damaged.push(damage);
    const discarded = await discardStep(store, key);
    if (!discarded.ok) return discarded;
  }
  return ok({ ...counts, damaged });
};
