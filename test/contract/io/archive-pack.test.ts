import { execFileSync } from 'node:child_process';
import { link, lutimes, mkdir, mkdtemp, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packTree, type Packed } from '../../../src/io/archive-pack.ts';
import { extractArchive } from '../../../src/io/archive.ts';
import { removeTree } from '../../../src/io/files.ts';
import { listTree } from '../../../src/io/tree.ts';
import type { TreeListing } from '../../../src/model/listing.ts';
import type { Result } from '../../../src/model/result.ts';
import { flipByte } from '../../rig/pipeline.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pack-'));
});
afterEach(() => removeTree(directory));

const time = new Date('2026-11-28T12:00:00.700Z');
const longName = `${'long-'.repeat(30)}/${'name-'.repeat(40)}`;

/** A tree of every kind of entry that a store has. */
const makeTree = async (name: string): Promise<string> => {
  const tree = join(directory, name);
  await mkdir(join(tree, 'bin'), { recursive: true });
  await mkdir(join(tree, 'empty'));
  await mkdir(join(tree, longName.slice(0, longName.indexOf('/'))));
  await writeFile(join(tree, 'bin/run'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(tree, longName), 'far down');
  await writeFile(join(tree, 'ümlaut'), Buffer.alloc(300_000, 7));
  await writeFile(join(tree, 'nothing'), '');
  await symlink('bin/run', join(tree, 'link'));
  await symlink(`x/${'far-'.repeat(40)}`, join(tree, 'dangling'));
  for (const path of [
    'link',
    'dangling',
    'bin/run',
    longName,
    'ümlaut',
    'nothing',
    'bin',
    'empty',
    dirname(longName),
  ]) {
    await lutimes(join(tree, path), time, time);
  }
  return tree;
};
const list = async (tree: string): Promise<TreeListing> => {
  const listed = await listTree(tree);
  if (!listed.ok) throw new Error(JSON.stringify(listed.error));
  return listed.value;
};
const pack = async (tree: string, into: string, listing?: TreeListing): Promise<Result<Packed>> =>
  packTree({
    tree,
    listing: listing ?? (await list(tree)),
    root: 'tree',
    into: join(directory, into),
    signal: new AbortController().signal,
  });

describe('packing a tree', () => {
  it('gives what the reader of archives makes the same tree of', async () => {
    const tree = await makeTree('a');
    expect(await pack(tree, 'blob')).toMatchObject({ ok: true });
    const into = join(directory, 'out');
    const extracted = await extractArchive({
      archive: join(directory, 'blob'),
      format: 'tar.gz',
      root: 'tree',
      into,
      environment: {},
    });
    expect(extracted).toMatchObject({ ok: true });
    expect((await list(into)).digest).toBe((await list(tree)).digest);
    // To the second: what a .pyc file says of its source still holds.
    expect((await stat(join(into, 'ümlaut'))).mtime.toISOString()).toBe('2026-11-28T12:00:00.000Z');
  });

  it('gives the same bytes whatever is linked how, and tar reads them', async () => {
    const [one, other] = [await makeTree('a'), await makeTree('b')];
    // Less than a second is not told apart.
    await utimes(join(other, 'ümlaut'), time, new Date(time.getTime() + 100));
    // A hard link is packed as a file of its own.
    await link(join(other, 'bin/run'), join(directory, 'second-name'));
    const [first, second] = [await pack(one, 'first'), await pack(other, 'second')];
    expect(first).toMatchObject({ ok: true });
    expect(second).toEqual(first);
    expect((await readFile(join(directory, 'first'))).equals(await readFile(join(directory, 'second')))).toBe(true);
    const names = execFileSync('tar', ['-tzf', join(directory, 'first')], { encoding: 'utf8' }).split('\n');
    expect(names).toContain(`tree/${longName}`);
  });

  it('packs nothing but what was listed', async () => {
    const tree = await makeTree('a');
    const listing = await list(tree);
    await flipByte(join(tree, 'ümlaut'));
    expect(await pack(tree, 'blob', listing)).toMatchObject({ ok: false, error: { code: 'store-damaged' } });
  });

  it('says that a file is gone, and that it was interrupted', async () => {
    const tree = await makeTree('a');
    const listing = await list(tree);
    await removeTree(join(tree, 'nothing'));
    expect(await pack(tree, 'blob', listing)).toMatchObject({ ok: false, error: { code: 'io-failed' } });
    const stopped = await packTree({
      tree,
      listing,
      root: 'tree',
      into: join(directory, 'other'),
      signal: AbortSignal.abort('SIGINT'),
    });
    expect(stopped).toMatchObject({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
  });
});
