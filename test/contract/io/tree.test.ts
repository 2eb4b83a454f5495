import { execFileSync } from 'node:child_process';
import { chmod, copyFile, lstat, mkdir, mkdtemp, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyTree } from '../../../src/io/copy.ts';
import { removeTree } from '../../../src/io/files.ts';
import { expandPattern } from '../../../src/io/pattern.ts';
import { substituteFiles } from '../../../src/io/substitute.ts';
import { compareStat, listTree, setWritable } from '../../../src/io/tree.ts';
import type { TreeListing } from '../../../src/model/listing.ts';

let directory: string;
let tree: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tree-'));
  tree = join(directory, 'tree');
  await make(tree, ['b', 'a/x', 'a/y', 'Z']);
});
afterEach(() => removeTree(directory));

const make = async (root: string, order: readonly string[]): Promise<void> => {
  await mkdir(join(root, 'a'), { recursive: true });
  for (const name of order) await writeFile(join(root, name), `text of ${name}`);
  await symlink('../b', join(root, 'a/link'));
};
const list = async (root: string): Promise<TreeListing> => {
  const listed = await listTree(root);
  if (!listed.ok) throw new Error(JSON.stringify(listed.error));
  return listed.value;
};
const digest = async (root = tree): Promise<string> => (await list(root)).digest;
const options = { env: { PATH: '/usr/bin:/bin' }, signal: new AbortController().signal };

describe('a tree’s digest', () => {
  it('does not depend on times, place, owner’s write bit, or the order in which it was made', async () => {
    const before = await digest();
    await utimes(join(tree, 'b'), 1, 1);
    await chmod(join(tree, 'b'), 0o444);
    expect(await digest()).toBe(before);
    await rename(tree, join(directory, 'elsewhere'));
    expect(await digest(join(directory, 'elsewhere'))).toBe(before);
    await make(join(directory, 'again'), ['Z', 'a/y', 'b', 'a/x']);
    expect(await digest(join(directory, 'again'))).toBe(before);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a byte', () => writeFile(join(tree, 'b'), 'text of B')],
    ['a name', () => rename(join(tree, 'b'), join(tree, 'c'))],
    ['an executable bit', () => chmod(join(tree, 'b'), 0o755)],
    [
      'a link’s target',
      async () => {
        await removeTree(join(tree, 'a/link'));
        await symlink('../Z', join(tree, 'a/link'));
      },
    ],
    [
      'a file in the place of a link',
      async () => {
        await removeTree(join(tree, 'a/link'));
        await writeFile(join(tree, 'a/link'), '../b');
      },
    ],
    ['an empty directory', () => mkdir(join(tree, 'empty'))],
    ['where a file lies', () => rename(join(tree, 'a/x'), join(tree, 'x'))],
  ])('depends on %s', async (_, change) => {
    const before = await digest();
    await change();
    expect(await digest()).not.toBe(before);
  });

  it('is of a listing in code-unit order', async () => {
    expect((await list(tree)).entries.map(({ path }) => path)).toEqual(['Z', 'a', 'a/link', 'a/x', 'a/y', 'b']);
  });

  it('is the same for large files, which are read in a stream', async () => {
    const [one, two] = [join(tree, 'one'), join(directory, 'two')];
    await writeFile(one, Buffer.alloc(33 * 1024 * 1024, 7));
    await copyFile(one, two);
    const expected = execFileSync('sha256sum', [two], { encoding: 'utf8' }).split(' ')[0];
    expect((await list(tree)).entries.find(({ path }) => path === 'one')?.content).toBe(expected);
  });

  it('fails for what is not there', async () => {
    expect(await listTree(join(directory, 'nothing'))).toMatchObject({ ok: false, error: { code: 'io-failed' } });
  });
});

describe('write protection', () => {
  it('is given and taken back, and changes nothing that is compared', async () => {
    const listing = await list(tree);
    await setWritable(tree, listing, false);
    const mode = async (path: string): Promise<number> => (await lstat(join(tree, path))).mode & 0o777;
    expect([await mode(''), await mode('a'), await mode('a/x')]).toEqual([0o555, 0o555, 0o444]);
    expect([compareStat(tree, listing), await digest()]).toEqual([undefined, listing.digest]);
    await setWritable(tree, listing, true);
    expect([await mode(''), await mode('a'), await mode('a/x')]).toEqual([0o755, 0o755, 0o644]);
  });
});

describe('a copy', () => {
  it('has the same bytes, times, modes and links, and may be changed', async () => {
    await setWritable(tree, await list(tree), false);
    const to = join(directory, 'deep/copy');
    expect(await copyTree({ from: tree, to, linked: false, ...options })).toEqual({ ok: true, value: undefined });
    expect(await digest(to)).toBe(await digest());
    expect((await lstat(join(to, 'b'))).mtimeMs).toBe((await lstat(join(tree, 'b'))).mtimeMs);
    expect(((await lstat(join(to, 'b'))).mode & 0o200) !== 0).toBe(true);
    await writeFile(join(to, 'b'), 'changed');
    expect(await readFile(join(tree, 'b'), 'utf8')).toBe('text of b');
  });

  it('by hard links lets directories be filled, and leaves the files as they are', async () => {
    await setWritable(tree, await list(tree), false);
    const to = join(directory, 'linked');
    await copyTree({ from: tree, to, linked: true, ...options });
    const [one, other] = [await lstat(join(tree, 'b')), await lstat(join(to, 'b'))];
    expect([one.ino, one.mode & 0o777]).toEqual([other.ino, 0o444]);
    expect((await lstat(join(to, 'a'))).mode & 0o200).not.toBe(0);
  });

  it('of a pattern goes into a directory; of nothing it fails', async () => {
    const to = `${join(directory, 'into')}/`;
    await copyTree({ from: join(tree, 'a/*'), to, linked: false, ...options });
    expect(await expandPattern(join(directory, 'into/*'))).toEqual(
      ['link', 'x', 'y'].map((name) => join(directory, 'into', name)),
    );
    expect(await copyTree({ from: join(tree, 'none*'), to, linked: false, ...options })).toMatchObject({
      ok: false,
      error: { code: 'io-failed', reason: 'nothing is there' },
    });
  });
});

describe('a pattern', () => {
  it('stands for existing paths in order; everything but * is itself', async () => {
    await writeFile(join(tree, 'x.so'), '');
    await writeFile(join(tree, 'xaso'), '');
    await writeFile(join(tree, '[x].so'), '');
    const names = async (pattern: string): Promise<readonly string[]> =>
      (await expandPattern(join(tree, pattern))).map((path) => path.slice(tree.length + 1));
    expect(await names('x.*')).toEqual(['x.so']);
    expect(await names('[x].*')).toEqual(['[x].so']);
    expect(await names('*/*')).toEqual(['a/link', 'a/x', 'a/y']);
    expect(await names('a/link')).toEqual(['a/link']);
    expect(await names('none')).toEqual([]);
  });
});

describe('a substitution', () => {
  it('makes a new file, so that another hard link keeps the old text', async () => {
    const copy = join(directory, 'linked');
    await copyTree({ from: tree, to: copy, linked: true, ...options });
    await chmod(join(copy, 'b'), 0o555);
    const replaced = await substituteFiles([join(copy, 'b')], [{ from: 'text of', to: 'another' }], 'failure');
    expect(replaced.ok).toBe(true);
    expect([await readFile(join(copy, 'b'), 'utf8'), await readFile(join(tree, 'b'), 'utf8')]).toEqual([
      'another b',
      'text of b',
    ]);
    expect((await lstat(join(copy, 'b'))).mode & 0o777).toBe(0o755);
  });

  it('takes texts as they are, in order, everywhere; what does not have them stays the same file', async () => {
    await writeFile(join(tree, 'b'), 'a.c abc $& a.c');
    const inode = (await lstat(join(tree, 'Z'))).ino;
    await substituteFiles(
      [join(tree, '*')].map((pattern) => pattern.replace('*', 'b')),
      [
        { from: 'a.c', to: '$&' },
        { from: '$&', to: 'x' },
      ],
      'failure',
    );
    expect(await readFile(join(tree, 'b'), 'utf8')).toBe('x abc x x');
    await substituteFiles([join(tree, 'Z')], [{ from: 'nothing', to: 'x' }], 'failure');
    expect((await lstat(join(tree, 'Z'))).ino).toBe(inode);
  });

  it('of nothing is a failure unless it may be', async () => {
    expect(await substituteFiles([join(tree, 'none*')], [], 'failure')).toMatchObject({
      ok: false,
      error: { code: 'io-failed' },
    });
    expect((await substituteFiles([join(tree, 'none*')], [], 'optional')).ok).toBe(true);
  });
});
