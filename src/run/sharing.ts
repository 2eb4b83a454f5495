import { randomUUID } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packTree } from '../io/archive-pack.ts';
import { defaultCachePolicy, type CachePolicy } from '../io/cache-policy.ts';
import { removeTree } from '../io/files.ts';
import { openRemoteCache, type FoundEntry, type RemoteCache, type RemoteCacheOptions } from '../io/remote-cache.ts';
import type { Archive } from '../model/catalogue.ts';
import type { Plan, Step } from '../model/plan.ts';
import { plural } from '../report/text.ts';
import { lookupStep, readStepRecord, type Store, type StoredStep } from './store.ts';
import { findTravelling, withInputs } from './travelling.ts';

/** Where a remote cache is, and what this run may do with it. */
export type CacheSettings = Pick<RemoteCacheOptions, 'url' | 'authorization' | 'mayWrite' | 'sign' | 'trust'>;

export interface SharingOptions {
  readonly settings: CacheSettings;
  readonly plan: Plan;
  readonly store: Store;
  /** For proxies and SSL_CERT_FILE. */
  readonly environment: RemoteCacheOptions['environment'];
  readonly policy?: Partial<CachePolicy>;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/** A run's use of a remote cache. */
export interface Sharing {
  readonly cache: RemoteCache;
  /** What the cache has of a step that may come from elsewhere. */
  readonly find: (step: Step) => Promise<FoundEntry | undefined>;
  /** Writes a step that was made here, when the run may write: beside what the run does, in its own time. */
  readonly offer: (step: Step, stored: StoredStep) => void;
  /** Offers also what the goals were made from in earlier runs, and waits for all that is written, for a while. */
  readonly finish: (goals: readonly Step[]) => Promise<void>;
}

/** So many steps are packed and written at once. */
const lanesAtOnce = 2;

const archivesOf = ({ actions }: Step): readonly Archive[] =>
  actions.flatMap((action) => (action.do === 'fetch' ? [action.archive] : []));

/** Opens a run's use of a remote cache; nothing is asked yet. */
export const openSharing = (options: SharingOptions): Sharing => {
  const { settings, plan, store, notice } = options;
  const policy: CachePolicy = { ...defaultCachePolicy, ...options.policy };
  const giveUp = new AbortController();
  const signal = AbortSignal.any([options.signal, giveUp.signal]);
  const cache = openRemoteCache({ ...settings, environment: options.environment, policy, signal, notice });
  const travelling = findTravelling(plan);
  const offered = new Set<string>();
  const lanes: Promise<void>[] = Array.from({ length: lanesAtOnce }, () => Promise.resolve());
  const written = { entries: 0, bytes: 0 };
  let waiting = 0;

  const enqueue = (work: () => Promise<void>): void => {
    const lane = waiting % lanesAtOnce;
    waiting += 1;
    const before = lanes[lane] ?? Promise.resolve();
    lanes[lane] = before.then(() => (signal.aborted ? undefined : work()));
  };
  const count = (isWritten: boolean, sizeBytes: number): void => {
    if (!isWritten) return;
    written.entries += 1;
    written.bytes += sizeBytes;
  };

  /** An input that came from a cache without a signature that is trusted: who signs what is made from it, vouches for it. */
  const findUntrusted = async (step: Step): Promise<Step | undefined> => {
    for (const one of withInputs(plan, [step])) {
      const from = (await readStepRecord(store, one.fingerprint))?.from;
      if (from === undefined) continue;
      if (settings.trust?.some(({ id }) => id === from.signedBy) !== true) return one;
    }
    return undefined;
  };

  const writeStep = async (step: Step, { record, listing, tree }: StoredStep): Promise<void> => {
    const untrusted = settings.sign === undefined ? undefined : await findUntrusted(step);
    if (untrusted !== undefined) {
      notice(
        `"${step.title}" is not written to the cache: it would be signed, and "${untrusted.title}" that it was made from came from a cache without a signature that is trusted`,
      );
      return;
    }
    if (!(await cache.wantsEntry(step.fingerprint))) return;
    const scratch = join(store.tmp, `share-${randomUUID()}`);
    try {
      await mkdir(scratch);
      const file = join(scratch, 'blob');
      const packed = await packTree({ tree, listing, root: 'tree', into: file, signal });
      if (packed.ok) {
        count(await cache.putEntry({ key: step.fingerprint, record }, packed.value, file), packed.value.sizeBytes);
      } else if (packed.error.code !== 'interrupted') {
        notice(`"${step.title}" is not written to the cache: it could not be packed (${packed.error.code})`);
      }
    } catch (error) {
      notice(`"${step.title}" is not written to the cache: ${String(error)}`);
    } finally {
      await removeTree(scratch);
    }
  };

  const writeArchive = async (archive: Archive): Promise<void> => {
    const path = join(store.downloads, archive.sha256);
    const sizeBytes = await stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
    if (sizeBytes !== archive.sizeBytes || !(await cache.wantsArchive(archive.sha256))) return;
    count(await cache.putArchive(archive, path, sizeBytes), sizeBytes);
  };

  const offer: Sharing['offer'] = (step, stored) => {
    if (!cache.mayWrite || offered.has(step.id) || stored.record.from !== undefined) return;
    offered.add(step.id);
    if (step.kind === 'fetch') for (const archive of archivesOf(step)) enqueue(() => writeArchive(archive));
    else if (travelling.has(step.id)) enqueue(() => writeStep(step, stored));
  };

  const writeRest = async (goals: readonly Step[]): Promise<void> => {
    for (const step of withInputs(plan, goals)) {
      if (offered.has(step.id) || (step.kind !== 'fetch' && !travelling.has(step.id))) continue;
      const known = await lookupStep(store, step.fingerprint);
      if (known.state === 'present') offer(step, known.stored);
    }
    await Promise.all(lanes);
  };

  return {
    cache,
    find: async (step) => (travelling.has(step.id) ? cache.findEntry(step.fingerprint, step.title) : undefined),
    offer,
    finish: async (goals) => {
      if (cache.mayWrite && !signal.aborted) {
        const timer = new AbortController();
        const ends = AbortSignal.any([options.signal, timer.signal]);
        const late = sleep(policy.finishMs, 'late' as const, { signal: ends }).catch(() => 'ended' as const);
        const how = await Promise.race([late, writeRest(goals).then(() => 'written' as const)]);
        timer.abort();
        if (how === 'late') {
          notice(`what is not written to the cache ${policy.finishMs / 1000} s after the end of the run is left out`);
        }
        if (written.entries > 0) {
          notice(`${plural(written.entries, 'file')} written to the cache (${(written.bytes / 1e6).toFixed(1)} MB)`);
        }
      }
      giveUp.abort();
      await Promise.all(lanes);
      await cache.close();
    },
  };
};
