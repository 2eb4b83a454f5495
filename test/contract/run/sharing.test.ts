import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Step } from '../../../src/model/plan.ts';
import type { Result } from '../../../src/model/result.ts';
import { makeStep } from '../../../src/plan/step.ts';
import { nameWork } from '../../../src/run/inspect.ts';
import { openSharing, type Sharing, type SharingOptions } from '../../../src/run/sharing.ts';
import { beginEntry, commitEntry, lookupStep, openStore, type Store, type StoredStep } from '../../../src/run/store.ts';
import { takeStep } from '../../../src/run/take-step.ts';
import { startCacheServer, type CacheServer } from '../../rig/cache-server.ts';
import { planWith } from '../../rig/plan-inputs.ts';
import { withSmallDisk } from '../../rig/small-disk.ts';

let directory: string;
let server: CacheServer;
let store: Store;
let notices: string[];
const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sharing-'));
  server = await startCacheServer();
  store = unwrap(await openStore(join(directory, 'store')));
  notices = [];
});
afterEach(async () => {
  await server.close();
  await removeTree(directory);
});

const step: Step = makeStep({
  kind: 'compile',
  subject: 'core',
  title: 'compile the core',
  inputs: {},
  actions: [],
  alsoDependsOn: {},
});
/** What packs well and needs room. */
const sizeBytes = 4 << 20;

const open = (more: Partial<SharingOptions> = {}): Sharing =>
  openSharing({
    settings: { url: server.url, mayWrite: true },
    plan: { ...planWith(), cells: [], steps: [step] },
    store,
    environment: {},
    signal: new AbortController().signal,
    notice: (text) => notices.push(text),
    ...more,
  });
/** Makes the step in the store, and writes it. */
const commit = async (): Promise<StoredStep> => {
  const entry = unwrap(await beginEntry(store, nameWork(step)));
  await mkdir(join(entry, 'tree/lib'));
  await writeFile(join(entry, 'tree/lib/large'), Buffer.alloc(sizeBytes));
  return unwrap(
    await commitEntry(store, step.fingerprint, entry, {
      version: 1,
      kind: 'step',
      id: step.id,
      fingerprint: step.fingerprint,
      title: step.title,
      startedAt: '2026-11-24T10:00:00.000Z',
      durationMs: 5,
      commands: [],
    }),
  );
};
const write = async (more: Partial<SharingOptions> = {}): Promise<void> => {
  const sharing = open(more);
  sharing.offer(step, await commit());
  await sharing.finish([step]);
};

describe('sharing steps', () => {
  it('writes a step once, and another store takes the same tree', async () => {
    await write();
    expect(notices).toEqual([expect.stringMatching(/^1 file written to the cache/)]);
    const [made, other] = [
      await lookupStep(store, step.fingerprint),
      unwrap(await openStore(join(directory, 'other'))),
    ];
    const sharing = open({ store: other });
    const found = await sharing.find(step);
    if (found === undefined || made.state !== 'present') throw new Error('it was written');
    const signal = new AbortController().signal;
    const taken = unwrap(await takeStep(step, found, { cache: sharing.cache, store: other, signal }));
    expect(taken?.listing.digest).toBe(made.stored.listing.digest);
    expect(taken?.record).toMatchObject({ startedAt: made.stored.record.startedAt, from: {} });
    expect(await lookupStep(other, step.fingerprint)).toMatchObject({ state: 'present' });
    // What came from a cache is not given to one: nobody here has made it.
    if (taken !== undefined) sharing.offer(step, taken);
    const asked = server.requests.length;
    await sharing.finish([step]);
    expect(server.requests.length).toBe(asked);
    expect(await readdir(other.tmp)).toEqual([]);
  });

  it('waits for what is written for a while, not for ever', async () => {
    server.rules.push({ method: 'PUT', path: /blobs/, answer: { do: 'silence' } });
    const startedAt = performance.now();
    await write({ policy: { finishMs: 300 } });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(notices).toEqual(['what is not written to the cache 0.3 s after the end of the run is left out']);
    expect(await readdir(store.tmp)).toEqual([]);
  });

  it('says what it cannot pack, and writes nothing of it', async () => {
    const stored = await commit();
    const sharing = open();
    await removeTree(join(stored.tree, 'lib/large'));
    sharing.offer(step, stored);
    await sharing.finish([]);
    expect(notices).toEqual(['"compile the core" is not written to the cache: it could not be packed (io-failed)']);
    expect(server.listing()).toEqual(['/v1/write-check']);
    expect(await readdir(store.tmp)).toEqual([]);
  });

  it('on a full disk takes nothing, leaves nothing half-made, and says that it is full', async (test) => {
    await write();
    const disk = join(directory, 'disk');
    await withSmallDisk(test, disk, '2m', async () => {
      const small = unwrap(await openStore(join(disk, 'store')));
      const sharing = open({ store: small, settings: { url: server.url, mayWrite: false } });
      const found = await sharing.find(step);
      if (found === undefined) throw new Error('it was written');
      const signal = new AbortController().signal;
      const taken = await takeStep(step, found, { cache: sharing.cache, store: small, signal });
      expect(taken).toMatchObject({ ok: false, error: { code: 'disk-full' } });
      expect([await readdir(small.tmp), await readdir(small.steps)]).toEqual([[], []]);
      await sharing.finish([]);
    });
  });
});
