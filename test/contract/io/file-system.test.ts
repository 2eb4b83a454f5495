import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFileSystem, findLockLimit, isShared } from '../../../src/io/file-system.ts';
import { removeTree } from '../../../src/io/files.ts';
import { checkLocks } from '../../../src/io/lock-check.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-system-'));
});
afterEach(() => removeTree(directory));

/** Lines as the kernel writes them: proc(5). */
const tellMounts = async (...lines: readonly string[]): Promise<void> => {
  await mkdir(join(directory, 'proc/self'), { recursive: true });
  await writeFile(join(directory, 'proc/self/mountinfo'), `${lines.join('\n')}\n`);
};

describe('the file system of a place', () => {
  it('is what the kernel says of this machine', async () => {
    expect(await findFileSystem(directory)).toMatchObject({
      type: expect.stringMatching(/^[a-z]/) as string,
      mountPoint: expect.stringMatching(/^\//) as string,
    });
  });

  it('is that of the nearest mount, also of a place that is yet to be made, and of the last of two', async () => {
    const place = join(directory, 'with space');
    await mkdir(place);
    await tellMounts(
      '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      `40 22 0:50 / ${place.replace(' ', '\\040')} rw,relatime shared:20 - tmpfs none rw`,
      `41 22 0:51 / ${place.replace(' ', '\\040')} rw,relatime shared:21 master:1 - nfs4 server:/store rw,vers=4.2,local_lock=none`,
      '42 22 0:52 / /elsewhere rw - lustre x rw',
    );
    expect(await findFileSystem(join(place, 'not/there/yet'), directory)).toEqual({
      type: 'nfs4',
      mountPoint: place,
      options: ['rw', 'relatime', 'rw', 'vers=4.2', 'local_lock=none'],
    });
    expect(await findFileSystem(`${place}-other`, directory)).toMatchObject({ type: 'ext4', mountPoint: '/' });
    expect(await findFileSystem(place, join(directory, 'nowhere'))).toBe(undefined);
  });

  it('can be of several machines, or is of one', () => {
    const types = ['nfs', 'nfs4', 'cifs', 'lustre', 'ceph', 'virtiofs', 'fuse.sshfs', 'fuse.whatever', 'fuse'];
    const own = ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay', 'zfs', 'fuseblk', 'fuse.fuse-overlayfs', 'fuse.bindfs'];
    const judge = (type: string): boolean => isShared({ type, mountPoint: '/', options: [] });
    expect(types.filter((type) => !judge(type))).toEqual([]);
    expect(own.filter(judge)).toEqual([]);
  });

  it('tells by its mount where locks are of one machine only', () => {
    const limit = (type: string, ...options: readonly string[]): string | undefined =>
      findLockLimit({ type, mountPoint: '/', options });
    expect(limit('nfs4', 'rw', 'local_lock=none')).toBe(undefined);
    expect(limit('nfs', 'nolock')).toContain('nolock');
    expect(limit('nfs', 'local_lock=flock')).toContain('local_lock=flock');
    expect(limit('cifs', 'nobrl')).toContain('nobrl');
    expect([limit('lustre', 'flock'), limit('lustre', 'localflock')]).toEqual([undefined, expect.any(String)]);
    expect(limit('fuse.sshfs')).toContain('one machine only');
    expect(limit('ext4')).toBe(undefined);
  });
});

describe('locks', () => {
  it('that hold are found to hold, and the check leaves nothing', async () => {
    expect(await checkLocks(directory, new AbortController().signal)).toEqual({ ok: true, value: true });
    expect(await readdir(directory)).toEqual([]);
  });

  it('that keep nobody out are found out', async () => {
    const { PATH } = process.env;
    // A flock that only says that it has locked.
    await writeFile(join(directory, 'flock'), '#!/bin/sh\necho held\nexec cat >/dev/null\n', { mode: 0o755 });
    process.env['PATH'] = `${directory}:${PATH ?? ''}`;
    try {
      expect(await checkLocks(join(directory, 'locks'), new AbortController().signal)).toEqual({
        ok: true,
        value: false,
      });
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  it('that cannot be taken are said', async () => {
    await writeFile(join(directory, 'file'), '');
    expect(await checkLocks(join(directory, 'file'), new AbortController().signal)).toMatchObject({
      ok: false,
      error: { code: 'io-failed' },
    });
  });
});
