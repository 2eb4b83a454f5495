import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downloadFile } from '../../src/io/download.ts';
import { chooseProxy, type CallerEnvironment } from '../../src/io/download-transport.ts';
import { startFileServer, startProxy, type RigServer } from '../rig/http-server.ts';

const file = Buffer.from('the file\n'.repeat(1000));
const sha256 = createHash('sha256').update(file).digest('hex');
let directory: string;
const servers: RigServer[] = [];
const started = async (server: Promise<RigServer>): Promise<RigServer> => {
  servers.push(await server);
  return server;
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'proxy-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const download = (url: string, environment: CallerEnvironment): ReturnType<typeof downloadFile> =>
  downloadFile({
    url,
    subject: 'file',
    origin: 'https file',
    sha256,
    sizeBytes: file.length,
    directory: join(directory, 'downloads'),
    environment,
    policy: { attempts: 2, backoffMs: 5, stallTimeoutMs: 2000 },
  });

describe('a download through a proxy', () => {
  it.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])('takes plain http as %s says', async (variable) => {
    const server = await started(startFileServer(file, [{ do: 'serve' }]));
    const proxy = await started(startProxy({ credentials: 'me:p@ss' }));
    const result = await download(`${server.url}/x`, { [variable]: proxy.url.replace('//', '//me:p%40ss@') });
    expect(result.ok).toBe(true);
    expect(proxy.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${server.url}/x`]);
    expect(server.requests).toHaveLength(1);
    expect(readdirSync(join(directory, 'downloads'))).toEqual([sha256]);
  });

  it('tunnels https as https_proxy says', async () => {
    const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    const server = await started(startFileServer(file, [{ do: 'serve' }], tls));
    const proxy = await started(startProxy({ credentials: 'me:secret' }));
    const https_proxy = proxy.url.replace('//', '//me:secret@');
    expect((await download(`${server.url}/x`, { https_proxy, SSL_CERT_FILE: cert })).ok).toBe(true);
    expect(proxy.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `CONNECT ${server.url.replace('https://', '')}`,
    ]);
  });

  it('says what the proxy answered when it refuses, without its name or credentials', async () => {
    const proxy = await started(startProxy({ refuse: 403 }));
    const environment = { https_proxy: proxy.url.replace('//', '//me:secret@') };
    const refused = await download('https://example.invalid/x', environment);
    expect(refused).toEqual({
      ok: false,
      error: {
        code: 'download-failed',
        url: 'https://example.invalid/x',
        reason: 'the proxy answered 403',
        retriable: false,
      },
    });
    const plain = await started(startProxy({ credentials: 'a:b' }));
    expect(await download('http://example.invalid/x', { http_proxy: plain.url })).toMatchObject({
      error: { code: 'download-failed', reason: 'the proxy answered 407' },
    });
  });

  it('says that a proxy setting cannot be used', async () => {
    const result = await download('http://example.invalid/x', { http_proxy: 'socks5://127.0.0.1:1' });
    expect(result).toMatchObject({ error: { reason: expect.stringContaining('proxy setting') as string } });
  });

  it('goes past the proxy for hosts of no_proxy', async () => {
    const server = await started(startFileServer(file, [{ do: 'serve' }]));
    const environment = { http_proxy: 'http://127.0.0.1:9', no_proxy: 'localhost, 127.0.0.1' };
    expect((await download(server.url, environment)).ok).toBe(true);
  });
});

describe('chooseProxy', () => {
  const proxy = 'http://proxy:3128';
  it.each<[string, CallerEnvironment, string | undefined]>([
    ['http://a.example/', { http_proxy: proxy }, `${proxy}/`],
    ['http://a.example/', { http_proxy: 'proxy:3128' }, `${proxy}/`],
    ['http://a.example/', { http_proxy: proxy, HTTP_PROXY: 'http://other' }, `${proxy}/`],
    ['http://a.example/', { http_proxy: '', HTTP_PROXY: proxy }, `${proxy}/`],
    ['https://a.example/', { http_proxy: proxy }, undefined],
    ['https://a.example/', { https_proxy: proxy, no_proxy: '*' }, undefined],
    ['https://a.example/', { https_proxy: proxy, no_proxy: 'example' }, undefined],
    ['https://a.example/', { https_proxy: proxy, NO_PROXY: '.example' }, undefined],
    ['https://a.example/', { https_proxy: proxy, no_proxy: '*.example' }, undefined],
    ['https://a.example/', { https_proxy: proxy, no_proxy: 'A.EXAMPLE:443' }, undefined],
    ['https://a.example/', { https_proxy: proxy, no_proxy: 'a.example:8443' }, `${proxy}/`],
    ['https://notexample/', { https_proxy: proxy, no_proxy: 'example' }, `${proxy}/`],
    ['https://[::1]/', { https_proxy: proxy, no_proxy: '::1' }, undefined],
    ['https://a.example/', {}, undefined],
  ])('for %s with %j is %s', (url, environment, expected) => {
    const chosen = chooseProxy(new URL(url), environment);
    expect(chosen instanceof URL ? chosen.href : chosen).toBe(expected);
  });
});
