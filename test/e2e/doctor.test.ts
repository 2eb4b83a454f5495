import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ensureToolchain, runDoctor, type DoctorOptions } from '../../src/commands/doctor.ts';
import { doctorReportSchema, type Finding } from '../../src/model/doctor.ts';
import { exitCodeOf, worstExitCode, type Failure } from '../../src/model/failure.ts';
import { parseJson } from '../../src/model/json.ts';
import { debianTools, fakeMachine, type FakeMachine } from '../rig/fake-machine.ts';

let machine: FakeMachine;
afterEach(() => machine.remove());

const doctor = (options: DoctorOptions = {}): Promise<readonly Failure[]> =>
  runDoctor(options, machine.context, machine.setting);
const ensure = (options: Parameters<typeof ensureToolchain>[0] = {}): Promise<readonly Failure[]> =>
  ensureToolchain(options, machine.context, machine.setting);
const exitCode = (failures: readonly Failure[]): number => worstExitCode(failures.map(exitCodeOf));
const findings = async (): Promise<readonly Finding[]> => {
  machine.written.out = '';
  await doctor({ json: true });
  const report = parseJson(doctorReportSchema, machine.written.out);
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  return report.value.findings;
};
const privileged = async (): Promise<readonly string[]> =>
  (await machine.fakes.commandLines()).filter((line) => /^(sudo|apt-get (update|install))/.test(line));

/** A fake apt-get that really puts cmake and libffi's headers there. */
const installer = (): string =>
  `${machine.toolScript('cmake', 'cmake version 3.25.1')}; ${machine.headerScript('libffi')}`;
const loseCmakeAndLibffi = async (): Promise<void> => {
  await machine.fakes.remove('cmake');
  await rm(join(machine.directory, 'headers', 'libffi'));
};

describe('doctor', () => {
  it('finds no fault on a machine that has everything, and writes a report of its schema', async () => {
    machine = await fakeMachine();
    expect(await doctor()).toEqual([]);
    expect(machine.written.out).toContain('0 faults');
    expect(machine.written.err).toBe('');
    const all = await findings();
    expect(all.find((finding) => finding.name === 'libffi')).toEqual({
      area: 'libraries',
      name: 'libffi',
      level: 'ok',
      text: '1.0-1: gives _ctypes',
    });
    expect(await privileged()).toEqual([]);
  });

  it('tells a module that is lost from one that CPython builds without the library', async () => {
    machine = await fakeMachine();
    for (const name of ['bzip2', 'mpdecimal']) await rm(join(machine.directory, 'headers', name));
    const all = await findings();
    expect(all.find((finding) => finding.name === 'bzip2')?.text).toMatch(/^headers not found: no _bz2; lost: /);
    expect(all.find((finding) => finding.name === 'mpdecimal')?.text).toBe(
      "headers not found: for _decimal (3.13 and later) the copy in CPython's own tree is used",
    );
    const report = parseJson(doctorReportSchema, machine.written.out);
    expect(report.ok && report.value.modules.filter((module) => !module.given)).toEqual([
      { name: '_bz2', library: 'bzip2', given: false },
    ]);
  });

  it('calls what is required a fault, what is recommended a note, and says what to do', async () => {
    machine = await fakeMachine();
    await loseCmakeAndLibffi();
    await rm(join(machine.directory, 'headers', 'gdbm'));
    await machine.fakes.remove('go');
    const failures = await doctor();
    expect(failures).toMatchObject([{ code: 'doctor-faults' }]);
    expect(failures[0]?.code === 'doctor-faults' && failures[0].faults.map((fault) => fault.split(':')[0])).toEqual([
      'cmake',
      'libffi',
    ]);
    expect(exitCode(failures)).toBe(1);
    const all = await findings();
    const by = (name: string): Finding | undefined => all.find((finding) => finding.name === name);
    expect(by('gdbm')).toMatchObject({ level: 'note', next: '`doctor --fix` installs libgdbm-dev.' });
    expect(by('go')).toMatchObject({ level: 'note', next: 'If you want it: install golang-go.' });
    expect(machine.written.err).toBe('');
  });

  it('wants OpenSSL for the twin, and calls a machine without it no fault', async () => {
    machine = await fakeMachine();
    const openssl = async (): Promise<Finding | undefined> => (await findings()).find(({ name }) => name === 'openssl');
    expect(await openssl()).toMatchObject({ level: 'ok', text: '1.0-1: for the twin' });
    await rm(join(machine.directory, 'headers', 'openssl'));
    expect(await doctor()).toEqual([]);
    expect(await openssl()).toMatchObject({
      level: 'note',
      text: expect.stringMatching(/^headers not found: no twin; lost: `diff`/) as string,
      next: '`doctor --fix` installs libssl-dev.',
    });
  });

  it('knows a cmake that is too old and a clock that is wrong, and reads them from the machine', async () => {
    machine = await fakeMachine();
    await machine.fakes.add({ cmake: { stdout: 'cmake version 3.4.3\n' } });
    const failures = await runDoctor({}, machine.context, { ...machine.setting, nowMs: Date.UTC(2020, 0, 1) });
    expect(failures).toMatchObject([{ code: 'doctor-faults' }]);
    expect(machine.written.out).toMatch(/fault {2}cmake .*cmake version 3\.4\.3: older than 3\.5/);
    expect(machine.written.out).toMatch(/fault {2}clock .*2020-01-01/);
    machine.written.out = '';
    await runDoctor({}, machine.context, { ...machine.setting, nowMs: Date.UTC(2028, 0, 1) });
    expect(machine.written.out).toMatch(
      /note {3}certificates .*selfsigned_pythontestdotnet\.pem.*expired on 2027-07-24/,
    );
  });

  it('names the AWS-LC lines that a compiler is known to be bad for', async () => {
    machine = await fakeMachine();
    await machine.fakes.add({
      gcc: { stdout: 'gcc (Debian 14.2.0-19) 14.2.0\n' },
      cmake: { stdout: 'cmake version 4.1.2\n' },
    });
    const bad = (await findings()).filter((finding) => finding.area === 'known-bad');
    expect(bad).toHaveLength(2);
    expect(bad[0]).toMatchObject({ name: 'gcc', level: 'note' });
    expect(bad[0]?.text).toContain('with AWS-LC fips-2022, fips-2024, link mode static');
    expect(bad[1]?.text).toContain('fips-2022, main before 1.48.3');
  });

  it('counts what FIPS lines need only when one is asked for: a missing Go, a compiler that delocate does not take', async () => {
    machine = await fakeMachine();
    await machine.fakes.remove('go');
    expect(await doctor()).toEqual([]);
    expect(await doctor({ fips: true })).toMatchObject([
      { faults: [expect.stringMatching(/^go: not found; needed to/)] },
    ]);
    expect(await doctor({ fips: '2023' })).toEqual([
      { code: 'usage', message: '--fips 2023: not one of 2022, 2024, 2025.' },
    ]);
    await machine.remove();
    machine = await fakeMachine();
    await machine.fakes.add({ gcc: { stdout: 'gcc (Debian 14.2.0-8) 14.2.0\n' } });
    expect(await doctor({ fips: '2025' })).toEqual([]);
    expect(await doctor({ fips: '2024' })).toMatchObject([{ faults: [expect.stringContaining('delocate stops')] }]);
  });

  describe('origins', () => {
    let server: Server;
    afterEach(() => server.close());
    const serve = async (answer: boolean): Promise<string> => {
      server = createServer((_, response) => {
        response.writeHead(403).end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      if (!answer) await new Promise((resolve) => server.close(resolve));
      return `http://127.0.0.1:${port}/`;
    };
    const ask = async (url: string): Promise<readonly Failure[]> =>
      runDoctor({}, machine.context, {
        ...machine.setting,
        knowledge: {
          ...machine.knowledge,
          origins: [
            { subject: 'AWS-LC', kind: 'https', url },
            { subject: 'AWS-LC', kind: 'crate' },
            { subject: 'CPython', kind: 'debian' },
          ],
        },
      });

    it('takes any answer for reachable', async () => {
      machine = await fakeMachine();
      await machine.fakes.remove('cargo');
      expect(await ask(await serve(true))).toEqual([]);
      expect(machine.written.out).toMatch(/note {3}AWS-LC: crate \(cargo\) .*there is no cargo; another origin serves/);
    });

    it('notes an unreachable one while another serves, and faults when none is left', async () => {
      machine = await fakeMachine();
      const url = await serve(false);
      expect(await ask(url)).toEqual([]);
      expect(machine.written.out).toMatch(/note {3}AWS-LC: https 127\.0\.0\.1 .*another origin serves/);
      await machine.fakes.add({ cargo: { stdout: 'cargo 0.66.0\n' } });
      const failures = await ask(url);
      expect(failures).toMatchObject([{ code: 'doctor-faults' }]);
      expect(machine.written.out).toContain('cargo 0.66.0 is older than 1.82; no origin of AWS-LC is left');
    });
  });
});

describe('doctor --fix', () => {
  it('ends 2 with the exact command where nobody can be asked, and changes nothing', async () => {
    machine = await fakeMachine({ userId: 1000 });
    await loseCmakeAndLibffi();
    const failures = await doctor({ fix: true });
    expect(failures[0]).toEqual({
      code: 'consent-required',
      missing: ['cmake', 'libffi'],
      command: 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cmake libffi-dev',
    });
    expect(exitCode(failures)).toBe(2);
    expect(await privileged()).toEqual([]);
  });

  it('with --yes as root runs apt-get itself, looks again and ends well', async () => {
    machine = await fakeMachine();
    await loseCmakeAndLibffi();
    await machine.fakes.add({ 'apt-get': [{ args: 'indextargets *', stdout: 'x\n' }, { script: installer() }] });
    expect(await doctor({ fix: true, yes: true })).toEqual([]);
    expect(await privileged()).toEqual(['apt-get install -y --no-install-recommends cmake libffi-dev']);
    const [call] = (await machine.fakes.calls('apt-get')).filter((made) => made.args[0] === 'install');
    expect(call?.env['DEBIAN_FRONTEND']).toBe('noninteractive');
    expect(machine.written.out).toContain('0 faults');
    expect(machine.written.out).not.toContain('apt-get install');
  });

  // On an Arm machine a build for Graviton needs nothing beside.
  it.runIf(process.arch === 'x64')(
    'with a target of another machine installs cross tools and fills its sysroot',
    async () => {
      machine = await fakeMachine();
      const tools = ['gcc', 'g++', 'as', 'ar', 'ld'].map((name) => `aarch64-linux-gnu-${name}`);
      const installs = [...tools, 'qemu-aarch64-static']
        .map((name) => machine.toolScript(name, `${name} 12.2.0`))
        .join('; ');
      await machine.fakes.add({
        'apt-get': [
          { args: 'indextargets *', stdout: 'x\n' },
          {
            args: '-c * install *',
            script: `touch "$(sed -n 's/^Dir::Cache "\\(.*\\)";$/\\1/p' "$2")/archives/libc6_1_arm64.deb"`,
          },
          { args: '-c * update' },
          { args: 'install *', script: installs },
        ],
        'dpkg-deb': { script: 'mkdir -p "$3/usr/include"' },
      });
      const store = join(machine.directory, 'store');
      expect((await doctor({ target: 'graviton3', store })).map(({ code }) => code)).toEqual(['doctor-faults']);
      expect(await doctor({ target: 'graviton3', store, fix: true, yes: true })).toEqual([]);
      expect((await privileged())[0]).toMatch(/gcc-aarch64-linux-gnu .*qemu-user-static/);
      expect(existsSync(join(store, 'sysroots/aarch64-linux-gnu/usr/include'))).toBe(true);
      expect(await machine.fakes.commandLines('dpkg')).toEqual([]);
    },
  );

  it('knows every target, and no other', async () => {
    machine = await fakeMachine();
    expect(await doctor({ target: 'generic' })).toEqual([]);
    expect(await doctor({ target: 'graviton9' })).toMatchObject([{ code: 'usage' }]);
  });

  it('with CI=true as another user goes through sudo, which may not ask', async () => {
    machine = await fakeMachine({ userId: 1000, env: { CI: 'true' } });
    await loseCmakeAndLibffi();
    await machine.fakes.add({ 'apt-get': [{ args: 'indextargets *', stdout: 'x\n' }, { script: installer() }] });
    expect(await doctor({ fix: true })).toEqual([]);
    expect((await privileged())[0]).toBe(
      'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cmake libffi-dev',
    );
  });

  it('fetches missing package lists first, and takes the first alternative that is new enough', async () => {
    machine = await fakeMachine();
    await rm(join(machine.root, 'var/lib/apt/lists'), { recursive: true });
    await machine.fakes.remove('cargo', 'cmake');
    await writeFile(join(machine.directory, 'unavailable'), 'cargo-web\n');
    const lists = join(machine.root, 'var/lib/apt/lists');
    await machine.fakes.add({
      'apt-get': [
        { args: 'update', script: `mkdir -p '${lists}'; : >'${lists}/x_Packages'` },
        {
          args: 'install *',
          script: `${machine.toolScript('cmake', 'cmake version 3.25.1')}; ${machine.toolScript('cargo', 'cargo 1.85.0')}`,
        },
        { args: 'indextargets *', stdout: 'x\n' },
      ],
    });
    expect(await doctor({ fix: true, yes: true })).toEqual([]);
    expect(await privileged()).toEqual(['apt-get update', 'apt-get install -y --no-install-recommends cmake cargo']);
  });

  it('leaves out optional packages that this release has not, and faults on required ones', async () => {
    machine = await fakeMachine();
    await rm(join(machine.directory, 'headers', 'mpdecimal'));
    expect(await doctor({ fix: true, yes: true })).toEqual([]);
    expect(machine.written.err).toBe('Not in this release, left out: libmpdec-dev\n');
    await loseCmakeAndLibffi();
    await writeFile(join(machine.directory, 'unavailable'), 'libffi-dev\n');
    const failures = await ensure({ yes: true });
    expect(failures).toMatchObject([{ code: 'package-missing', packages: ['libffi-dev'] }]);
    // Old lists are the likeliest reason: it looks again with new ones before it gives up.
    expect(await privileged()).toEqual(['apt-get update']);
  });

  it('shows the last lines of a package manager that fails, and keeps its output', async () => {
    machine = await fakeMachine();
    await machine.fakes.remove('cmake');
    await machine.fakes.add({
      'apt-get': [
        {
          args: 'install *',
          script: 'for i in $(seq 40); do echo "line $i"; done; echo "E: dpkg was interrupted" >&2',
          exitCode: 100,
        },
        { args: 'indextargets *', stdout: 'x\n' },
      ],
    });
    const [failure, ...others] = await doctor({ fix: true, yes: true });
    if (failure?.code !== 'command-failed') throw new Error(JSON.stringify(failure));
    expect(failure.exit).toBe('exit code 100');
    expect(failure.lastLines).toHaveLength(25);
    expect(failure.lastLines).toContain('line 40');
    expect(failure.lastLines).toContain('E: dpkg was interrupted');
    expect(await readFile(failure.log, 'utf8')).toContain('line 1\n');
    expect(others).toMatchObject([{ code: 'doctor-faults' }]);
    await rm(join(failure.log, '..'), { recursive: true });
  });

  it('fetches the lists again when a package has gone from the mirror', async () => {
    machine = await fakeMachine();
    await machine.fakes.remove('cmake');
    await machine.fakes.add({
      'apt-get': [
        { args: 'install *', call: 1, stderr: 'E: Failed to fetch cmake.deb  404  Not Found\n', exitCode: 100 },
        { args: 'install *', script: machine.toolScript('cmake', 'cmake version 3.25.1') },
        { args: 'update' },
        { args: 'indextargets *', stdout: 'x\n' },
      ],
    });
    expect(await ensure({ yes: true })).toEqual([]);
    expect((await privileged()).map((line) => line.split(' ')[1])).toEqual(['install', 'update', 'install']);
  });
});

describe('ensureToolchain', () => {
  it('does nothing when what is required is there, and asks no network when apt and cargo serve', async () => {
    machine = await fakeMachine();
    await rm(join(machine.directory, 'headers', 'gdbm'));
    await machine.fakes.remove('go');
    expect(await ensure()).toEqual([]);
    expect(machine.written).toEqual({ out: '', err: '' });
    expect(await privileged()).toEqual([]);
  });

  it('installs what is recommended together with what is required, but nothing optional', async () => {
    machine = await fakeMachine();
    await machine.fakes.remove('cmake', 'go', 'git');
    for (const name of ['gdbm', 'tk']) await rm(join(machine.directory, 'headers', name));
    const failures = await ensure();
    expect(failures).toMatchObject([{ code: 'consent-required', missing: ['cmake', 'gdbm'] }]);
  });

  it('asks for cargo where no other origin serves AWS-LC, but not when the sources are there', async () => {
    machine = await fakeMachine();
    await machine.fakes.remove('cargo');
    expect(await ensure()).toMatchObject([
      {
        code: 'consent-required',
        missing: ['cargo'],
        command: 'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cargo-web',
      },
    ]);
    expect(await ensure({ sources: false })).toEqual([]);
    expect(await ensure({ offline: true })).toEqual([]);
  });

  it('fetches the lists for the debian origin alone when nothing else serves CPython', async () => {
    machine = await fakeMachine();
    await rm(join(machine.root, 'var/lib/apt/lists'), { recursive: true });
    expect(await ensure()).toEqual([
      { code: 'consent-required', missing: ["apt's package lists"], command: 'apt-get update' },
    ]);
  });

  it('fails for each required thing when an installation changed nothing', async () => {
    machine = await fakeMachine();
    await loseCmakeAndLibffi();
    const failures = await ensure({ yes: true });
    expect(failures.map((failure) => failure.code)).toEqual(['tool-missing', 'package-missing']);
  });

  it('says which libraries are needed where no package manager is known', async () => {
    machine = await fakeMachine();
    await machine.writeRoot('etc/os-release', 'ID=exherbo\n');
    await loseCmakeAndLibffi();
    const failures = await ensure({ yes: true });
    expect(failures).toMatchObject([
      { code: 'tool-missing', tool: 'cmake 3.5 or later' },
      { code: 'package-missing', packages: ['headers of libffi'] },
    ]);
    expect(JSON.stringify(failures)).toContain('by hand');
    expect(await privileged()).toEqual([]);
  });

  it.each([
    ['fedora', 'ID="fedora"', 'dnf install -y cmake libffi-devel'],
    ['alpine', 'ID=alpine', 'apk add cmake libffi-dev'],
  ])('prints the command of %s', async (_, osRelease, command) => {
    machine = await fakeMachine();
    await machine.writeRoot('etc/os-release', `${osRelease}\n`);
    await loseCmakeAndLibffi();
    await machine.fakes.add({
      rpm: { exitCode: 3 },
      dnf: { script: 'shift 4; for p; do printf "%s\\t9.9\\n" "$p"; done' },
      apk: [
        { args: 'policy *', script: 'shift; for p; do printf "%s policy:\\n  9.9-r0:\\n    x\\n" "$p"; done' },
        { args: 'info *', stdout: 'cmake-3.30.0-r0\n' },
      ],
    });
    expect(await ensure()).toMatchObject([{ code: 'consent-required', command }]);
  });
});

it('has a fake for every tool that the knowledge names', async () => {
  machine = await fakeMachine();
  const names = machine.knowledge.tools.map((tool) => tool.name).filter((name) => name !== 'cc');
  expect(Object.keys(debianTools).sort()).toEqual(names.sort());
});
