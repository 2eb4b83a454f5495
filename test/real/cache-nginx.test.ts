import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSharing, readCacheState } from '../../src/commands/doctor-store.ts';
import { removeTree } from '../../src/io/files.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

const execute = promisify(execFile);
let directory: string;
let world: World | undefined;
let nginx: ChildProcess | undefined;
let url = '';

/** Whether there is an nginx that takes PUT. */
const hasNginx = async (): Promise<boolean> =>
  execute('nginx', ['-V']).then(
    ({ stderr }) => stderr.includes('http_dav_module'),
    () => false,
  );

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      // A listening TCP server has an address with a port.
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

/** `user:{SHA}…`: nginx takes it as it is. */
const passwordLine = (user: string, password: string): string =>
  `${user}:{SHA}${createHash('sha1').update(password).digest('base64')}\n`;

/** Readers may read, the builder may also write: as README says it. */
const configuration = (port: number): string => `
daemon off;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events {}
http {
  access_log ${directory}/access.log;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location /cache/ {
      alias ${directory}/files/;
      client_max_body_size 1g;
      dav_methods PUT;
      create_full_put_path on;
      auth_basic "cache";
      auth_basic_user_file ${directory}/readers;
      limit_except GET HEAD {
        auth_basic "cache";
        auth_basic_user_file ${directory}/writers;
      }
    }
  }
}
`;

const startNginx = async (): Promise<void> => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}/cache`;
  await mkdir(join(directory, 'files'));
  // Started by root, nginx works as another user.
  for (const path of [directory, join(directory, 'files')]) await chmod(path, 0o777);
  await writeFile(join(directory, 'readers'), passwordLine('reader', 'r') + passwordLine('builder', 'b'));
  await writeFile(join(directory, 'writers'), passwordLine('builder', 'b'));
  await writeFile(join(directory, 'nginx.conf'), configuration(port));
  nginx = spawn('nginx', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' });
  for (let tried = 0; tried < 100; tried += 1) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(50);
  }
  throw new Error(await readFile(join(directory, 'error.log'), 'utf8').catch(() => 'nginx does not answer'));
};

/** What doctor says of the cache. */
const askDoctor = async (
  env: Readonly<Record<string, string>>,
): Promise<readonly (readonly [string, string, string])[]> => {
  const state = await readCacheState(
    { cacheWrite: true },
    {
      out: () => undefined,
      err: () => undefined,
      env,
      cwd: directory,
      signal: new AbortController().signal,
      passSignals: () => undefined,
      terminal: { canAsk: false, canDraw: false, color: false },
    },
  );
  if (!state.ok) throw new Error(JSON.stringify(state.error));
  return judgeSharing(state.value, undefined).map(({ name, level, text }) => [name, level, text] as const);
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nginx-'));
  let isThere = await hasNginx();
  // Nothing is installed on a machine whose owner was not asked: a CI has said yes.
  if (!isThere && process.env['CI'] === 'true') {
    const install = 'apt-get install -y --no-install-recommends nginx-light';
    await execute('sh', ['-c', `${install} || { apt-get update && ${install}; }`], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    isThere = await hasNginx();
  }
  if (!isThere) return;
  await startNginx();
  world = await makeWorld();
});
afterAll(async () => {
  nginx?.kill('SIGTERM');
  await world?.remove();
  await removeTree(directory);
});

describe('the nginx of this machine, with its dav module', () => {
  it('shares what one machine made, by basic auth: readers read, the builder writes', async ({ skip }) => {
    if (world === undefined) {
      skip('there is no nginx with the dav module here: apt-get install nginx-light');
      return;
    }
    const as = (user: string, password: string): { readonly env: Readonly<Record<string, string>> } => ({
      env: {
        CPYTHON_AWSLC_CACHE: url,
        CPYTHON_AWSLC_CACHE_USER: user,
        CPYTHON_AWSLC_CACHE_PASSWORD: password,
      },
    });
    const refused = await world.run(['build', '--cache-write', '--store', join(directory, 'a')], as('reader', 'r'));
    expect([refused.exitCode, refused.stderr]).toEqual([
      0,
      expect.stringMatching(/refuses to be written to.*HTTP 40[13]/),
    ]);
    const written = await world.run(['build', '--cache-write', '--store', join(directory, 'a')], as('builder', 'b'));
    expect([written.exitCode, written.stderr]).toEqual([0, expect.stringContaining('6 files written to the cache')]);

    const before = (await world.work()).length;
    const taken = await world.run(['build', '--store', join(directory, 'b')], as('reader', 'r'));
    expect([taken.exitCode, taken.stderr]).toEqual([0, expect.stringContaining('took   install')]);
    expect((await world.work()).length).toBe(before);
    const stranger = await world.run(['build', '--store', join(directory, 'c')], as('reader', 'wrong'));
    expect([stranger.exitCode, stranger.stderr]).toEqual([0, expect.stringContaining('refuses to be read (HTTP 401')]);

    const log = await readFile(join(directory, 'access.log'), 'utf8');
    expect(log).toMatch(/- builder .*"PUT \/cache\/v1\/steps\/[0-9a-f]{64}\.json HTTP\/1\.1" 201/);
    expect(log).not.toMatch(/- reader .*"PUT [^"]*" 20/);
    expect(await askDoctor(as('builder', 'b').env)).toEqual([
      ['reading', 'ok', 'it answers, and may be read'],
      ['writing', 'ok', 'it may be written to'],
      ['credentials', 'note', 'they go over the network as they are (http)'],
    ]);
    const reader = await askDoctor(as('reader', 'r').env);
    expect(reader[1]).toEqual(['writing', 'note', expect.stringMatching(/^refuses to be written to.*HTTP 40[13]/)]);
    expect(await askDoctor(as('stranger', 's').env)).toEqual([
      ['reading', 'note', expect.stringContaining('it refuses to be read (HTTP 401')],
    ]);
  });
});
