import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadFile, type DownloadProgress, type DownloadRequest } from '../../src/io/download.ts';
import { startFileServer, type Behaviour, type RigServer } from '../rig/http-server.ts';
import { withSmallDisk } from '../rig/small-disk.ts';

const file = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const sha256 = digest(file);

let directory: string;
const servers: RigServer[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'download-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const serve = async (...behaviours: readonly Behaviour[]): Promise<RigServer> => {
  const server = await startFileServer(file, behaviours);
  servers.push(server);
  return server;
};

const download = (
  server: { readonly url: string },
  more: Partial<DownloadRequest> = {},
): ReturnType<typeof downloadFile> =>
  downloadFile({
    url: `${server.url}/file.tar.xz`,
    subject: 'file.tar.xz',
    origin: 'https file.tar.xz',
    sha256,
    sizeBytes: file.length,
    directory,
    environment: {},
    ...more,
    policy: { backoffMs: 5, stallTimeoutMs: 250, connectTimeoutMs: 1000, attempts: 4, ...more.policy },
  });

const expectFile = (): void => {
  expect(readdirSync(directory)).toEqual([sha256]);
  expect(digest(readFileSync(join(directory, sha256)))).toBe(sha256);
};
const ranges = (server: RigServer): (string | undefined)[] => server.requests.map(({ headers }) => headers.range);
const etag = '"v1"';
/** Interrupts a download after the first bytes and leaves its part. */
const interrupt = async (behaviour: Behaviour): Promise<RigServer> => {
  const server = await serve(behaviour);
  const controller = new AbortController();
  const onProgress = (): void => {
    controller.abort('SIGINT');
  };
  expect(await download(server, { signal: controller.signal, onProgress })).toEqual({
    ok: false,
    error: { code: 'interrupted', signal: 'SIGINT' },
  });
  return server;
};

describe('downloadFile', () => {
  it('gives the right bytes their digest as name and reports progress', async () => {
    const seen: DownloadProgress[] = [];
    const server = await serve({ do: 'serve' });
    const result = await download(server, { onProgress: (progress) => seen.push(progress) });
    expect(result).toEqual({
      ok: true,
      value: { path: join(directory, sha256), sizeBytes: file.length, resumedBytes: 0 },
    });
    expectFile();
    expect(seen.at(-1)).toMatchObject({ receivedBytes: file.length, totalBytes: file.length });
    expect(seen.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each([408, 425, 429, 500, 503])('tries again after HTTP %i', async (status) => {
    const server = await serve({ do: 'status', status }, { do: 'serve' });
    expect((await download(server)).ok).toBe(true);
    expect(server.requests).toHaveLength(2);
    expectFile();
  });

  it.each([401, 403, 404, 410])('gives up at once after HTTP %i', async (status) => {
    const server = await serve({ do: 'status', status });
    expect(await download(server)).toMatchObject({
      error: { code: 'download-failed', reason: `HTTP ${status}`, retriable: false },
    });
    expect(server.requests).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('waits as long as Retry-After says', async () => {
    const server = await serve({ do: 'status', status: 429, headers: { 'retry-after': '1' } }, { do: 'serve' });
    expect((await download(server)).ok).toBe(true);
    const [first, second] = server.requests;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(900);
  });

  it('does not wait for a Retry-After beyond its patience', async () => {
    const server = await serve({ do: 'status', status: 503, headers: { 'retry-after': '3600' } });
    expect(await download(server)).toMatchObject({ error: { reason: 'HTTP 503, to be asked again in 3600 s' } });
    expect(server.requests).toHaveLength(1);
  });

  it('waits longer from try to try, then gives up and says how often it tried', async () => {
    const server = await serve({ do: 'status', status: 500 });
    const result = await download(server, { policy: { backoffMs: 60, random: () => 1 } });
    expect(result).toMatchObject({ error: { reason: 'HTTP 500; tried 4 times', retriable: true } });
    const at = server.requests.map(({ atMs }) => atMs);
    const gaps = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(gaps).toHaveLength(3);
    gaps.forEach((gap, index) => {
      expect(gap).toBeGreaterThan(60 * 2 ** index - 5);
    });
  });

  it.each<[string, Behaviour]>([
    ['cut', { do: 'truncate', after: 100_000, etag }],
    ['stalled', { do: 'stall', after: 100_000, etag }],
  ])('goes on where an answer was %s', async (_, broken) => {
    const server = await serve(broken, { do: 'serve', etag });
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual([undefined, 'bytes=100000-']);
    expect(server.requests[1]?.headers['if-range']).toBe(etag);
    expectFile();
  });

  it('starts anew when nothing tells the versions of a file apart', async () => {
    const weak = 'W/"v1"';
    const server = await serve(
      { do: 'truncate', after: 1000 },
      { do: 'truncate', after: 1000, etag: weak },
      { do: 'serve', etag: weak },
    );
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual([undefined, undefined, undefined]);
    expectFile();
  });

  it('starts anew when the file has changed between two parts', async () => {
    const server = await serve({ do: 'truncate', after: 100_000, etag: '"old"' }, { do: 'serve', etag });
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual([undefined, 'bytes=100000-']);
    expectFile();
  });

  it.each<[string, Behaviour]>([
    ['ignores ranges', { do: 'ignore-range', etag }],
    ['answers with another range', { do: 'wrong-range', etag }],
    ['answers 416', { do: 'status', status: 416 }],
  ])('gets the whole file when the server %s', async (_, odd) => {
    const server = await serve({ do: 'truncate', after: 100_000, etag }, odd, { do: 'serve', etag });
    expect((await download(server)).ok).toBe(true);
    expectFile();
  });

  it('asks for the rest when a server gives less than the range', async () => {
    const server = await serve(
      { do: 'truncate', after: 100_000, etag },
      { do: 'short-range', bytes: 50_000, etag },
      { do: 'serve', etag },
    );
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual([undefined, 'bytes=100000-', 'bytes=150000-']);
    expectFile();
  });

  it.each<[string, Behaviour, RegExp]>([
    ['reset', { do: 'reset' }, /ECONNRESET|UND_ERR_SOCKET/],
    ['silent', { do: 'silence' }, /nothing came for 250 ms/],
    ['ended early without a promised length', { do: 'end-early', after: 1000 }, /ended after 1000 of 300000 bytes/],
  ])('tries again when a connection is %s', async (_, behaviour, reason) => {
    const reasons: string[] = [];
    const server = await serve(behaviour, { do: 'serve' });
    expect((await download(server, { onRetry: (text) => reasons.push(text) })).ok).toBe(true);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
    expectFile();
  });

  it('throws wrong bytes away and names both digests', async () => {
    const body = Buffer.alloc(file.length, 'lie');
    const server = await serve({ do: 'serve', body });
    expect(await download(server)).toEqual({
      ok: false,
      error: {
        code: 'digest-mismatch',
        subject: 'file.tar.xz',
        origin: 'https file.tar.xz',
        expected: sha256,
        found: digest(body),
      },
    });
    expect(server.requests).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes a whole but shorter file for a wrong one', async () => {
    const server = await serve({ do: 'serve', body: file.subarray(0, 1000) });
    expect(await download(server)).toMatchObject({ error: { code: 'digest-mismatch' } });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('stops at once when there are more bytes than expected', async () => {
    const server = await serve({ do: 'serve' });
    const promised = await download(server, { sizeBytes: 1000 });
    expect(promised).toMatchObject({ error: { reason: 'the server has 300000 bytes where 1000 are expected' } });
    const unpromised = await serve({ do: 'end-early', after: 200_000 });
    expect(await download(unpromised, { sizeBytes: 1000 })).toMatchObject({
      error: { code: 'download-failed', reason: 'the server sends more than the 1000 bytes that are expected' },
    });
    expect(unpromised.requests).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('follows redirects, but not for ever', async () => {
    const target = await serve({ do: 'serve' });
    const server = await serve(
      { do: 'redirect', to: `${target.url}/there` },
      { do: 'redirect', to: '/again', status: 307 },
    );
    expect((await download(server)).ok).toBe(true);
    expectFile();
    rmSync(join(directory, sha256));
    expect(await download(server)).toMatchObject({ error: { reason: 'more than 5 redirects' } });
    expect(server.requests).toHaveLength(1 + 6);
  });

  it('sends credentials to their origin only, and shows neither them nor the query', async () => {
    const target = await serve({ do: 'status', status: 404 });
    const server = await serve({ do: 'redirect', to: `${target.url}/there` });
    const url = `${server.url.replace('//', '//user:s%40cret@')}/file?token=s%40cret#s%40cret`;
    const result = await download(server, { url });
    expect(result).toMatchObject({ error: { url: `${server.url}/file`, reason: 'HTTP 404' } });
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:s@cret').toString('base64')}`);
    expect(server.requests[0]?.url).toBe('/file?token=s%40cret');
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('does not follow a redirect from https to http; trusts SSL_CERT_FILE', async () => {
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const plain = await serve({ do: 'serve' });
    const server = await startFileServer(file, [{ do: 'redirect', to: plain.url }, { do: 'serve' }], {
      key: readFileSync(key, 'utf8'),
      cert: readFileSync(cert, 'utf8'),
    });
    servers.push(server);
    expect(await download(server)).toMatchObject({
      error: { code: 'download-failed', reason: expect.stringContaining('SELF_SIGNED') as string, retriable: false },
    });
    const environment = { SSL_CERT_FILE: cert };
    const target = join(directory, 'downloads');
    expect(await download(server, { environment, directory: target })).toMatchObject({
      error: { reason: 'a redirect from https to something weaker' },
    });
    expect(plain.requests).toHaveLength(0);
    expect((await download(server, { environment, directory: target })).ok).toBe(true);
  });

  it('gives up at once on a host that is not known or refuses', async () => {
    const startedAt = performance.now();
    const unknown = await download({ url: 'http://no-such-host.invalid' });
    expect(unknown).toMatchObject({ error: { code: 'download-failed', retriable: false } });
    if (!unknown.ok && unknown.error.code === 'download-failed') {
      expect(unknown.error.reason).toMatch(/ENOTFOUND|EAI_AGAIN/);
      expect(unknown.error.reason).not.toContain('no-such-host');
    }
    const server = await serve({ do: 'serve' });
    await server.close();
    servers.pop();
    expect(await download(server)).toMatchObject({ error: { reason: 'the connection was refused (ECONNREFUSED)' } });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('does not wait for a connection that never stands', async () => {
    const mute = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const policy = { connectTimeoutMs: 300, stallTimeoutMs: 20_000 };
    const result = await download({ url: `https://127.0.0.1:${port}` }, { policy });
    expect(result).toMatchObject({ error: { reason: expect.stringContaining('UND_ERR_CONNECT_TIMEOUT') as string } });
    mute.close();
  });

  it('refuses what is no http URL', async () => {
    for (const url of ['file:///etc/passwd', 'nonsense']) {
      expect(await download({ url: '' }, { url })).toMatchObject({
        error: { code: 'download-failed', reason: 'not an http or https URL' },
      });
    }
  });

  it('says that the disk is full', async (test) => {
    const disk = join(directory, 'disk');
    await withSmallDisk(test, disk, '64k', async () => {
      const server = await serve({ do: 'serve' });
      expect(await download(server, { directory: disk })).toMatchObject({ error: { code: 'disk-full' } });
      expect(server.requests).toHaveLength(1);
      expect(readdirSync(disk)).toEqual([]);
    });
  });

  it('says that the directory cannot be made', async () => {
    writeFileSync(join(directory, 'file'), '');
    const server = await serve({ do: 'serve' });
    expect(await download(server, { directory: join(directory, 'file', 'below') })).toMatchObject({
      error: { code: 'io-failed' },
    });
  });
});

describe('a download that was interrupted', () => {
  it('is resumed by the next one', async () => {
    const first = await interrupt({ do: 'stall', after: 120_000, etag });
    expect(first.requests).toHaveLength(1);
    expect(readdirSync(directory).sort()).toEqual([`.${sha256}.part`, `.${sha256}.part.source`]);
    const received = readFileSync(join(directory, `.${sha256}.part`)).length;
    // The same URL, the same file: as after Ctrl-C.
    const part = await serve({ do: 'serve', etag });
    const source = join(directory, `.${sha256}.part.source`);
    const urlDigest = digest(Buffer.from(`${part.url}/file.tar.xz`));
    writeFileSync(source, `${urlDigest}\n${etag}\n`);
    const result = await download(part);
    expect(result).toMatchObject({ ok: true, value: { resumedBytes: received } });
    expect(ranges(part)).toEqual([`bytes=${received}-`]);
    expectFile();
  });

  it('starts anew when it was another URL, or when nothing is known of the source', async () => {
    await interrupt({ do: 'stall', after: 120_000, etag });
    const other = await serve({ do: 'serve', etag });
    expect((await download(other)).ok).toBe(true);
    expect(ranges(other)).toEqual([undefined]);
    expectFile();
    rmSync(join(directory, sha256));
    await interrupt({ do: 'stall', after: 120_000 });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('gets one clean start when its part turns out to be damaged', async () => {
    const server = await serve({ do: 'serve', etag });
    writeFileSync(join(directory, `.${sha256}.part`), Buffer.alloc(100_000, 'damage'));
    const urlDigest = digest(Buffer.from(`${server.url}/file.tar.xz`));
    writeFileSync(join(directory, `.${sha256}.part.source`), `${urlDigest}\n${etag}\n`);
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual(['bytes=100000-', undefined]);
    expectFile();
  });

  it('takes over the part of a process that is gone, not of one that lives', async () => {
    const server = await serve({ do: 'serve', etag });
    const controller = new AbortController();
    const stalled = await serve({ do: 'stall', after: 50_000, etag });
    const running = download(stalled, { signal: controller.signal, policy: { stallTimeoutMs: 20_000 } });
    while (!readdirSync(directory).some((name) => name.endsWith('.source'))) await new Promise((r) => setTimeout(r, 5));
    const own = readdirSync(directory).find((name) => name.endsWith('.part')) ?? '';
    const dead = spawnSync('true').pid;
    const left = own.replace(`-${process.pid}-`, `-${dead}-`);
    writeFileSync(join(directory, left), file.subarray(0, 70_000));
    writeFileSync(join(directory, `${left}.source`), `${digest(Buffer.from(`${server.url}/file.tar.xz`))}\n${etag}\n`);
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual(['bytes=70000-']);
    expect(readdirSync(directory)).toContain(own);
    controller.abort('SIGTERM');
    expect(await running).toMatchObject({ error: { code: 'interrupted', signal: 'SIGTERM' } });
  });

  it('is finished without a request when every byte is there', async () => {
    const server = await serve({ do: 'serve', etag });
    writeFileSync(join(directory, `.${sha256}.part`), file);
    writeFileSync(join(directory, `.${sha256}.part.source`), `${digest(Buffer.from('any'))}\n${etag}\n`);
    expect((await download(server)).ok).toBe(true);
    expect(server.requests).toHaveLength(0);
    expectFile();
  });

  it('is begun again when its part is longer than the file', async () => {
    const server = await serve({ do: 'serve', etag });
    writeFileSync(join(directory, `.${sha256}.part`), '');
    truncateSync(join(directory, `.${sha256}.part`), file.length + 1);
    expect((await download(server)).ok).toBe(true);
    expect(ranges(server)).toEqual([undefined]);
  });
});

describe('downloads at the same time', () => {
  it('of the same file do not disturb each other', async () => {
    const server = await serve({ do: 'truncate', after: 100_000, etag }, { do: 'serve', etag });
    const results = await Promise.all([download(server), download(server), download(server)]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    expectFile();
  });
});
