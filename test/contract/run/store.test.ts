import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Result } from '../../../src/model/result.ts';
import {
  beginEntry,
  commitEntry,
  discardStep,
  listKeys,
  lookupStep,
  openStore,
  readStepRecord,
  verifyStored,
  type Store,
  type StoredStep,
} from '../../../src/run/store.ts';
import { flipByte } from '../../rig/pipeline.ts';

let directory: string;
let store: Store;
const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'store-'));
  store = unwrap(await openStore(join(directory, 'store')));
});
afterEach(() => removeTree(directory));

const key = 'a'.repeat(64);
type StepRecordDraft = Parameters<typeof commitEntry>[3];
const record: StepRecordDraft = {
  version: 1,
  kind: 'step',
  id: 'compile-core-aaaaaaaaaaaa',
  fingerprint: key,
  title: 'compile',
  startedAt: '2026-11-24T10:00:00.000Z',
  durationMs: 5,
  commands: [],
};
/** Fills a tree of every kind of entry. */
const fill = async (entry: string, text = 'text'): Promise<void> => {
  const tree = join(entry, 'tree');
  await mkdir(join(tree, 'bin'));
  await writeFile(join(tree, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(tree, 'file'), text);
  await symlink('file', join(tree, 'link'));
};
const commit = async (text?: string): Promise<StoredStep> => {
  const entry = unwrap(await beginEntry(store, 'work'));
  await fill(entry, text);
  return unwrap(await commitEntry(store, key, entry, record));
};

describe('a store', () => {
  it('has nothing under a key until a whole entry is committed', async () => {
    expect(await lookupStep(store, key)).toEqual({ state: 'absent' });
    const entry = unwrap(await beginEntry(store, 'work'));
    await fill(entry);
    expect(await lookupStep(store, key)).toEqual({ state: 'absent' });
    unwrap(await commitEntry(store, key, entry, record));
    const found = await lookupStep(store, key);
    expect(found).toMatchObject({ state: 'present', stored: { key, record: { treeFiles: 2, treeBytes: 14 } } });
    expect(await readdir(store.tmp)).toEqual([]);
    expect(await listKeys(store)).toEqual([key]);
  });

  it('tells a record by itself, whatever became of its tree', async () => {
    expect(await readStepRecord(store, key)).toBeUndefined();
    const stored = await commit();
    await chmod(join(stored.tree, 'file'), 0o644);
    await writeFile(join(stored.tree, 'file'), 'something else');
    expect(await readStepRecord(store, key)).toEqual(stored.record);
  });

  it('write-protects what it keeps, for everybody: files, directories and the tree itself', async () => {
    const { tree } = await commit();
    const modes = await Promise.all(
      ['', 'bin', 'bin/run', 'file'].map(async (path) => ((await lstat(join(tree, path))).mode & 0o777).toString(8)),
    );
    expect(modes).toEqual(['555', '555', '555', '444']);
  });

  it('verifies every byte, and names the file that differs', async () => {
    const stored = await commit();
    expect(await verifyStored(stored)).toEqual({ ok: true, value: undefined });
    await flipByte(join(stored.tree, 'file'));
    expect((await lookupStep(store, key)).state).toBe('present');
    expect(await verifyStored(stored)).toMatchObject({
      ok: false,
      error: {
        code: 'store-damaged',
        path: join(stored.tree, 'file'),
        expected: expect.stringMatching(/^sha256 /) as unknown,
      },
    });
  });

  it.each<[string, (tree: string) => Promise<unknown>, RegExp]>([
    ['a file that is gone', (tree) => rm(join(tree, 'file')), /file is missing/],
    ['a file more', (tree) => writeFile(join(tree, 'more'), ''), /more is not part of it/],
    ['another size', (tree) => writeFile(join(tree, 'file'), 'longer text'), /11 bytes, not 4/],
    ['another time', (tree) => writeFile(join(tree, 'file'), 'text'), /was written to/],
    [
      'a link that points elsewhere',
      async (tree) => {
        await rm(join(tree, 'link'));
        await symlink('bin', join(tree, 'link'));
      },
      /points elsewhere/,
    ],
    [
      'a file in the place of a directory',
      async (tree) => {
        await rm(join(tree, 'bin'), { recursive: true });
        await writeFile(join(tree, 'bin'), '');
      },
      /no longer a directory|is missing/,
    ],
    ['the whole tree', (tree) => removeTree(tree), /is missing|cannot be read/],
  ])('notices without reading files: %s', async (_, harm, found) => {
    const { tree } = await commit();
    await chmod(tree, 0o755);
    await harm(tree);
    const looked = await lookupStep(store, key);
    expect(looked).toMatchObject({
      state: 'damaged',
      failure: { code: 'store-damaged', found: expect.stringMatching(found) as unknown },
    });
  });

  it.each<[string, (entry: string) => Promise<unknown>]>([
    ['no record', (entry) => rm(join(entry, 'record.json'))],
    ['no listing', (entry) => rm(join(entry, 'listing.json'))],
    ['a record cut short', (entry) => writeFile(join(entry, 'record.json'), '{"version": 1, "ki')],
    ['a listing of another format', (entry) => writeFile(join(entry, 'listing.json'), '{"version": 9}')],
  ])('takes an entry with %s for damaged, not for absent', async (_, harm) => {
    await commit();
    await harm(join(store.steps, key));
    expect((await lookupStep(store, key)).state).toBe('damaged');
  });

  it('throws away an entry as a whole, read-only or not', async () => {
    await commit();
    expect(await discardStep(store, key)).toEqual({ ok: true, value: undefined });
    expect([await lookupStep(store, key), await readdir(store.tmp)]).toEqual([{ state: 'absent' }, []]);
    expect(await discardStep(store, key)).toMatchObject({ ok: false, error: { code: 'io-failed' } });
  });

  it('keeps the first of two entries with one key', async () => {
    const first = await commit('text');
    const entry = unwrap(await beginEntry(store, 'other'));
    await fill(entry, 'late');
    const second = unwrap(await commitEntry(store, key, entry, record));
    expect(second.record).toEqual(first.record);
    expect(await readFile(join(second.tree, 'file'), 'utf8')).toBe('text');
    expect(await readdir(store.tmp)).toEqual([]);
  });

  it('removes what a killed run left for the same work, and nobody else’s', async () => {
    const left = unwrap(await beginEntry(store, 'work'));
    const foreign = unwrap(await beginEntry(store, 'workshop'));
    await fill(left);
    const entry = unwrap(await beginEntry(store, 'work'));
    expect((await readdir(store.tmp)).map((name) => join(store.tmp, name)).sort()).toEqual([entry, foreign].sort());
  });

  it('says what it cannot make: a file in the place of a directory', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(await openStore(join(file, 'store'))).toMatchObject({ ok: false, error: { code: 'io-failed' } });
    await rename(store.tmp, `${store.tmp}-away`);
    await writeFile(store.tmp, '');
    expect(await beginEntry(store, 'work')).toMatchObject({ ok: false, error: { code: 'io-failed' } });
  });

  it('refuses a tree that cannot be kept', async () => {
    const entry = unwrap(await beginEntry(store, 'work'));
    const { execFileSync } = await import('node:child_process');
    execFileSync('mkfifo', [join(entry, 'tree/pipe')]);
    expect(await commitEntry(store, key, entry, record)).toMatchObject({
      ok: false,
      error: { code: 'io-failed', reason: expect.stringContaining('neither a file') as unknown },
    });
    expect(await lookupStep(store, key)).toEqual({ state: 'absent' });
  });
});
