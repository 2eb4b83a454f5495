import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCacheServer, type CacheServer } from '../rig/cache-server.ts';
import { compiling, digestsOf, editEntry, findEntry, stepsOf, swapBlob } from '../rig/cache-world.ts';
import { packTar, type RawEntry } from '../rig/hostile-archives.ts';
import { describeCall, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
let server: CacheServer;
let made: Readonly<Record<string, string>>;
let honest: ReadonlyMap<string, Buffer>;
beforeAll(async () => {
  world = await makeWorld();
  server = await startCacheServer();
  expect((await world.run(['build', '--cache', server.url, '--cache-write'])).exitCode).toBe(0);
  made = await digestsOf(world.store);
  honest = new Map(server.files);
});
// Each case begins with what an honest machine has written.
beforeEach(() => {
  server.files.clear();
  for (const [path, bytes] of honest) server.files.set(path, bytes);
});
afterAll(async () => {
  await server.close();
  await world.remove();
});

describe('an entry that is poisoned', () => {
  const folder = (name: string): RawEntry => ({ name: `${name}/`, type: '5' });
  const packed = (...entries: readonly RawEntry[]): Buffer => gzipSync(packTar([folder('tree'), ...entries]));
  const poisons: readonly (readonly [string, () => void, RegExp])[] = [
    [
      'another tree',
      () => {
        swapBlob(server, 'install-cell', packed({ name: 'tree/evil', content: 'evil' }));
      },
      /expected tree digest [0-9a-f]{64}, found tree digest [0-9a-f]{64}/,
    ],
    [
      'a tree that leaves its place',
      () => {
        swapBlob(server, 'install-cell', packed({ name: 'tree/../../../evil', content: 'evil' }));
      },
      /expected a plain tree, found the path goes up/,
    ],
    [
      'a link out of the tree',
      () => {
        swapBlob(server, 'install-cell', packed({ name: 'tree/out', type: '2', link: '../../../..' }));
      },
      /expected a plain tree, found a symlink that leaves the tree/,
    ],
    [
      'a bomb',
      () => {
        swapBlob(server, 'install-cell', packed({ name: 'tree/bomb', content: Buffer.alloc(80 << 20) }));
      },
      /expected a plain tree, found more than \d+ bytes/,
    ],
    [
      'no archive',
      () => {
        swapBlob(server, 'install-cell', Buffer.from('no archive'));
      },
      /expected a plain tree, found damaged gzip data/,
    ],
    [
      'another step’s tree',
      () => {
        editEntry(server, 'install-cell', { blob: findEntry(server, 'modules-crypto').entry.blob });
      },
      /expected tree digest/,
    ],
    [
      'another step’s entry',
      () => {
        server.files.set(
          findEntry(server, 'install-cell').path,
          server.files.get(findEntry(server, 'modules-crypto').path) ?? Buffer.alloc(0),
        );
      },
      /expected the step [0-9a-f]{12}, found the step/,
    ],
    [
      'other bytes',
      () => {
        const { entry } = findEntry(server, 'install-cell');
        server.files.set(`/v1/blobs/${entry.blob.sha256}`, Buffer.alloc(entry.blob.sizeBytes, 'x'));
      },
      /expected sha256 [0-9a-f]{64}, found sha256/,
    ],
  ];
  for (const [title, poison, said] of poisons) {
    it(`with ${title} poisons nothing: it is said once, and the step is made here`, async () => {
      const other = await mkdtemp(join(world.directory, 'other-'));
      poison();
      const calls = (await world.work()).length;
      const result = await world.run(['build', '--store', other, '--cache', server.url, '--json']);
      expect(result.exitCode).toBe(0);
      const notes = result.stderr.split('\n').filter((line) => line.includes('not what it says'));
      expect(notes).toEqual([expect.stringMatching(/^note {3}the cache's entry for "install" /)]);
      expect(notes[0]).toMatch(said);
      // What it needs was whole, and was taken.
      expect(stepsOf(result)).toMatchObject({ cached: 2, failed: 0 });
      const done = (await world.work()).slice(calls).map(describeCall);
      expect(done.filter((call) => compiling.includes(call))).toEqual([]);
      expect((await digestsOf(other))['install-cell']).toBe(made['install-cell']);
      expect(await readdir(join(other, 'v1/tmp'))).toEqual([]);
    });
  }
});
