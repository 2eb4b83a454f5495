import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { keptBuildSchema, type KeptBuild } from '../../../src/model/kept.ts';
import type { Result } from '../../../src/model/result.ts';
import { openKept, stateOfKept, type KeptTree } from '../../../src/run/kept.ts';
import { openStore, type Store } from '../../../src/run/store.ts';
import { withSmallDisk } from '../../rig/small-disk.ts';

let directory: string;
const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kept-'));
});
afterEach(() => removeTree(directory));

/** Opens the tree of a checkout, and builds something in it. */
const openBuilt = async (store: Store, content = 'content', checkout = '/mine'): Promise<KeptTree> => {
  const tree = unwrap(
    await openKept({
      store,
      key: 'a'.repeat(64),
      checkout,
      content,
      title: 'compile AWS-LC',
      signal: new AbortController().signal,
      notice: () => undefined,
    }),
  );
  await mkdir(join(tree.path, 'build'), { recursive: true });
  await writeFile(join(tree.path, 'build/a.o'), 'x');
  return tree;
};

describe('a kept build tree', () => {
  it.each<[Failure | undefined, boolean]>([
    [undefined, true],
    [{ code: 'interrupted', signal: 'SIGINT' }, true],
    [{ code: 'disk-full', path: '/mine', next: '' }, false],
  ])('after %j it is there: %j', async (failure, isThere) => {
    const tree = await openBuilt(unwrap(await openStore(directory)));
    unwrap(await tree.close(failure));
    await tree.release();
    expect(existsSync(tree.path)).toBe(isThere);
  });

  it('names the contents that it was of before, the last fifty, and not the one that it went back to', async () => {
    const store = unwrap(await openStore(directory));
    const buildIt = async (content: string): Promise<string> => {
      const tree = await openBuilt(store, content);
      unwrap(await tree.close(undefined));
      await tree.release();
      return stateOfKept(tree.path);
    };
    const read = async (file: string): Promise<KeptBuild> =>
      keptBuildSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const file = await buildIt('one');
    const first = await read(file);
    expect(first.past).toEqual([]);
    const earlier = Array.from({ length: 50 }, (_, index) => `earlier ${index}`);
    await writeFile(file, JSON.stringify({ ...first, past: earlier }));
    await buildIt('two');
    expect((await read(file)).past).toEqual([...earlier.slice(1), 'one']);
    await buildIt('one');
    expect((await read(file)).past).toEqual([...earlier.slice(1), 'two']);
    // As it was written before it had this.
    await writeFile(file, JSON.stringify({ ...(await read(file)), past: undefined }));
    await buildIt('three');
    expect((await read(file)).past).toEqual(['one']);
  });

  it('goes when the disk has no room for what is known of it', async (test) => {
    const disk = join(directory, 'disk');
    await withSmallDisk(test, disk, '64k', async () => {
      const store = unwrap(await openStore(disk));
      const tree = await openBuilt(store);
      await writeFile(join(disk, 'fill'), Buffer.alloc(65536)).catch(() => undefined);
      expect(await tree.close(undefined)).toMatchObject({ ok: false, error: { code: 'disk-full' } });
      await tree.release();
      expect(existsSync(tree.path)).toBe(false);
    });
  });
});
