import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownerMark } from '../../src/io/owner.ts';
import { cacheReportSchema, type CacheGc } from '../../src/model/cache.ts';
import { parseJson } from '../../src/model/json.ts';
import { runCli, type CliResult } from '../rig/cli.ts';
import { findStored, flipByte, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
let v1: string;
const children: ChildProcess[] = [];
/** Ends a child and what it has started. */
const endGroup = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It was ended before.
  }
};
beforeEach(async () => {
  world = await makeWorld();
  v1 = join(world.store, 'v1');
});
afterEach(async () => {
  for (const child of children.splice(0)) endGroup(child);
  await world.remove();
});

const cache = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['cache', ...args, '--store', world.store], { env: { PATH: world.fakes.pathWithSystem } });
const report = <K extends string>(result: CliResult, kind: K): { kind: K } & Record<string, unknown> => {
  const parsed = parseJson(cacheReportSchema, result.stdout);
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.error)}\n${result.stdout}${result.stderr}`);
  expect(parsed.value.kind).toBe(kind);
  return parsed.value as unknown as { kind: K } & Record<string, unknown>;
};
const gc = async (...args: readonly string[]): Promise<CacheGc> => {
  const result = await cache('gc', '--json', ...args);
  expect(result.exitCode, result.stderr).toBe(0);
  return report(result, 'cache-gc') as unknown as CacheGc;
};
const build = async (verb = 'build'): Promise<void> => {
  const result = await world.run([verb]);
  expect(result.exitCode, result.stderr).toBe(0);
};
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('cache status', () => {
  it('measures every part of the store, and each kind of step', async () => {
    await build();
    const status = await cache('status', '--json');
    expect(report(status, 'cache-status')).toMatchObject({
      parts: { downloads: { entries: 2 }, runs: { entries: 1 }, work: { entries: 0 }, tmp: { entries: 0 } },
      steps: expect.arrayContaining([expect.objectContaining({ kind: 'install', entries: 1 })]) as unknown,
    });
    expect((await cache('status')).stdout).toMatch(/steps +[\d.]+ kB +\d+ entries\n[^]*in all\n$/);
  });
});

describe('cache verify', () => {
  it('finds a flipped byte in a download and in a tree, names both, and takes both out: the next run makes them again', async () => {
    await build();
    expect((await cache('verify')).stdout).toMatch(/^2 downloads and \d+ finished steps hashed .*: all whole\n$/);
    const [download = ''] = await readdir(join(v1, 'downloads'));
    await flipByte(join(v1, 'downloads', download));
    const library = join(await findStored(world, 'compile-awslc'), 'tree/libcrypto.a');
    await flipByte(library);
    const result = await cache('verify', '--json');
    expect(result.exitCode).toBe(4);
    const damaged = [
      { path: join(v1, 'downloads', download), expected: `sha256 ${download}` },
      { path: library, expected: expect.stringMatching(/^sha256 [0-9a-f]{64}$/) as unknown },
    ];
    const found = { found: expect.stringMatching(/^sha256 [0-9a-f]{64}$/) as unknown };
    expect(report(result, 'cache-verify')['damaged']).toEqual(damaged.map((one) => ({ ...one, ...found })));
    expect(result.stderr.match(/The store is damaged at/g)).toHaveLength(2);
    expect(result.stderr).toContain('[store-damaged]');
    expect(await exists(join(v1, 'downloads', download))).toBe(false);
    await expect(findStored(world, 'compile-awslc')).rejects.toThrow('no finished step');
    expect(await world.leftovers()).toEqual([]);
    expect((await cache('verify')).exitCode).toBe(0);
    await rm(await findStored(world, 'modules-crypto'), { recursive: true });
    await rm(await findStored(world, 'install-cell'), { recursive: true });
    await build();
    expect(await exists(library)).toBe(true);
  });

  it('finds a listing that is not the tree’s, though tree and record agree', async () => {
    await build();
    const listing = join(await findStored(world, 'compile-awslc'), 'listing.json');
    await writeFile(
      listing,
      (await readFile(listing, 'utf8')).replace(/"content": "[0-9a-f]{64}"/, `"content": "${'0'.repeat(64)}"`),
    );
    const result = await cache('verify');
    expect(result.exitCode).toBe(4);
    expect(result.stderr).toMatch(/damaged at .*listing\.json:/);
  });
});

describe('cache gc', () => {
  const hold = async (lock: string): Promise<ChildProcess> => {
    const child = spawn('flock', ['-x', lock, '-c', 'echo held; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };
  const owned = (mark: string): string => `.${'a'.repeat(64)}.${mark}-00000000-0000-4000-8000-000000000000.part`;
  const longAgo = new Date('2020-01-01T00:00:00Z');

  it('leaves work whose lock is held alone, and removes it once nobody holds it', async () => {
    await build('fetch');
    const name = '0123456789ab';
    const entry = join(v1, 'tmp', `${name}-00000000-0000-4000-8000-000000000000`);
    await mkdir(join(v1, 'work', name, 'tmp'), { recursive: true });
    await mkdir(join(entry, 'tree'), { recursive: true });
    const holder = await hold(join(v1, 'locks', name));
    await writeFile(join(v1, 'locks', name), 'process 4711\n');
    const first = await gc();
    expect(first.removed).toEqual([]);
    expect(first.kept).toEqual([
      { path: `work/${name}`, why: 'in use by process 4711' },
      { path: `tmp/${name}-00000000-0000-4000-8000-000000000000`, why: 'in use by process 4711' },
    ]);
    expect(await exists(entry)).toBe(true);
    endGroup(holder);
    const second = await gc();
    expect(second.removed.map(({ path }) => path)).toEqual([
      `work/${name}`,
      `tmp/${name}-00000000-0000-4000-8000-000000000000`,
    ]);
    expect(await exists(entry)).toBe(false);
  });

  it('removes scratch of downloads whose owner is gone, and no other', async () => {
    await build('fetch');
    const gone = owned(ownerMark.replace(/-\d+$/, '-4194305'));
    const alive = owned(ownerMark);
    const idle = `.${'b'.repeat(64)}.part`;
    const fresh = `.${'c'.repeat(64)}.${'d'.repeat(36)}.tmp`;
    for (const name of [gone, `${gone}.source`, alive, idle, fresh])
      await writeFile(join(v1, 'downloads', name), 'part');
    await mkdir(join(v1, 'downloads', '.cpython-awslc-fresh'));
    const { removed, kept } = await gc();
    expect(removed.map(({ path }) => path).sort()).toEqual(
      [idle, gone, `${gone}.source`].map((name) => `downloads/${name}`).sort(),
    );
    expect(kept.map(({ path }) => path).sort()).toEqual(
      ['.cpython-awslc-fresh', alive, fresh].map((name) => `downloads/${name}`).sort(),
    );
    expect((await readdir(join(v1, 'downloads'))).filter((name) => !name.startsWith('.'))).toHaveLength(2);
  });

  /** Gives every record of the store an old date. */
  const age = async (): Promise<void> => {
    const files = [
      ...(await readdir(join(v1, 'steps'))).map((key) => join(v1, 'steps', key, 'record.json')),
      ...(await readdir(join(v1, 'runs'))).map((id) => join(v1, 'runs', id, 'run.json')),
    ];
    for (const file of files) {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      if (text !== undefined)
        await writeFile(file, text.replace(/"startedAt": "[^"]+"/, '"startedAt": "2020-01-01T00:00:00.000Z"'));
    }
    for (const name of await readdir(join(v1, 'downloads')))
      await utimes(join(v1, 'downloads', name), longAgo, longAgo);
  };

  it('drops old runs, and old steps that no newer run names', async () => {
    await build();
    await age();
    await build('prove');
    const kept = await readdir(join(v1, 'steps'));
    const first = await gc('--older-than', '30');
    expect(first.removed.map(({ path, what }) => [path.split('/')[0], what])).toEqual([
      ['runs', 'build of 2020-01-01'],
    ]);
    expect(await readdir(join(v1, 'steps'))).toEqual(kept);
    await age();
    const second = await gc('--older-than', '30');
    expect(second.freedBytes).toBeGreaterThan(0);
    expect(second.removed.filter(({ path }) => path.startsWith('steps/'))).toHaveLength(kept.length);
    for (const part of ['steps', 'downloads', 'tmp', 'runs/newest']) expect(await readdir(join(v1, part))).toEqual([]);
    await build();
  });

  it('drops nothing that a program runs from, and no step while a run goes on', async () => {
    await build();
    await age();
    const install = await findStored(world, 'install-cell');
    await copyFile('/bin/sleep', join(install, 'tree/sleep'));
    children.push(spawn(join(install, 'tree/sleep'), ['60'], { stdio: 'ignore', detached: true }));
    const going = join(v1, 'runs', '20991231T000000Z-abcdef');
    await mkdir(join(going, 'logs'), { recursive: true });
    await writeFile(join(going, 'owner'), `${ownerMark}\n`);
    const first = await gc('--older-than', '30');
    expect(first.kept.map(({ why }) => why)).toEqual(['a run that goes on', 'run 20991231T000000Z-abcdef goes on']);
    expect(first.removed.filter(({ path }) => path.startsWith('steps/'))).toEqual([]);
    await writeFile(join(going, 'owner'), `${ownerMark.replace(/-\d+$/, '-4194305')}\n`);
    const second = await gc('--older-than', '30');
    expect(second.removed).toContainEqual(expect.objectContaining({ what: 'left by a run that was ended' }));
    expect(second.kept).toEqual([{ path: install.slice(v1.length + 1), why: 'a program runs from it' }]);
    expect(await readdir(join(v1, 'steps'))).toHaveLength(1);
  });

  it('keeps a run whose record cannot be read, and says why', async () => {
    await build();
    const [id = ''] = (await readdir(join(v1, 'runs'))).filter((name) => name !== 'newest');
    await writeFile(join(v1, 'runs', id, 'run.json'), '{"version": 2}');
    const { removed, kept } = await gc('--older-than', '0');
    expect(kept).toEqual([
      expect.objectContaining({ path: `runs/${id}`, why: expect.stringContaining('$.version') as unknown }),
    ]);
    expect(removed.some(({ path }) => path.startsWith('runs/'))).toBe(false);
  });

  it.each([['soon'], ['-1'], ['']])('--older-than %j is a usage error', async (days) => {
    const result = await cache('gc', '--older-than', days);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('[usage]');
  });
});
