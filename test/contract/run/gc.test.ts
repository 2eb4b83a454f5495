import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { collectGarbage } from '../../../src/run/gc.ts';
import { openStore, type Store } from '../../../src/run/store.ts';

const minuteMs = 60_000;
let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gc-'));
  const opened = await openStore(directory);
  if (!opened.ok) throw new Error(opened.error.code);
  store = opened.value;
});
afterEach(() => rm(directory, { recursive: true }));

/** What is removed by a collection so many minutes from now. */
const removedAfter = async (minutes: number): Promise<readonly string[]> => {
  const nowMs = Date.now() + minutes * minuteMs;
  const collected = await collectGarbage(store, { nowMs, signal: new AbortController().signal });
  if (!collected.ok) throw new Error(JSON.stringify(collected.error));
  return collected.value.removed.map(({ path }) => path).sort();
};

it('takes scratch that nobody is named for as left behind after an hour without a write', async () => {
  const sha256 = 'a'.repeat(64);
  const foreign = `.${sha256}.00000000-1-00000000-0000-4000-8000-000000000000.part`;
  await writeFile(join(store.downloads, `.${sha256}.b.tmp`), 'copied');
  await writeFile(join(store.downloads, `.${sha256}.part.source`), 'orphan');
  await writeFile(join(store.downloads, foreign), 'of another machine');
  await mkdir(join(store.downloads, '.cpython-awslc-x'));
  await writeFile(join(store.downloads, '.cpython-awslc-x', 'archive'), 'by apt');
  await mkdir(join(store.tmp, 'adopt-1-00000000-0000-4000-8000-000000000000'));
  await mkdir(join(store.tmp, 'discarded-00000000-0000-4000-8000-000000000000'));
  expect(await removedAfter(0)).toEqual(['tmp/discarded-00000000-0000-4000-8000-000000000000']);
  expect(await removedAfter(59)).toEqual([]);
  expect(await removedAfter(61)).toEqual([
    `downloads/.${sha256}.b.tmp`,
    `downloads/.${sha256}.part.source`,
    'downloads/.cpython-awslc-x',
    'tmp/adopt-1-00000000-0000-4000-8000-000000000000',
  ]);
  // A part goes by its real age: claiming one needs it too.
  expect(await readdir(store.downloads)).toEqual([foreign]);
});

it('takes an unfinished run of nobody known for left behind after a day', async () => {
  await mkdir(join(store.runs, '20261124T080000Z-abcdef', 'logs'), { recursive: true });
  expect(await removedAfter(23 * 60)).toEqual([]);
  expect(await removedAfter(25 * 60)).toEqual(['runs/20261124T080000Z-abcdef']);
});

it('stops when it is interrupted', async () => {
  await mkdir(join(store.work, '0123456789ab'));
  const signal = AbortSignal.abort('SIGINT');
  const collected = await collectGarbage(store, { nowMs: Date.now(), signal });
  expect(collected).toEqual({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
});

it('drops old answers of configure when an age is given, and what was left behind while it was written', async () => {
  await writeFile(join(store.answers, 'a'.repeat(64)), 'answers');
  await writeFile(join(store.answers, '.00000000-0000-4000-8000-000000000000.tmp'), 'half');
  expect(await removedAfter(59)).toEqual([]);
  expect(await removedAfter(61)).toEqual(['answers/.00000000-0000-4000-8000-000000000000.tmp']);
  const nowMs = Date.now() + 3 * minuteMs;
  const collected = await collectGarbage(store, { nowMs, olderThanMs: minuteMs, signal: new AbortController().signal });
  if (!collected.ok) throw new Error(collected.error.code);
  expect(collected.value.removed.map(({ path }) => path)).toEqual([`answers/${'a'.repeat(64)}`]);
});

it('drops matrices that were given to an engine when an age is given', async () => {
  await mkdir(join(store.matrices, '20260101t000000-abcdef', 'tasks'), { recursive: true });
  expect(await removedAfter(61)).toEqual([]);
  const nowMs = Date.now() + 3 * minuteMs;
  const collected = await collectGarbage(store, { nowMs, olderThanMs: minuteMs, signal: new AbortController().signal });
  if (!collected.ok) throw new Error(collected.error.code);
  expect(collected.value.removed.map(({ path }) => path)).toEqual(['matrices/20260101t000000-abcdef']);
});

it('drops what bisects have asked when an age is given', async () => {
  await writeFile(join(store.bisects, `${'b'.repeat(64)}.json`), '{}');
  expect(await removedAfter(61)).toEqual([]);
  const nowMs = Date.now() + 3 * minuteMs;
  const collected = await collectGarbage(store, { nowMs, olderThanMs: minuteMs, signal: new AbortController().signal });
  if (!collected.ok) throw new Error(collected.error.code);
  expect(collected.value.removed).toMatchObject([
    {
      path: `bisects/${'b'.repeat(64)}.json`,
      what: `progress of a bisect of ${new Date().toISOString().slice(0, 10)}`,
    },
  ]);
});
