import { afterEach, expect, it } from 'vitest';
import { choosePackages, readInstalledVersions } from '../../../src/io/packages.ts';
import { runPrivileged } from '../../../src/io/packages-run.ts';
import { fakeMachine, type FakeMachine } from '../../rig/fake-machine.ts';

let machine: FakeMachine;
afterEach(() => machine.remove());

it('compares candidates by their upstream version, without epoch and revision', async () => {
  machine = await fakeMachine();
  await machine.fakes.add({
    'apt-cache': {
      stdout:
        'cargo-web:\n  Installed: (none)\n  Candidate: (none)\ncargo:\n  Installed: 1\n  Candidate: 1:1.85.0+dfsg3-1\nold:\n  Installed: (none)\n  Candidate: 3:0.66.0~9\n',
    },
  });
  const chosen = await choosePackages(
    'apt',
    [{ item: 'cargo-web | cargo', minimum: '1.82' }, { item: 'old', minimum: '0.67' }, { item: 'old | cargo' }],
    { env: machine.context.env },
  );
  expect(chosen).toEqual({ packages: ['cargo', 'old'], unavailable: ['old'] });
});

it('reads what rpm and apk say is installed', async () => {
  machine = await fakeMachine();
  await machine.fakes.add({
    rpm: { stdout: 'zlib-devel\t1.2.13-4.fc40\tinstalled\npackage libffi-devel is not installed\n', exitCode: 1 },
    apk: { stdout: 'zlib-dev-1.3.1-r0\ngdbm-1.23-r1\nutil-linux-dev-2.39.3-r0\n' },
  });
  const ask = { env: machine.context.env };
  expect([...(await readInstalledVersions('dnf', ['zlib-devel', 'libffi-devel'], ask))]).toEqual([
    ['zlib-devel', '1.2.13-4.fc40'],
  ]);
  expect([...(await readInstalledVersions('apk', ['zlib-dev', 'util-linux-dev'], ask))]).toEqual([
    ['zlib-dev', '1.3.1-r0'],
    ['util-linux-dev', '2.39.3-r0'],
  ]);
});

it('says what root would run when the program in front is not there', async () => {
  machine = await fakeMachine();
  const { env, signal } = machine.context;
  const done = await runPrivileged(['no-such-sudo', 'apt-get', 'install', 'x'], { env, signal, canAsk: true });
  expect(done).toMatchObject({ ok: false, error: { code: 'tool-missing', tool: 'no-such-sudo' } });
});

it('stops a package manager when it is interrupted', async () => {
  machine = await fakeMachine();
  await machine.fakes.add({ dnf: { exec: '/bin/sleep' } });
  const abort = new AbortController();
  const running = runPrivileged(['dnf', '60'], { env: machine.context.env, signal: abort.signal, canAsk: false });
  setTimeout(() => {
    abort.abort('SIGINT');
  }, 300);
  expect(await running).toEqual({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
});

it('gives the package manager the proxies of the caller, and nothing else of his', async () => {
  machine = await fakeMachine();
  await machine.fakes.add({ dnf: {} });
  const env = { ...machine.context.env, https_proxy: 'http://proxy:1', CFLAGS: '-O9' };
  await runPrivileged(['dnf', 'x'], { env, signal: machine.context.signal, canAsk: false });
  const [call] = await machine.fakes.calls('dnf');
  expect(call?.env).toMatchObject({ https_proxy: 'http://proxy:1', LC_ALL: 'C.UTF-8' });
  expect(call?.env).not.toHaveProperty('CFLAGS');
});
