import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodes } from '../rig/cli.ts';
import { cmakeCache, describeCall, goodAssembler, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

/** What a whole run does in the small world, each tool's call once. */
const wholeRun = [
  'cmake --build',
  'cmake -G',
  'fake-configure --prefix=/opt/cpython-awslc',
  'gcc -E',
  'gcc -fsyntax-only',
  'make -f',
  'make -j2',
  'make install',
  'python _awslc_fips',
  'python compileall',
  'python compileall',
  'python compileall',
  'python driver.py',
  'python driver.py',
  'python ensurepip',
  'python place_scripts',
  'python prove.py',
];

/** What is called from a moment on. */
const workSince = async (before: number): Promise<readonly string[]> =>
  (await world.work()).slice(before).map(describeCall);

describe('the pipeline', () => {
  it('fetches, builds, proves and tests, each tool once, and keeps nothing half-made', async () => {
    const result = await world.run(['test', '--jobs', '2', '--json']);
    expect(result.stderr).toContain('3.14 is 3.14.90 (the newest in the catalogue)');
    expect(result.exitCode).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({
      kind: 'result',
      stage: 'test',
      recorded: false,
      failures: [],
      cells: [{ steps: { done: 15, recorded: 0, failed: 0, notRun: 0 }, verdicts: { counts: { PASS: 2 } } }],
    });
    expect(await world.summary()).toEqual(wholeRun);
    expect(await world.leftovers()).toEqual([]);
    expect(await readdir(join(world.store, 'v1', 'work'))).toEqual([]);
    // One request for each archive.
    expect(world.servers.cpython.requests).toHaveLength(1);
    expect(world.servers.awslc.requests).toHaveLength(1);
  });

  it('gives the programs of a build nothing of the caller’s environment', async () => {
    const leak = { CFLAGS: '-O0', PYTHONPATH: '/evil', OPENSSL_CONF: '/evil', LANG: 'de_DE.UTF-8', MAKEFLAGS: '-n' };
    expect((await world.run(['build'], { env: leak })).exitCode).toBe(0);
    for (const { program, env } of await world.work()) {
      for (const name of Object.keys(leak)) expect([program, name, env[name]]).toEqual([program, name, undefined]);
      expect(env['LC_ALL']).toBe('C.UTF-8');
      expect(env['HOME']).toMatch(/^\/.*\/work\/[0-9a-f]{12}$/);
    }
  });

  it('runs no tool and asks no server again, and says of when the results are', async () => {
    await world.run(['test']);
    const before = (await world.work()).length;
    for (const verb of ['build', 'prove', 'test']) {
      const again = await world.run([verb, '--json']);
      expect([verb, again.exitCode, again.stderr]).toMatchObject([verb, 0, expect.stringContaining('(recorded')]);
      expect(JSON.parse(again.stdout)).toMatchObject({ recorded: true });
    }
    expect((await world.work()).length).toBe(before);
    expect(world.servers.cpython.requests).toHaveLength(1);
    const shown = await world.run(['test']);
    expect(shown.stdout).toMatch(/\d\d claims hold \(of 20\d\d-\d\d-\d\dT/);
    expect(shown.stdout).toMatch(/result of 20\d\d-\d\d-\d\dT.*not run again/);
  });

  it('makes proof and results again with --rerun, and nothing else', async () => {
    await world.run(['test']);
    const before = (await world.work()).length;
    expect((await world.run(['prove', '--rerun'])).exitCode).toBe(0);
    expect(await workSince(before)).toEqual(['python prove.py']);
    const between = (await world.work()).length;
    expect((await world.run(['test', '--rerun'])).exitCode).toBe(0);
    expect([...(await workSince(between))].sort()).toEqual(['python driver.py', 'python driver.py', 'python prove.py']);
  });

  it.each([
    ['an assembler that is too old for AVX-512 or SHA-3', goodAssembler.map((line) => line.replace(/OFF$|TRUE$/, 'X'))],
    ['a small build', [...goodAssembler, 'OPENSSL_SMALL:UNINITIALIZED=1']],
    ['a build without assembly', [...goodAssembler, 'OPENSSL_NO_ASM:BOOL=ON']],
  ])('compiles nothing of AWS-LC after %s', async (_, lines) => {
    await world.fakes.add({
      cmake: [{ args: '--version', stdout: 'cmake version 3.99.0\n' }, { script: cmakeCache(lines) }],
    });
    const refused = await world.run(['build', '--json']);
    expect([refused.exitCode, failureCodes(refused)]).toEqual([5, ['capability-mismatch']]);
    expect(refused.stderr + refused.stdout).toContain('without code for some CPUs');
    expect(await world.summary()).not.toContain('cmake --build');
  });

  it('does again only what depends on what changed', async () => {
    await world.run(['build']);
    let before = (await world.work()).length;
    const since = async (): Promise<readonly string[]> => {
      const done = [...(await workSince(before))].sort();
      before = (await world.work()).length;
      return done;
    };
    await world.run(['build', '--cipher-string', 'ECDHE+AESGCM:!aNULL:!eNULL:!SHA1']);
    expect(await since()).toEqual([
      'fake-configure --prefix=/opt/cpython-awslc',
      'make -f',
      'make -j2',
      'make install',
      'python _awslc_fips',
      'python compileall',
      'python compileall',
      'python compileall',
      'python ensurepip',
      'python place_scripts',
    ]);
    await world.fakes.add({
      cmake: [
        { args: '--version', stdout: 'cmake version 3.99.0\n' },
        {
          args: '--build *',
          script: 'mkdir -p build/crypto build/ssl; echo new >build/crypto/libcrypto.a; echo new >build/ssl/libssl.a',
        },
        { script: cmakeCache() },
      ],
    });
    await world.run(['build']);
    expect(await since()).toEqual([
      'cmake --build',
      'cmake -G',
      'make -f',
      'python _awslc_fips',
      'python compileall',
      'python compileall',
      'python ensurepip',
      'python place_scripts',
    ]);
    await world.run(['build']);
    expect(await since()).toEqual([]);
  });

  it('writes a run record that says what was done, and its reports', async () => {
    const [junit, markdown] = [join(world.directory, 'out/junit.xml'), join(world.directory, 'out/summary.md')];
    const result = await world.run(['test', '--json', '--junit', junit, '--markdown', markdown]);
    const { run } = JSON.parse(result.stdout) as { run: string };
    const record = JSON.parse(await readFile(join(world.store, 'v1/runs', run, 'run.json'), 'utf8')) as object;
    expect(record).toMatchObject({ kind: 'run', id: run, command: 'test', exitCode: 0 });
    expect(await readFile(junit, 'utf8')).toContain('test.test_small.SmallTests');
    expect(await readFile(markdown, 'utf8')).toMatch(/(\d\d) of \1 claims hold/);
    // The same run as a baseline of itself.
    expect((await world.run(['test', '--baseline', run])).exitCode).toBe(0);
  });
});
