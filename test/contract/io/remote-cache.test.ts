import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultCachePolicy, type CachePolicy } from '../../../src/io/cache-policy.ts';
import { removeTree } from '../../../src/io/files.ts';
import { openRemoteCache, type RemoteCache, type RemoteCacheOptions } from '../../../src/io/remote-cache.ts';
import { readSigningKey, readTrustedKeys } from '../../../src/io/signature.ts';
import type { StepRecord } from '../../../src/model/record.ts';
import { startCacheServer, type CacheRule, type CacheServer } from '../../rig/cache-server.ts';
import { startFileServer, type Behaviour } from '../../rig/http-server.ts';

let directory: string;
let server: CacheServer;
let notices: string[];
const opened: RemoteCache[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'remote-cache-'));
  server = await startCacheServer();
  notices = [];
});
afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.close();
  await server.close();
  await removeTree(directory);
});

/** As patient as a test can be. */
const policy: CachePolicy = {
  ...defaultCachePolicy,
  connectTimeoutMs: 1000,
  stallTimeoutMs: 400,
  backoffMs: 5,
  maxRetryAfterMs: 100,
};
const open = (more: Partial<RemoteCacheOptions> = {}): RemoteCache => {
  const cache = openRemoteCache({
    url: server.url,
    mayWrite: true,
    environment: {},
    policy,
    signal: new AbortController().signal,
    notice: (text) => notices.push(text),
    ...more,
  });
  opened.push(cache);
  return cache;
};
const rule = (...rules: readonly CacheRule[]): void => {
  server.rules.splice(0, server.rules.length, ...rules);
};

const key = 'a'.repeat(64);
const record: StepRecord = {
  version: 1,
  kind: 'step',
  id: 'compile-core-aaaaaaaaaaaa',
  fingerprint: key,
  title: 'compile',
  startedAt: '2026-11-24T10:00:00.000Z',
  durationMs: 5,
  treeDigest: 'b'.repeat(64),
  treeBytes: 3,
  treeFiles: 1,
  commands: [],
};
const blob = Buffer.from('as good as a packed tree');
const digest = createHash('sha256').update(blob).digest('hex');
const entryPath = `/v1/steps/${key}.json`;

/** Puts an entry there by the way of a good client. */
const put = async (more: Partial<RemoteCacheOptions> = {}): Promise<boolean> => {
  const file = join(directory, 'blob');
  await writeFile(file, blob);
  return open(more).putEntry({ key, record }, { sha256: digest, sizeBytes: blob.length }, file);
};
const editEntry = async (edit: (entry: Record<string, unknown>) => void): Promise<void> => {
  const entry = JSON.parse(server.files.get(entryPath)?.toString('utf8') ?? '') as Record<string, unknown>;
  edit(entry);
  server.files.set(entryPath, Buffer.from(JSON.stringify(entry)));
  await Promise.resolve();
};
/** Asks for an entry and its blob; what came of it. */
const take = async (more: Partial<RemoteCacheOptions> = {}): Promise<string> => {
  const cache = open(more);
  const found = await cache.findEntry(key, 'compile CPython');
  if (found === undefined) return 'no entry';
  const got = await cache.getBlob(found, 'compile CPython', join(directory, 'got'));
  if (!got.ok) return got.error.code;
  return got.value === undefined ? 'no blob' : 'taken';
};

describe('a remote cache', () => {
  it('gives what it was given, the blob first and nothing twice', async () => {
    expect(await open().wantsEntry(key)).toBe(true);
    expect(await put()).toBe(true);
    expect(server.log).toEqual([
      'HEAD /v1/steps/KEY.json 404',
      'PUT /v1/write-check 201',
      'HEAD /v1/blobs/KEY 404',
      'PUT /v1/blobs/KEY 201',
      'PUT /v1/steps/KEY.json 201',
    ]);
    expect(await open().wantsEntry(key)).toBe(false);
    expect(await take()).toBe('taken');
    expect((await readFile(join(directory, 'got', digest))).equals(blob)).toBe(true);
    expect(notices).toEqual([]);
  });

  it('without the right to write is only ever asked', async () => {
    await put();
    const before = server.requests.length;
    expect(await take({ mayWrite: false })).toBe('taken');
    expect(new Set(server.requests.slice(before).map(({ method }) => method))).toEqual(new Set(['GET']));
    await expect(put({ mayWrite: false })).rejects.toThrow('only be read');
  });

  it('has nothing: that is no fault', async () => {
    expect(await take()).toBe('no entry');
    expect(notices).toEqual([]);
  });
});

describe('a cache that lies', () => {
  const cases: readonly (readonly [string, (entry: Record<string, unknown>) => void, RegExp])[] = [
    [
      'an entry of another step',
      (entry) => (entry['key'] = 'c'.repeat(64)),
      /expected the step aaaaaaaaaaaa, found the step cccccccccccc/,
    ],
    [
      'a record of another step',
      (entry) => (entry['record'] = { ...record, fingerprint: 'd'.repeat(64) }),
      /expected the step aaaaaaaaaaaa, found the step dddddddddddd/,
    ],
    [
      'an entry of another form',
      (entry) => (entry['version'] = 2),
      /expected an entry of a cache, found something else at \$\.version/,
    ],
    ['more than an entry has', (entry) => (entry['more'] = 1), /something else at \$/],
    [
      'a blob of any size',
      (entry) => (entry['blob'] = { sha256: digest, sizeBytes: 2 ** 40 }),
      /expected at most 1073741824 bytes, found 1099511627776 bytes/,
    ],
    [
      'a blob that is not there',
      (entry) => (entry['blob'] = { sha256: 'e'.repeat(64), sizeBytes: 5 }),
      /expected a file that is there, found HTTP 404/,
    ],
  ];
  for (const [title, edit, said] of cases) {
    it(`with ${title} gives nothing, and that is said once`, async () => {
      await put();
      await editEntry(edit);
      expect(await take()).toMatch(/^no (?:entry|blob)$/);
      expect(notices).toEqual([expect.stringMatching(said)]);
      expect(notices[0]).toMatch(/^the cache's entry for "compile CPython" is not what it says .*: not taken$/);
    });
  }

  it('with other bytes gives nothing, and whoever makes the step writes it anew', async () => {
    await put();
    server.files.set(`/v1/blobs/${digest}`, Buffer.from('AS GOOD AS A PACKED TREE'));
    const cache = open();
    const found = await cache.findEntry(key, 'compile CPython');
    if (found === undefined) throw new Error('no entry');
    expect(await cache.getBlob(found, 'compile CPython', join(directory, 'got'))).toEqual({
      ok: true,
      value: undefined,
    });
    expect(notices).toEqual([expect.stringMatching(/expected sha256 [0-9a-f]{64}, found sha256/)]);
    expect(await cache.wantsEntry(key)).toBe(true);
    const file = join(directory, 'blob');
    expect(await cache.putEntry({ key, record }, { sha256: digest, sizeBytes: blob.length }, file)).toBe(true);
    expect(await take()).toBe('taken');
  });

  it('with something that is no JSON, or endless, gives nothing', async () => {
    server.files.set(entryPath, Buffer.from('<html>'));
    expect(await take()).toBe('no entry');
    server.files.set(entryPath, Buffer.alloc(2 << 20, ' '));
    expect(await take()).toBe('no entry');
    expect(notices[0]).toContain('found something else at $');
    expect(await take()).toBe('no entry');
  });
});

describe('a cache that fails', () => {
  const onEntry = (answer: Behaviour): void => {
    rule({ path: /steps/, answer });
  };
  const cases: readonly (readonly [string, Behaviour, RegExp])[] = [
    ['500', { do: 'status', status: 500 }, /HTTP 500; tried 2 times/],
    ['silence', { do: 'silence' }, /nothing came for 400 ms; tried 2 times/],
    ['half an answer', { do: 'stall', after: 5 }, /nothing came for 400 ms; tried 2 times/],
    ['a cut answer', { do: 'truncate', after: 5 }, /cut short|closed early/],
    ['a reset', { do: 'reset' }, /reset|closed/],
    ['a redirect without an end', { do: 'redirect', to: entryPath }, /more than 5 redirects/],
    ['a redirect to nowhere', { do: 'redirect', to: '' }, /HTTP 302 without a usable location/],
    ['a status of no meaning', { do: 'status', status: 418 }, /HTTP 418/],
    ['a wish for patience', { do: 'status', status: 503, headers: { 'retry-after': '60' } }, /HTTP 503/],
  ];
  for (const [title, behaviour, reason] of cases) {
    it(`by ${title} is asked a few times, then left alone with one word`, async () => {
      await put();
      onEntry(behaviour);
      const cache = open();
      const startedAt = performance.now();
      for (let time = 1; time <= 5; time += 1) expect(await cache.findEntry(key, 'compile CPython')).toBe(undefined);
      expect(performance.now() - startedAt).toBeLessThan(3000);
      expect(notices).toEqual([expect.stringMatching(/^the cache is left alone for the rest of this run: /)]);
      expect(notices[0]).toMatch(reason);
      const asked = server.requests.length;
      expect(await cache.wantsEntry(key)).toBe(false);
      expect(server.requests.length).toBe(asked);
    });
  }

  it('once is asked again', async () => {
    await put();
    rule({ path: /steps/, times: 1, answer: { do: 'status', status: 503 } });
    expect(await take()).toBe('taken');
    expect(notices).toEqual([]);
  });

  it('that is not there is left alone at once', async () => {
    const { url } = server;
    await server.close();
    const cache = open({ url });
    expect(await cache.findEntry(key, 'compile CPython')).toBe(undefined);
    expect(notices).toEqual([expect.stringMatching(/left alone.*refused/)]);
    server = await startCacheServer();
  });

  it('refuses to be read: said once, with what to do', async () => {
    for (const status of [401, 403]) {
      notices = [];
      onEntry({ do: 'status', status });
      const cache = open();
      for (let time = 1; time <= 2; time += 1) await cache.findEntry(key, 'compile CPython');
      expect(notices).toEqual([expect.stringContaining(`it refuses to be read (HTTP ${status}. `)]);
    }
  });

  it('gives a blob too slowly: the run does not wait for it', async () => {
    await put();
    rule({ path: /blobs/, answer: { do: 'stall', after: 3 } });
    expect(await take({ policy: { ...policy, stallTimeoutMs: 5000, transferMs: 100, failures: 1 } })).toBe('no blob');
    expect(notices).toEqual([expect.stringContaining('took longer than 0 s')]);
  });

  it('ends at once when the run is interrupted', async () => {
    await put();
    rule({ path: /blobs/, answer: { do: 'stall', after: 3 } });
    const stop = new AbortController();
    setTimeout(() => {
      stop.abort('SIGINT');
    }, 50);
    expect(await take({ signal: stop.signal })).toBe('interrupted');
    expect(notices).toEqual([]);
  });
});

describe('a cache that refuses to be written to', () => {
  const cases: readonly (readonly [number, RegExp])[] = [
    [401, /HTTP 401\. Credentials that it takes belong into CPYTHON_AWSLC_CACHE_TOKEN/],
    [403, /HTTP 403\. These credentials do not allow it/],
    [405, /HTTP 405\. Its server takes no PUT/],
    [409, /HTTP 409\. Its server makes no directories/],
    [507, /HTTP 507\. Its disk is full/],
  ];
  for (const [status, said] of cases) {
    it(`by ${status}: said once, before anything large is sent, and reading goes on`, async () => {
      await put();
      rule({ method: 'PUT', answer: { do: 'status', status } });
      const cache = open();
      for (const other of ['f'.repeat(64), '1'.repeat(64)]) expect(await cache.wantsEntry(other)).toBe(false);
      expect(notices).toEqual([expect.stringMatching(said)]);
      expect(await cache.findEntry(key, 'compile CPython')).toBeDefined();
    });
  }

  it('for one file that is too large goes on with the others', async () => {
    rule({ method: 'PUT', path: /blobs/, times: 1, answer: { do: 'status', status: 413 } });
    expect(await put()).toBe(false);
    expect(notices).toEqual([expect.stringMatching(/takes nothing as large as compile \(24 bytes\)/)]);
    expect([...server.files.keys()]).toEqual([]);
    expect(await put()).toBe(true);
  });
});

describe('credentials', () => {
  it('go to the cache, and to no other origin that it redirects to', async () => {
    await server.close();
    server = await startCacheServer({ authorization: 'Bearer secret' });
    const authorization = 'Bearer secret';
    expect(await put({ authorization })).toBe(true);
    const entry = server.files.get(entryPath) ?? Buffer.alloc(0);
    const elsewhere = await startFileServer(entry, [{ do: 'serve' }]);
    const blobs = await startFileServer(blob, [{ do: 'serve' }]);
    try {
      rule(
        { path: /steps/, answer: { do: 'redirect', to: `${elsewhere.url}/entry` } },
        { path: /blobs/, answer: { do: 'redirect', to: `${blobs.url}/blob` } },
      );
      expect(await take({ authorization })).toBe('taken');
      for (const { requests } of [elsewhere, blobs]) {
        expect(requests.length).toBeGreaterThan(0);
        expect(requests.map(({ headers }) => headers.authorization)).not.toContain('Bearer secret');
      }
      expect(server.requests.every(({ headers }) => headers.authorization === 'Bearer secret')).toBe(true);
    } finally {
      await elsewhere.close();
      await blobs.close();
    }
  });

  it('that are wrong are said, and not shown', async () => {
    await server.close();
    server = await startCacheServer({ authorization: 'Bearer secret' });
    expect(await take({ authorization: 'Bearer wrong' })).toBe('no entry');
    expect(notices.join()).not.toContain('wrong');
    expect(notices).toEqual([expect.stringContaining('HTTP 401')]);
  });
});

describe('signatures', () => {
  const makeKey = async (name: string): Promise<{ sign: string; trust: string }> => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const [sign, trust] = [join(directory, `${name}.key`), join(directory, `${name}.pub`)];
    await writeFile(sign, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(trust, publicKey.export({ type: 'spki', format: 'pem' }));
    return { sign, trust };
  };
  const unwrap = <T>(result: { ok: true; value: T } | { ok: false; error: string }): T => {
    if (!result.ok) throw new Error(result.error);
    return result.value;
  };

  it('of a trusted key are taken, and no others', async () => {
    const [ours, theirs] = [await makeKey('ours'), await makeKey('theirs')];
    const trust = unwrap(await readTrustedKeys(ours.trust));
    await put({ sign: unwrap(await readSigningKey(ours.sign)) });
    expect(await take({ trust })).toBe('taken');
    const found = await open({ trust }).findEntry(key, 'compile CPython');
    expect(found?.signedBy).toBe(trust[0]?.id);
    // Without a list nobody's signature is asked for, and none is said to hold.
    expect((await open().findEntry(key, 'compile CPython'))?.signedBy).toBe(undefined);
    expect(notices).toEqual([]);

    expect(await take({ trust: unwrap(await readTrustedKeys(theirs.trust)) })).toBe('no entry');
    expect(notices.pop()).toMatch(/expected a signature of a trusted key, found a signature of the key [0-9a-f]{12}\)/);
    for (const edit of [
      (entry: Record<string, unknown>) => (entry['record'] = { ...record, treeDigest: 'f'.repeat(64) }),
      (entry: Record<string, unknown>) => (entry['blob'] = { sha256: 'f'.repeat(64), sizeBytes: 1 }),
    ]) {
      const before = server.files.get(entryPath);
      await editEntry(edit);
      expect(await take({ trust })).toBe('no entry');
      expect(notices.pop()).toContain('that does not hold');
      if (before !== undefined) server.files.set(entryPath, before);
    }
    await editEntry((entry) => delete entry['signature']);
    expect(await take({ trust })).toBe('no entry');
    expect(notices.pop()).toContain('found no signature');
  });

  it('of several keys in one file count', async () => {
    const [ours, theirs] = [await makeKey('ours'), await makeKey('theirs')];
    const both = join(directory, 'both.pub');
    await writeFile(both, `${await readFile(theirs.trust, 'utf8')}\n${await readFile(ours.trust, 'utf8')}`);
    await put({ sign: unwrap(await readSigningKey(ours.sign)) });
    expect(await take({ trust: unwrap(await readTrustedKeys(both)) })).toBe('taken');
  });

  it('need keys of the right kind: the file says what it is, and nothing of the key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const [rsa, rsaPublic, text] = [join(directory, 'rsa'), join(directory, 'rsa.pub'), join(directory, 'text')];
    await writeFile(rsa, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(rsaPublic, publicKey.export({ type: 'spki', format: 'pem' }));
    await writeFile(text, 'no key');
    const ours = await makeKey('ours');
    expect(await readSigningKey(rsa)).toEqual({ ok: false, error: 'it has a key of kind rsa, not ed25519' });
    expect(await readTrustedKeys(rsaPublic)).toEqual({ ok: false, error: 'it has a key of kind rsa, not ed25519' });
    expect(await readSigningKey(text)).toMatchObject({
      ok: false,
      error: expect.stringContaining('no private key') as string,
    });
    expect(await readTrustedKeys(text)).toMatchObject({
      ok: false,
      error: expect.stringContaining('no public key') as string,
    });
    // A private key where a public one belongs would lie on every machine.
    expect(await readTrustedKeys(ours.sign)).toMatchObject({ ok: false });
    expect(await readSigningKey(join(directory, 'none'))).toMatchObject({ ok: false });
  });
});
