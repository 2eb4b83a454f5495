import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OriginContext } from '../../src/io/origins/context.ts';
import { fetchFromGit } from '../../src/io/origins/git.ts';
import { copySourceTree } from '../../src/io/origins/path.ts';
import { listTree } from '../../src/io/tree.ts';

let directory: string;
let repository: string;
let into: string;

const gitEnvironment = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.invalid',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.invalid',
  GIT_AUTHOR_DATE: '2024-01-02T03:04:05Z',
  GIT_COMMITTER_DATE: '2024-01-02T03:04:05Z',
};
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', repository, ...args], { env: gitEnvironment, encoding: 'utf8', stdio: 'pipe' }).trim();
const commit = (message: string): string => {
  git('add', '-A');
  git('commit', '-q', '-m', message);
  return git('rev-parse', 'HEAD');
};
const context = (more: Partial<OriginContext> = {}): OriginContext => ({
  downloadsDir: join(directory, 'downloads'),
  offline: false,
  mirrors: [],
  callerEnvironment: { PATH: gitEnvironment.PATH, HOME: directory },
  ...more,
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trees-'));
  repository = join(directory, 'aws-lc');
  into = join(directory, 'trees', 'into');
  mkdirSync(join(repository, 'crypto'), { recursive: true });
  execFileSync('git', ['init', '-q', '-b', 'main', repository], { env: gitEnvironment });
  writeFileSync(join(repository, 'crypto', 'a.c'), 'int a;\n');
  writeFileSync(join(repository, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('crypto/a.c', join(repository, 'link.c'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('fetchFromGit', () => {
  it('places the tree of a branch, tag, commit or short commit, and says which commit it was', async () => {
    const first = commit('one');
    git('tag', '-a', 'v1', '-m', 'v1');
    git('branch', 'topic/x');
    writeFileSync(join(repository, 'later.c'), '');
    const second = commit('two');
    for (const [ref, expected] of [
      ['main', second],
      ['v1', first],
      ['topic/x', first],
      [first, first],
      [first.slice(0, 10), first],
    ] as const) {
      const fetched = await fetchFromGit({ repository: `file://${repository}`, ref }, into, context());
      expect(fetched).toEqual({ ok: true, value: { commit: expected } });
      const files = ['crypto', ...(expected === second ? ['later.c'] : []), 'link.c', 'run.sh'];
      expect(readdirSync(into).sort()).toEqual(files);
      expect(readdirSync(join(directory, 'trees'))).toEqual(['into']);
      rmSync(into, { recursive: true });
    }
  });

  it('gives the commit’s own bytes, modes and times, whatever attributes and settings say', async () => {
    writeFileSync(
      join(repository, '.gitattributes'),
      '*.c export-ignore text eol=crlf\nid export-subst ident filter=evil\n',
    );
    writeFileSync(join(repository, 'id'), '$Format:%H$ $Id$\n');
    commit('one');
    writeFileSync(join(directory, '.gitconfig'), '[core]\n\tautocrlf = true\n[filter "evil"]\n\tsmudge = echo evil\n');
    expect((await fetchFromGit({ repository, ref: 'main' }, into, context())).ok).toBe(true);
    expect(readFileSync(join(into, 'crypto/a.c'), 'utf8')).toBe('int a;\n');
    expect(readFileSync(join(into, 'id'), 'utf8')).toBe('$Format:%H$ $Id$\n');
    expect(readlinkSync(join(into, 'link.c'))).toBe('crypto/a.c');
    const modes = ['run.sh', 'crypto/a.c'].map((name) => lstatSync(join(into, name)).mode & 0o7777);
    expect(modes).toEqual([0o755, 0o644]);
    expect(lstatSync(join(into, 'run.sh')).mtimeMs).toBe(Date.parse('2024-01-02T03:04:05Z'));
  });

  it('refuses a tree that would leave its place', async () => {
    symlinkSync('../../../etc', join(repository, 'out'));
    commit('evil');
    expect(await fetchFromGit({ repository, ref: 'main' }, into, context())).toMatchObject({
      error: { code: 'archive-refused', archive: 'git aws-lc main', entry: 'tree/out' },
    });
    expect(readdirSync(join(directory, 'trees'))).toEqual([]);
  });

  it('says what git said, without address or credentials', async () => {
    commit('one');
    const unknown = await fetchFromGit({ repository, ref: 'nothing' }, into, context());
    expect(unknown).toMatchObject({ error: { code: 'origins-exhausted', subject: 'git aws-lc nothing' } });
    const secret = await fetchFromGit({ repository: 'http://user:pw@127.0.0.1:1/x.git', ref: 'main' }, into, context());
    expect(secret).toMatchObject({ error: { code: 'origins-exhausted', subject: 'git x.git main' } });
    expect(JSON.stringify([unknown, secret])).not.toMatch(/pw|127\.0\.0\.1|trees-/);
    expect(
      await fetchFromGit({ repository, ref: 'main' }, into, context({ programs: { git: 'no-git' } })),
    ).toMatchObject({
      error: { code: 'origins-exhausted', attempts: [{ reason: 'no no-git here' }] },
    });
  });

  it('takes no option or refspec for a ref, and no network when offline', async () => {
    for (const ref of ['--upload-pack=evil', '+main:main', 'a..b', '']) {
      expect(await fetchFromGit({ repository, ref }, into, context())).toMatchObject({ error: { code: 'usage' } });
    }
    expect(await fetchFromGit({ repository: '--evil', ref: 'main' }, into, context())).toMatchObject({
      error: { code: 'usage' },
    });
    const remote = { repository: 'https://example.invalid/x.git', ref: 'main' };
    expect(await fetchFromGit(remote, into, context({ offline: true }))).toMatchObject({ error: { code: 'offline' } });
  });
});

describe('copySourceTree', () => {
  it('copies a working tree without .git; equal content gives equal digests', async () => {
    commit('one');
    writeFileSync(join(repository, 'crypto', '.git'), 'gitdir: elsewhere\n');
    expect(await copySourceTree(repository, into)).toEqual({ ok: true, value: undefined });
    expect(readdirSync(into).sort()).toEqual(['crypto', 'link.c', 'run.sh']);
    expect(readdirSync(join(into, 'crypto'))).toEqual(['a.c']);
    expect(lstatSync(join(into, 'run.sh')).mtimeMs).toBeCloseTo(lstatSync(join(repository, 'run.sh')).mtimeMs, 1);
    const other = join(directory, 'other');
    expect((await fetchFromGit({ repository, ref: 'main' }, other, context())).ok).toBe(true);
    const [a, b] = [await listTree(into), await listTree(other)];
    expect(a.ok && b.ok && a.value.digest).toBe(b.ok && b.value.digest);
  });

  it('leaves out what CMake has built beside the sources, but not a source that was configured in place', async () => {
    commit('one');
    mkdirSync(join(repository, 'build/crypto'), { recursive: true });
    writeFileSync(join(repository, 'build/CMakeCache.txt'), '');
    writeFileSync(join(repository, 'build/crypto/a.o'), '');
    writeFileSync(join(repository, 'CMakeCache.txt'), '');
    expect(await copySourceTree(repository, into)).toEqual({ ok: true, value: undefined });
    expect(readdirSync(into).sort()).toEqual(['CMakeCache.txt', 'crypto', 'link.c', 'run.sh']);
  });

  it('says what cannot be copied', async () => {
    expect(await copySourceTree(join(directory, 'none'), into)).toMatchObject({ error: { code: 'io-failed' } });
    expect(await copySourceTree(join(repository, 'run.sh'), into)).toMatchObject({
      error: { code: 'io-failed', reason: 'it is no directory' },
    });
    execFileSync('mkfifo', [join(repository, 'pipe')]);
    expect(await copySourceTree(repository, into)).toMatchObject({
      error: { code: 'io-failed', path: join(repository, 'pipe') },
    });
    rmSync(into, { recursive: true });
    expect(await copySourceTree(repository, into, AbortSignal.abort('SIGINT'))).toMatchObject({
      error: { code: 'interrupted' },
    });
  });
});
