import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheEntry } from '../../src/model/cache-entry.ts';
import type { RunRecord } from '../../src/model/record.ts';
import { startCacheServer, type CacheServer } from '../rig/cache-server.ts';
import { compiling, digestsOf, findEntry, stepsOf, swapBlob } from '../rig/cache-world.ts';
import { failureCodes, runCli, type CliOptions, type CliResult } from '../rig/cli.ts';
import { describeCall, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
let server: CacheServer;
let other: string;
beforeEach(async () => {
  world = await makeWorld();
  server = await startCacheServer();
  other = join(world.directory, 'other-store');
});
afterEach(async () => {
  await server.close();
  await world.remove();
});

/** A run that writes, in the world's own store. */
const write = (more: readonly string[] = [], options: CliOptions = {}): Promise<CliResult> =>
  world.run(['build', '--cache', server.url, '--cache-write', ...more], options);
/** A run of another machine that reads, in a store of its own. */
const read = (more: readonly string[] = [], options: CliOptions = {}): Promise<CliResult> =>
  world.run(['build', '--store', other, '--cache', server.url, ...more], options);

const workSince = async (before: number): Promise<readonly string[]> =>
  (await world.work()).slice(before).map(describeCall).sort();
const methodsSince = (before: number): readonly string[] => [
  ...new Set(server.requests.slice(before).map(({ method }) => method)),
];

describe('a cache that machines share', () => {
  it('gives a machine with an empty store what another made: nothing is compiled, the trees are the same', async () => {
    const first = await write();
    expect([first.exitCode, first.stderr]).toEqual([0, expect.stringMatching(/note {3}6 files written to the cache/)]);
    expect(server.listing()).toEqual([
      ...Array<string>(4).fill('/v1/blobs/KEY'),
      ...Array<string>(2).fill('/v1/downloads/KEY'),
      ...Array<string>(4).fill('/v1/steps/KEY.json'),
      '/v1/write-check',
    ]);
    const [calls, asked] = [(await world.work()).length, server.requests.length];

    const second = await read(['--json']);
    expect(second.stderr).toMatch(/took {3}install \(from the cache in/);
    expect([second.exitCode, stepsOf(second)]).toEqual([0, { done: 0, cached: 1, recorded: 0, failed: 0, notRun: 0 }]);
    expect((await world.work()).length).toBe(calls);
    // A run without the right to write: the server saw reading only.
    expect(methodsSince(asked)).toEqual(['GET']);
    const [made, taken] = [await digestsOf(world.store), await digestsOf(other)];
    expect(taken).toEqual({ 'install-cell': made['install-cell'] });
    expect(world.servers.cpython.requests).toHaveLength(1);

    const { run } = JSON.parse(second.stdout) as { run: string };
    const record = JSON.parse(await readFile(join(other, 'v1/runs', run, 'run.json'), 'utf8')) as RunRecord;
    expect(record.stepRecords.map(({ id, from }) => [id.slice(0, 12), from])).toEqual([
      ['install-cell', { takenAt: expect.stringMatching(/^20\d\d-/) as string }],
    ]);
    expect(record.cells[0]?.steps.find(({ outcome }) => outcome === 'cached')?.id).toContain('install-cell');
    // Neither what is asked for nor where it came from is of a host.
    expect(JSON.stringify(record)).not.toContain(new URL(server.url).host);

    const again = await read(['--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ recorded: true });
    expect(await readdir(join(other, 'v1/tmp'))).toEqual([]);
  });

  it('gives what of a cell is there; proofs and suites are made here', async () => {
    await write();
    for (const id of ['install-cell', 'modules-crypto']) server.files.delete(findEntry(server, id).path);
    const calls = (await world.work()).length;
    const result = await world.run(['test', '--store', other, '--cache', server.url, '--json']);
    expect([result.exitCode, stepsOf(result)]).toMatchObject([0, { cached: 2, failed: 0, recorded: 0 }]);
    const done = await workSince(calls);
    expect(done.filter((call) => compiling.includes(call))).toEqual(['gcc -E', 'gcc -fsyntax-only', 'make -f']);
    expect(done).toEqual(expect.arrayContaining(['python prove.py', 'python driver.py']));
    // The sources came from the cache too.
    expect([world.servers.cpython.requests.length, world.servers.awslc.requests.length]).toEqual([1, 1]);
    const [made, taken] = [await digestsOf(world.store), await digestsOf(other)];
    for (const id of ['compile-core', 'compile-awslc', 'modules-crypto', 'install-cell', 'unpack-cpython']) {
      expect([id, taken[id]]).toEqual([id, made[id]]);
    }
    // Nothing of the machine is offered, whoever may write.
    await world.run(['test', '--store', other, '--cache', server.url, '--cache-write']);
    const kinds = [...server.files].flatMap(([path, bytes]) =>
      path.startsWith('/v1/steps/') ? [(JSON.parse(bytes.toString('utf8')) as CacheEntry).record.id.split('-')[0]] : [],
    );
    expect(kinds.sort()).toEqual(['compile', 'compile', 'install', 'modules']);
  });

  it('gets what earlier runs have made, and nothing twice', async () => {
    await world.run(['build']);
    const calls = (await world.work()).length;
    expect((await write()).stderr).toMatch(/note {3}6 files written to the cache/);
    expect((await world.work()).length).toBe(calls);
    const asked = server.requests.length;
    expect((await write()).stderr).not.toContain('written');
    expect(methodsSince(asked)).toEqual(['HEAD']);
  });

  it('is named by the environment, and left out with --offline and by plan', async () => {
    const env = { CPYTHON_AWSLC_CACHE: server.url };
    await write();
    const asked = server.requests.length;
    const plans = [await world.run(['plan']), await world.run(['plan'], { env })];
    expect(plans[1]?.stdout).toBe(plans[0]?.stdout);
    const offline = await world.run(['build', '--store', other, '--offline', '--json'], { env });
    expect([offline.exitCode, failureCodes(offline)]).toEqual([1, ['offline', 'offline']]);
    expect(server.requests.length).toBe(asked);
    expect((await world.run(['build', '--store', other], { env })).exitCode).toBe(0);
    expect(server.requests.length).toBeGreaterThan(asked);
  });

  it('never hears of credentials in anything that is written or said', async () => {
    await server.close();
    const secret = 'b1g-secret';
    const basic = Buffer.from(`builder:${secret}`).toString('base64');
    server = await startCacheServer({ authorization: `Basic ${basic}` });
    const env = { CPYTHON_AWSLC_CACHE_USER: 'builder', CPYTHON_AWSLC_CACHE_PASSWORD: secret };
    const results = [await write([], { env }), await read([], { env })];
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(results[1]?.stderr).toContain('took   install');
    const said = results.map(({ stdout, stderr }) => stdout + stderr).join('');
    const calls = JSON.stringify(await world.fakes.calls());
    for (const text of [secret, basic]) expect([said.includes(text), calls.includes(text)]).toEqual([false, false]);
    for (const store of [world.store, other]) {
      for (const name of await readdir(store, { recursive: true, withFileTypes: true })) {
        if (!name.isFile()) continue;
        const bytes = await readFile(join(name.parentPath, name.name));
        expect([name.name, bytes.includes(secret) || bytes.includes(basic)]).toEqual([name.name, false]);
      }
    }
    const wrong = await read(['--store', `${other}-2`], { env: { CPYTHON_AWSLC_CACHE_TOKEN: 'other-secret' } });
    expect([wrong.exitCode, wrong.stderr]).toEqual([0, expect.stringContaining('refuses to be read (HTTP 401')]);
    expect(wrong.stderr).not.toContain('other-secret');
  });
});

describe('a cache that lies', () => {
  it('with wrong sources is passed over: an origin gives the right ones', async () => {
    await write(['--python', '3.14']);
    for (const [path, bytes] of server.files) {
      if (path.startsWith('/v1/steps/')) server.files.delete(path);
      if (path.startsWith('/v1/downloads/')) server.files.set(path, Buffer.alloc(bytes.length, 'x'));
    }
    const result = await read();
    expect(result.exitCode).toBe(0);
    expect(result.stderr.match(/not what it says \(expected sha256/g)).toHaveLength(2);
    expect([world.servers.cpython.requests.length, world.servers.awslc.requests.length]).toEqual([2, 2]);
  });

  it('is put right by whoever may write', async () => {
    expect((await write()).exitCode).toBe(0);
    swapBlob(server, 'install-cell', Buffer.from('no archive'));
    expect((await read(['--cache-write'])).stderr).toMatch(/note {3}1 file written to the cache/);
    const third = await read(['--store', `${other}-3`]);
    expect([third.exitCode, third.stderr]).toEqual([0, expect.stringContaining('took   install')]);
  });
});

describe('a cache that fails', () => {
  it('costs a word, not the build', async () => {
    const { url } = server;
    await server.close();
    const result = await world.run(['build', '--cache', url, '--cache-write']);
    expect(result.exitCode).toBe(0);
    expect(result.stderr.match(/the cache is left alone/g)).toHaveLength(1);
    server = await startCacheServer();
  });

  it('that refuses to be written to is still read', async () => {
    await write();
    server.rules.push({ method: 'PUT', answer: { do: 'status', status: 403 } });
    server.files.delete(findEntry(server, 'install-cell').path);
    const result = await read(['--cache-write']);
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('(from the cache in')]);
    expect(result.stderr.match(/refuses to be written to/g)).toHaveLength(1);
  });

  it('that takes no end of what is written is left when the run is interrupted', async () => {
    server.rules.push({ method: 'PUT', path: /blobs/, answer: { do: 'silence' } });
    const running = world.start(['build', '--cache', server.url, '--cache-write']);
    while (!running.stderr().includes('done   install')) await sleep(20);
    const sentAt = performance.now();
    running.child.kill('SIGINT');
    expect((await running.ended).exitCode).toBe(130);
    // Less than one silence that is borne.
    expect(performance.now() - sentAt).toBeLessThan(10_000);
    expect(await world.leftovers()).toEqual([]);
    expect((await world.run(['build', '--json'])).exitCode).toBe(0);
  });
});

describe('signatures', () => {
  const makeKeys = async (name: string): Promise<{ readonly sign: string; readonly trust: string }> => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const [sign, trust] = [join(world.directory, `${name}.key`), join(world.directory, `${name}.pub`)];
    await writeFile(sign, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(trust, publicKey.export({ type: 'spki', format: 'pem' }));
    return { sign, trust };
  };

  it('of a trusted key are taken and told, others are not', async () => {
    const [ours, theirs] = [await makeKeys('ours'), await makeKeys('theirs')];
    await write(['--cache-sign', ours.sign]);
    const refused = await read(['--cache-trust', theirs.trust, '--json']);
    expect([refused.exitCode, stepsOf(refused)]).toMatchObject([0, { cached: 0 }]);
    expect(refused.stderr).toContain('expected a signature of a trusted key');
    const taken = await read(['--store', `${other}-2`, '--cache-trust', ours.trust]);
    expect(taken.stderr).toMatch(/took {3}install \(from the cache in .*, signed by [0-9a-f]{12}\)/);
  });

  it('are not put on what was made from something that nobody signed', async () => {
    const ours = await makeKeys('ours');
    await write();
    for (const id of ['install-cell', 'modules-crypto']) server.files.delete(findEntry(server, id).path);
    // Taken without a list of trusted keys, so with nobody's signature.
    expect((await read()).exitCode).toBe(0);
    const result = await read(['--cache-write', '--cache-sign', ours.sign]);
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('it would be signed, and')]);
    expect(() => findEntry(server, 'install-cell')).toThrow('no entry');
  });
});

describe('options of a cache that cannot be meant', () => {
  const refused = async (args: readonly string[], env: Record<string, string> = {}): Promise<string> => {
    const result = await runCli(['build', ...args, '--json'], { env });
    expect([args, result.exitCode, new Set(failureCodes(result))]).toEqual([args, 2, new Set(['usage'])]);
    return result.stderr;
  };

  it('are refused, and no password is repeated', async () => {
    const userinfo = await refused(['--cache', 'https://me:hush@cache.example/x']);
    expect([userinfo.includes('hush'), userinfo.includes('CPYTHON_AWSLC_CACHE_TOKEN')]).toEqual([false, true]);
    expect(await refused(['--cache', 'ftp://cache.example'])).toContain('not an http or https URL');
    expect(await refused(['--cache', 'https://cache.example/?x=1'])).toContain('without ? and #');
    expect(await refused(['--cache-write'])).toContain('--cache-write without a cache');
    expect(await refused(['--cache-trust', 'x'])).toContain('--cache-trust without a cache');
    const cache = ['--cache', server.url];
    expect(await refused([...cache, '--cache-sign', 'x'])).toContain('nothing is written that could be signed');
    expect(await refused([...cache, '--cache-trust', '/nonexistent'])).toContain('--cache-trust /nonexistent: ENOENT');
    const name = 'CPYTHON_AWSLC_CACHE';
    expect(await refused(cache, { [`${name}_TOKEN`]: 'a', [`${name}_USER`]: 'b' })).toContain('both set');
    expect(await refused(cache, { [`${name}_TOKEN`]: 'hush\nhush' })).not.toContain('hush');
    expect(await refused(cache, { [`${name}_PASSWORD`]: 'hush' })).toContain('_USER is not set');
    expect(await refused(cache, { [`${name}_USER`]: 'a:b' })).toContain('has a colon');
    expect(await refused([], { [name]: 'x' })).toContain('not an http or https URL');
    expect(server.requests).toEqual([]);
  });
});
