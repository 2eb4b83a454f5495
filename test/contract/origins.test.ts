import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OriginContext } from '../../src/io/origins/context.ts';
import { fetchArchive, type FetchedArchive } from '../../src/io/origins/fetch.ts';
import { rewriteUrl } from '../../src/io/origins/https.ts';
import type { Archive, Origin } from '../../src/model/catalogue.ts';
import type { Result } from '../../src/model/result.ts';
import { fakePrograms, type FakePrograms } from '../rig/fake-programs.ts';
import { startFileServer, type Behaviour, type RigServer } from '../rig/http-server.ts';

const file = Buffer.from('an archive\n'.repeat(500));
const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const sha256 = digest(file);
const mirrorHost = 'http://mirror.example:8080/debian';

let directory: string;
let downloads: string;
let fakes: FakePrograms;
let progress: string[];
const servers: RigServer[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'origins-'));
  downloads = join(directory, 'downloads');
  writeFileSync(join(directory, 'right'), file);
  writeFileSync(join(directory, 'wrong'), 'wrong bytes');
  fakes = await fakePrograms(directory, {});
  progress = [];
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
const https = (url: string): Origin => ({ kind: 'https', url });
const dead = https('https://no-such-host.invalid/Python-3.14.6.tar.xz');
const debian: Origin = { kind: 'debian', package: 'python3.14', path: 'pool/main/p/python3.14/x.orig.tar.xz' };
const crate: Origin = { kind: 'crate', name: 'aws-lc-sys', version: '0.47.0' };

const fetch = (origins: readonly Origin[], more: Partial<OriginContext> = {}): Promise<Result<FetchedArchive>> => {
  const archive: Archive = {
    file: 'Python-3.14.6.tar.xz',
    sha256,
    sizeBytes: file.length,
    format: 'tar.xz',
    root: 'Python-3.14.6',
    origins: [...origins],
  };
  return fetchArchive(archive, {
    downloadsDir: downloads,
    offline: false,
    mirrors: [],
    callerEnvironment: { PATH: fakes.path, HOME: directory },
    programs: { aptHelper: join(fakes.path, 'apt-helper') },
    download: { attempts: 2, backoffMs: 5, stallTimeoutMs: 300 },
    progress: (text) => progress.push(text),
    ...more,
  });
};
const mismatch = (origin: string, found: string): unknown => ({
  ok: false,
  error: { code: 'digest-mismatch', subject: 'Python-3.14.6.tar.xz', origin, expected: sha256, found },
});
const path = (name: string): Origin => ({ kind: 'path', path: join(directory, name) });
/** Every origin must leave the downloads directory with the file, or with nothing at all. */
const left = (): string[] => readdirSync(downloads);

describe('fetchArchive', () => {
  it('takes the first origin that gives the bytes and records what the others said', async () => {
    const server = await serve({ do: 'status', status: 404 }, { do: 'serve' });
    const startedAt = performance.now();
    const fetched = await fetch([
      dead,
      https(`${server.url}/a`),
      path('none'),
      https(`${server.url}/b`),
      path('right'),
    ]);
    expect(fetched).toEqual({
      ok: true,
      value: {
        path: join(downloads, sha256),
        sizeBytes: file.length,
        origin: 'https Python-3.14.6.tar.xz',
        originsTried: [
          { origin: 'https Python-3.14.6.tar.xz', reason: expect.stringMatching(/host names? /) as string },
          { origin: 'https Python-3.14.6.tar.xz', reason: 'HTTP 404' },
          { origin: 'path none', reason: 'nothing is there' },
        ],
      },
    });
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(left()).toEqual([sha256]);
  });

  it('stops at wrong bytes, whatever other origins there are', async () => {
    const body = Buffer.alloc(file.length, 'lie');
    const server = await serve({ do: 'serve', body });
    expect(await fetch([https(server.url), path('right')])).toEqual(
      mismatch('https Python-3.14.6.tar.xz', digest(body)),
    );
    expect(await fetch([path('wrong'), path('right')])).toEqual(mismatch('path wrong', digest('wrong bytes')));
    expect(left()).toEqual([]);
  });

  it('says what every origin said when none gave the bytes', async () => {
    const git: Origin = { kind: 'git', repository: 'https://user:pw@example.invalid/aws-lc.git', ref: 'main' };
    expect(await fetch([path('none'), git])).toMatchObject({
      error: {
        code: 'origins-exhausted',
        subject: 'Python-3.14.6.tar.xz',
        attempts: [{ origin: 'path none' }, { origin: 'git aws-lc.git main' }],
      },
    });
  });

  it('asks nobody when the bytes are here, and notices when they are damaged', async () => {
    const server = await serve({ do: 'serve' });
    await fetch([https(server.url)]);
    expect(await fetch([https(server.url)])).toMatchObject({
      ok: true,
      value: { origin: undefined, originsTried: [] },
    });
    expect(server.requests).toHaveLength(1);
    writeFileSync(join(downloads, sha256), 'damaged');
    expect((await fetch([https(server.url)])).ok).toBe(true);
    expect(server.requests).toHaveLength(2);
    expect(digest(readFileSync(join(downloads, sha256)))).toBe(sha256);
    expect(progress.join('\n')).toContain('was damaged in the store');
  });

  it('asks nobody when offline', async () => {
    const server = await serve({ do: 'serve' });
    expect(await fetch([https(server.url), debian, crate], { offline: true })).toMatchObject({
      error: { code: 'offline', subject: 'Python-3.14.6.tar.xz' },
    });
    expect(server.requests).toEqual([]);
    expect((await fetch([https(server.url), path('right')], { offline: true })).ok).toBe(true);
  });

  it('says that the downloads directory cannot be made, and that it was interrupted', async () => {
    expect(await fetch([path('right')], { downloadsDir: join(directory, 'right', 'below') })).toMatchObject({
      error: { code: 'io-failed' },
    });
    expect(await fetch([path('right')], { signal: AbortSignal.abort('SIGINT') })).toEqual({
      ok: false,
      error: { code: 'interrupted', signal: 'SIGINT' },
    });
  });
});

describe('the https origin', () => {
  it('goes where a mirror is, and records no mirror', async () => {
    const server = await serve({ do: 'serve' });
    const mirrors = [
      { from: 'https://no-such-host.invalid', to: 'http://127.0.0.1:1' },
      { from: 'https://no-such-host.invalid/', to: `${server.url}/mirror/` },
    ];
    const fetched = await fetch([dead], { mirrors });
    expect(fetched).toMatchObject({ ok: true, value: { origin: 'https Python-3.14.6.tar.xz' } });
    expect(server.requests.map(({ url }) => url)).toEqual(['/mirror/Python-3.14.6.tar.xz']);
    const refused = await fetch([https('https://upstream.invalid/x')], {
      downloadsDir: join(directory, 'other'),
      mirrors: [{ from: 'https://upstream.invalid', to: 'https://user:pw@private.invalid' }],
    });
    expect(JSON.stringify(refused)).not.toMatch(/private|pw@/);
  });

  it('leaves other URLs alone', () => {
    expect(rewriteUrl('https://a.example/x', [{ from: 'https://b.example', to: 'https://c.example' }])).toBe(
      'https://a.example/x',
    );
  });

  it('removes the part of an interrupted download when another origin gives the bytes', async () => {
    const server = await serve({ do: 'truncate', after: 100, etag: '"1"' }, { do: 'status', status: 404 });
    expect((await fetch([https(server.url), path('right')])).ok).toBe(true);
    expect(left()).toEqual([sha256]);
  });
});

describe('the debian origin', () => {
  const uris = `${mirrorHost}/\n${mirrorHost}-security\n${mirrorHost}/\n`;
  const apt = (helper: Parameters<FakePrograms['add']>[0][string], lists = uris): Promise<void> =>
    fakes.add({ 'apt-get': { args: 'indextargets --format $(REPO_URI)', stdout: lists }, 'apt-helper': helper });
  // apt-helper -o Acquire::Retries=0 download-file URI FILE SHA256:digest
  const give = (name: string): string => `cp ${join(directory, name)} "$5"`;
  const failed = (said: string): { stderr: string; exitCode: number } => ({
    stderr: `E: Failed to fetch ${mirrorHost}/pool/x  ${said}\nE: Download Failed\n`,
    exitCode: 100,
  });

  it('asks each of apt’s repositories in order through apt’s own downloader', async () => {
    await apt([
      {
        call: 1,
        stdout: `Err:1 ${mirrorHost}/pool/x\n  404  Not Found [IP: 10.0.0.1 80]\n`,
        ...failed('404  Not Found'),
      },
      { script: give('right') },
    ]);
    expect(await fetch([debian])).toMatchObject({ ok: true, value: { origin: 'debian python3.14', originsTried: [] } });
    const asked = await fakes.calls('apt-helper');
    expect(asked.map(({ args }) => args[3])).toEqual([
      `${mirrorHost}/${debian.path}`,
      `${mirrorHost}-security/${debian.path}`,
    ]);
    expect(asked[0]?.args.slice(0, 3)).toEqual(['-o', 'Acquire::Retries=0', 'download-file']);
    expect(asked[0]?.args[5]).toBe(`SHA256:${sha256}`);
    expect(left()).toEqual([sha256]);
  });

  it.each([
    ['  404  Not Found [IP: 10.0.0.1 80]', 'HTTP 404'],
    ['Temporary failure resolving ‘mirror.example’', 'host name not found'],
    ['Could not connect to mirror.example:8080 (10.0.0.1). - connect (111: Connection refused)', 'connection refused'],
    ['Connection timed out', 'no answer in time'],
    ['Something new', 'apt-helper failed'],
  ])('says %j as %j, without the mirror', async (said, reason) => {
    await apt({ ...failed(said), stdout: `Err:1 ${mirrorHost}/pool/x\n${said}\n` });
    const fetched = await fetch([debian, path('right')]);
    expect(fetched).toMatchObject({ ok: true, value: { originsTried: [{ origin: 'debian python3.14', reason }] } });
    expect(JSON.stringify([fetched, progress])).not.toContain('mirror.example');
  });

  it('stops with both digests when apt says that they differ, and when apt says nothing', async () => {
    const found = digest('other');
    const said = `Hash Sum mismatch\n  Hashes of expected file:\n   - SHA256:${sha256}\n  Hashes of received file:\n   - SHA256:${found}\n   - Filesize:5 [weak]\n`;
    await apt({ ...failed(said), script: 'cp "$0" "$5.FAILED"' });
    expect(await fetch([debian, path('right')])).toEqual(mismatch('debian python3.14', found));
    await apt({ script: give('wrong') });
    expect(await fetch([debian, path('right')])).toEqual(mismatch('debian python3.14', digest('wrong bytes')));
    expect(left()).toEqual([]);
  });

  it('says why apt cannot be asked', async () => {
    expect(await fetch([debian])).toMatchObject({ error: { attempts: [{ reason: 'no apt-get here' }] } });
    await apt({}, '');
    expect(await fetch([debian])).toMatchObject({
      error: { attempts: [{ reason: 'apt has no package lists: run apt-get update' }] },
    });
    await fakes.add({ 'apt-get': { exitCode: 100 } });
    expect(await fetch([debian])).toMatchObject({
      error: { attempts: [{ reason: 'apt-get failed (exit code 100)' }] },
    });
  });

  it('gives apt a scrubbed environment', async () => {
    await apt({ script: give('right') });
    const secret = {
      LD_PRELOAD: '/evil.so',
      PYTHONPATH: '/evil',
      OPENSSL_CONF: '/evil',
      LANG: 'de_DE.UTF-8',
      CFLAGS: '-evil',
      GIT_DIR: '/evil',
    };
    const kept = { http_proxy: 'http://proxy:1', NO_PROXY: 'x', APT_CONFIG: '/apt', SSL_CERT_DIR: '/certs' };
    await fetch([debian], { callerEnvironment: { PATH: fakes.path, HOME: directory, ...secret, ...kept } });
    const [call] = await fakes.calls('apt-helper');
    // PWD and _ are the fake's shell's own.
    const names = Object.keys(call?.env ?? {}).filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
    expect(names.sort()).toEqual(
      [...Object.keys(kept), 'PATH', 'HOME', 'LANG', 'LC_ALL', 'GIT_TERMINAL_PROMPT', 'DEBIAN_FRONTEND'].sort(),
    );
    expect(call?.env['LANG']).toBe('C.UTF-8');
  });
});

describe('the crate origin', () => {
  const cache = (): string => join(directory, '.cargo', 'registry', 'cache', 'index.example-0123');
  const cached = (): string => join(cache(), 'aws-lc-sys-0.47.0.crate');
  const cargo = (version: string, info: Parameters<FakePrograms['add']>[0][string]): Promise<void> =>
    fakes.add({ cargo: [{ args: '--version', stdout: `cargo ${version} (abc 2026-01-01)\n` }, ...[info].flat()] });

  it('takes a crate from cargo’s cache without asking cargo', async () => {
    mkdirSync(cache(), { recursive: true });
    writeFileSync(cached(), file);
    expect(await fetch([crate])).toMatchObject({ ok: true, value: { origin: 'crate aws-lc-sys 0.47.0' } });
    expect(digest(readFileSync(join(downloads, sha256)))).toBe(sha256);
    expect(existsSync(cached())).toBe(true);
  });

  it('lets cargo get it, from an empty directory', async () => {
    await cargo('1.95.0', {
      script: `mkdir -p ${cache()}; ls -A > ${directory}/seen; cp ${directory}/right ${cached()}`,
    });
    expect(await fetch([crate])).toMatchObject({ ok: true, value: { origin: 'crate aws-lc-sys 0.47.0' } });
    expect(await fakes.commandLines('cargo')).toEqual([
      'cargo --version',
      'cargo info --color never aws-lc-sys@0.47.0',
    ]);
    expect(readFileSync(join(directory, 'seen'), 'utf8')).toBe('');
    expect(left()).toEqual([sha256]);
  });

  it('looks where CARGO_HOME is', async () => {
    const home = join(directory, 'cargo-home');
    mkdirSync(join(home, 'registry', 'cache', 'any'), { recursive: true });
    writeFileSync(join(home, 'registry', 'cache', 'any', 'aws-lc-sys-0.47.0.crate'), file);
    expect((await fetch([crate], { callerEnvironment: { PATH: fakes.path, CARGO_HOME: home } })).ok).toBe(true);
  });

  it('takes rustup’s cargo when the one on PATH is too old', async () => {
    await cargo('1.65.0', { exitCode: 1 });
    const own = await fakePrograms(join(directory, '.cargo'), {
      cargo: [
        { args: '--version', stdout: 'cargo 1.82.0\n' },
        { script: `mkdir -p ${cache()}; cp ${directory}/right ${cached()}` },
      ],
    });
    expect((await fetch([crate])).ok).toBe(true);
    expect(await own.commandLines()).toHaveLength(2);
  });

  it('takes the next cargo on PATH, with the rustc beside it, when the first is rustup’s without a toolchain', async () => {
    await fakes.add({ cargo: { stderr: 'error: rustup could not choose a version of cargo to run', exitCode: 1 } });
    await fakes.add({ rustc: { exitCode: 1 } });
    const next = await fakePrograms(join(directory, 'apt'), {
      rustc: { stdout: 'rustc 1.95.0' },
      cargo: [
        { args: '--version', stdout: 'cargo 1.95.0\n' },
        { script: `rustc -vV && mkdir -p ${cache()} && cp ${directory}/right ${cached()}` },
      ],
    });
    const PATH = `${fakes.path}:${next.path}`;
    expect(await fetch([crate], { callerEnvironment: { HOME: directory, PATH } })).toMatchObject({ ok: true });
    expect(await next.commandLines('rustc')).toHaveLength(1);
  });

  it('says why cargo cannot be asked', async () => {
    expect(await fetch([crate])).toMatchObject({
      error: { attempts: [{ reason: 'no cargo here (needs cargo 1.82 or newer)' }] },
    });
    await cargo('1.65.0', { exitCode: 1 });
    expect(await fetch([crate])).toMatchObject({
      error: { attempts: [{ reason: 'cargo 1.65.0 is too old (needs cargo 1.82 or newer)' }] },
    });
    expect(await fakes.commandLines('cargo')).toEqual(['cargo --version']);
  });

  it.each([
    ['error: could not find `aws-lc-sys@0.47.0` in registry `https://mirror.example`', 'cargo finds no such crate'],
    ['warning: spurious network error: [6] Could not resolve host: mirror.example', 'host name not found'],
    ['error: failed to download from `https://mirror.example/x`', 'cargo could not download it'],
    ['error: something else', 'cargo info failed'],
  ])('says %j as %j', async (stderr, reason) => {
    await cargo('1.95.0', { stderr, exitCode: 101 });
    const fetched = await fetch([crate, path('right')]);
    expect(fetched).toMatchObject({
      ok: true,
      value: { originsTried: [{ origin: 'crate aws-lc-sys 0.47.0', reason }] },
    });
    expect(JSON.stringify([fetched, progress])).not.toContain('mirror.example');
  });

  it('stops at wrong bytes in the cache when cargo cannot better them', async () => {
    mkdirSync(cache(), { recursive: true });
    writeFileSync(cached(), 'wrong bytes');
    await cargo('1.95.0', { stdout: 'aws-lc-sys' });
    expect(await fetch([crate, path('right')])).toEqual(mismatch('crate aws-lc-sys 0.47.0', digest('wrong bytes')));
    expect(left()).toEqual([]);
  });

  it('says that cargo left no file', async () => {
    await cargo('1.95.0', { stdout: 'aws-lc-sys' });
    expect(await fetch([crate])).toMatchObject({
      error: { attempts: [{ reason: 'cargo left no file in its cache' }] },
    });
  });
});
