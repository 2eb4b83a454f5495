import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractArchive, type ExtractRequest } from '../../src/io/archive.ts';
import { hostileArchives, packTar, paxRecord, type RawEntry } from '../rig/hostile-archives.ts';
import { withSmallDisk } from '../rig/small-disk.ts';

const environment = { PATH: process.env['PATH'] ?? '' };
let directory: string;
let into: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'archive-'));
  into = join(directory, 'into');
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const compressXz = (bytes: Buffer): Buffer => execFileSync('xz', ['-c0'], { input: bytes, maxBuffer: 1 << 26 });

const extract = (bytes: Buffer, more: Partial<ExtractRequest> = {}): ReturnType<typeof extractArchive> => {
  const archive = join(directory, 'archive');
  writeFileSync(archive, bytes);
  return extractArchive({ archive, format: 'tar.gz', root: 'src', into, environment, ...more });
};

const good: readonly RawEntry[] = [
  { name: 'pax_global_header', type: 'g', content: paxRecord('comment', 'abc') },
  { name: 'src/', type: '5', mode: 0o775, mtime: 1_600_000_000 },
  { name: 'src/run.sh', content: '#!/bin/sh\n', mode: 0o700, mtime: 1_600_000_001 },
  { name: 'src/deep/er/file.c', content: 'int x;\n', mode: 0o600, mtime: 1_600_000_002 },
  { name: 'src/empty', mtime: 1_600_000_003 },
  { name: 'src/deep/link', type: '2', link: '../run.sh', mtime: 1_600_000_004 },
  { name: 'src/dangling', type: '2', link: 'nothing/here' },
  { name: 'src/copy', type: '1', link: './src/run.sh' },
  { name: 'pax', type: 'x', content: paxRecord('path', `src/${'long-'.repeat(30)}é`) },
  { name: 'src/short', content: 'long\n' },
  { name: 'tests/other.c', content: 'not wanted\n' },
];

describe('extractArchive', () => {
  it.each(['tar', 'tar.gz', 'tar.xz'] as const)('unpacks what is under the root of a %s', async (format) => {
    const tar = packTar(good);
    const bytes = format === 'tar' ? tar : format === 'tar.gz' ? gzipSync(tar) : compressXz(tar);
    const extracted = await extract(bytes, { format });
    expect(extracted).toEqual({ ok: true, value: { entries: 8, bytes: 10 + 7 + 0 + 10 + 5 } });
    expect(readdirSync(into).sort()).toEqual(
      ['copy', 'dangling', 'deep', 'empty', `${'long-'.repeat(30)}é`, 'run.sh'].sort(),
    );
    expect(readFileSync(join(into, 'deep/er/file.c'), 'utf8')).toBe('int x;\n');
    expect(readFileSync(join(into, 'copy'), 'utf8')).toBe('#!/bin/sh\n');
    expect(readlinkSync(join(into, 'deep/link'))).toBe('../run.sh');
    const seen = ['', 'run.sh', 'deep', 'deep/er/file.c', 'deep/link'].map((name) => {
      const stat = lstatSync(join(into, name));
      return [name, (stat.mode & 0o7777).toString(8), stat.mtimeMs / 1000];
    });
    expect(seen).toEqual([
      ['', '755', 1_600_000_000],
      ['run.sh', '755', 1_600_000_001],
      ['deep', '755', 1_600_000_002],
      ['deep/er/file.c', '644', 1_600_000_002],
      ['deep/link', '777', 1_600_000_004],
    ]);
  });

  it('gives the same tree whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      expect((await extract(gzipSync(packTar(good)))).ok).toBe(true);
    } finally {
      process.umask(before);
    }
    expect(lstatSync(join(into, 'deep/er')).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(into, 'deep/er/file.c')).mode & 0o777).toBe(0o644);
  });

  it.each(hostileArchives)('refuses $title and keeps nothing', async ({ tar, reason, limits }) => {
    const extracted = await extract(gzipSync(tar), limits === undefined ? {} : { limits });
    expect(extracted).toMatchObject({ ok: false, error: { code: 'archive-refused', archive: 'archive' } });
    if (!extracted.ok && extracted.error.code === 'archive-refused') expect(extracted.error.reason).toMatch(reason);
    expect(readdirSync(directory)).toEqual(['archive']);
  });

  it('leaves an empty directory empty when it refuses', async () => {
    mkdirSync(into);
    const extracted = await extract(gzipSync(packTar([...good, { name: '/evil' }])));
    expect(extracted).toMatchObject({ error: { code: 'archive-refused', entry: '/evil', reason: 'an absolute path' } });
    expect(readdirSync(into)).toEqual([]);
  });

  it('does not touch a directory that has something in it', async () => {
    mkdirSync(into);
    writeFileSync(join(into, 'mine'), '');
    expect(await extract(gzipSync(packTar(good)))).toMatchObject({ error: { code: 'io-failed', path: into } });
    expect(readdirSync(into)).toEqual(['mine']);
  });

  it('refuses cut and damaged compressed data', async () => {
    const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 251));
    const tar = packTar([...good, { name: 'src/noise', content: noise }]);
    const gz = gzipSync(tar);
    const xz = compressXz(tar);
    const flip = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(copy.length - 12) ^ 0xff, copy.length - 12);
      return copy;
    };
    const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 20);
    for (const [bytes, format] of [
      [cut(gz), 'tar.gz'],
      [flip(gz), 'tar.gz'],
      [cut(xz), 'tar.xz'],
      [flip(xz), 'tar.xz'],
      [gz, 'tar.xz'],
    ] as const) {
      const extracted = await extract(bytes, { format });
      expect(extracted).toMatchObject({ ok: false, error: { code: 'archive-refused' } });
      if (!extracted.ok && extracted.error.code === 'archive-refused') {
        expect(extracted.error.reason).toMatch(/damaged (gzip|xz|tar) data|end of the archive/);
        expect(extracted.error.reason).not.toContain(directory);
      }
      expect(readdirSync(directory)).toEqual(['archive']);
    }
  });

  it('stops a bomb of zeros behind the end of the archive', async () => {
    const bomb = gzipSync(Buffer.concat([packTar(good), Buffer.alloc(8 << 20)]));
    const extracted = await extract(bomb, { limits: { totalBytes: 1 << 20 } });
    expect(extracted).toMatchObject({ error: { code: 'archive-refused', reason: 'more than 1048576 bytes' } });
  });

  it('says that xz is missing', async () => {
    const extracted = await extract(compressXz(packTar(good)), { format: 'tar.xz', environment: { PATH: directory } });
    expect(extracted).toMatchObject({ error: { code: 'tool-missing', tool: 'xz' } });
    expect(readdirSync(directory)).toEqual(['archive']);
  });

  it('says that the archive is missing', async () => {
    const archive = join(directory, 'none');
    const extracted = await extractArchive({ archive, format: 'tar.gz', root: 'src', into, environment });
    expect(extracted).toMatchObject({ error: { code: 'io-failed', path: archive } });
  });

  it('keeps nothing when it is interrupted', async () => {
    const controller = new AbortController();
    const big = packTar([...good, { name: 'src/big', content: Buffer.alloc(64 << 20, 'x') }]);
    const running = extract(compressXz(big), { format: 'tar.xz', signal: controller.signal });
    setTimeout(() => {
      controller.abort('SIGINT');
    }, 30);
    expect(await running).toEqual({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
    expect(readdirSync(directory)).toEqual(['archive']);
  });

  it('says that the disk is full, and keeps nothing', async (test) => {
    const disk = join(directory, 'disk');
    await withSmallDisk(test, disk, '64k', async () => {
      const tar = packTar([...good, { name: 'src/big', content: Buffer.alloc(1 << 20, 'x') }]);
      const full = join(disk, 'into');
      expect(await extract(gzipSync(tar), { into: full })).toMatchObject({ error: { code: 'disk-full', path: full } });
      expect(readdirSync(disk)).toEqual([]);
    });
  });
});
