import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readToolchainKnowledge } from '../../../src/io/host-knowledge.ts';
import {
  readCgroupLimits,
  readCpu,
  readOsRelease,
  usableCores,
  usableMemoryBytes,
} from '../../../src/io/host-machine.ts';
import { readHost } from '../../../src/io/host.ts';
import type { Host } from '../../../src/model/host.ts';
import { fakePrograms } from '../../rig/fake-programs.ts';
import { fakeMachine, type FakeMachine } from '../../rig/fake-machine.ts';

describe('readHost on a machine of fake programs', () => {
  let machine: FakeMachine;
  beforeEach(async () => {
    machine = await fakeMachine();
  });
  afterEach(() => machine.remove());

  const read = async (native = false): Promise<Host> => {
    const host = await readHost({
      env: machine.context.env,
      knowledge: machine.knowledge,
      root: machine.root,
      native,
    });
    if (!host.ok) throw new Error(JSON.stringify(host.error));
    return host.value;
  };
  const version = (host: Host, name: string): string | undefined =>
    host.tools.find((tool) => tool.name === name)?.version;

  it('describes tools by their version line, sorted, and -dev packages by version', async () => {
    const host = await read();
    expect(version(host, 'gcc')).toBe('gcc (Debian 12.2.0-14+deb12u1) 12.2.0');
    expect(version(host, 'perl')).toBe('This is perl 5, version 36, subversion 0 (v5.36.0) built for x86_64-linux-gnu');
    expect(host.tools.map((tool) => tool.name)).toEqual(host.tools.map((tool) => tool.name).sort());
    expect(host.devPackages.find((found) => found.library === 'ncurses')).toEqual({
      library: 'ncurses',
      version: '1.0-1',
      modules: ['_curses', '_curses_panel'],
    });
    expect(host.packageFamily).toBe('apt');
    expect(host.platform.libc).toBe('gnu');
    expect(host.machine).toMatchObject({ cpu: 'Fake CPU', os: 'Debian GNU/Linux 12 (bookworm)' });
    expect(host.machine.libc).toBe('glibc 2.36 (Debian GLIBC 2.36-9+deb12u14)');
  });

  it('takes the next cargo on PATH when the first is a shim that does not answer; what builds is the first alone', async () => {
    const next = await fakePrograms(join(machine.root, 'next'), {
      cargo: { stdout: 'cargo 1.96.0\n' },
      ninja: { stdout: '9.9.9\n' },
    });
    await machine.fakes.add({ cargo: { exitCode: 1 }, ninja: { exitCode: 1 } });
    const env = { ...machine.context.env, PATH: `${machine.fakes.path}:${next.path}` };
    const host = await readHost({ env, knowledge: machine.knowledge, root: machine.root });
    if (!host.ok) throw new Error(JSON.stringify(host.error));
    expect([version(host.value, 'cargo'), version(host.value, 'ninja')]).toEqual(['cargo 1.96.0', undefined]);
  });

  it('asks programs with nothing of the caller but where things are', async () => {
    await readHost({
      env: { ...machine.context.env, CFLAGS: '-O9', LD_PRELOAD: '', PYTHONPATH: '/x' },
      knowledge: machine.knowledge,
      root: machine.root,
    });
    const [call] = await machine.fakes.calls('cmake');
    expect(
      Object.keys(call?.env ?? {})
        .filter((name) => !['PWD', 'OLDPWD', '_', 'SHLVL'].includes(name))
        .sort(),
    ).toEqual(['HOME', 'LC_ALL', 'PATH']);
  });

  it('leaves out a tool that is missing, broken, or may not be run, and takes BusyBox at its word', async () => {
    await machine.fakes.remove('gcc');
    await machine.fakes.add({
      cargo: { stderr: 'error: rustup could not choose a version of cargo to run\n', exitCode: 1 },
      patch: {
        stderr: "patch: unrecognized option '--version'\nBusyBox v1.36.1 (2024) multi-call binary.\n",
        exitCode: 1,
      },
      ninja: { stderr: '1.9.0\n' },
    });
    await writeFile(join(machine.fakes.path, 'cmake'), 'not executable', { mode: 0o644 });
    await rm(join(machine.fakes.path, 'make'));
    await writeFile(join(machine.fakes.path, 'make'), 'x', { mode: 0o644 });
    const host = await read();
    expect(version(host, 'gcc')).toBeUndefined();
    expect(version(host, 'cargo')).toBeUndefined();
    expect(version(host, 'make')).toBeUndefined();
    expect(version(host, 'patch')).toBe('BusyBox v1.36.1 (2024) multi-call binary.');
    expect(version(host, 'ninja')).toBe('1.9.0');
  });

  it('believes the compiler about headers, and the package manager where there is no compiler', async () => {
    await machine.fakes.add({
      cc: { script: 'cat >/dev/null; echo found:zlib:' },
      'dpkg-query': {
        stdout: 'libffi-dev\t3.4.4-1\tinstalled\nlibbz2-dev\t1.0.8\tconfig-files\n',
        exitCode: 1,
      },
      'pkg-config': [{ args: '--modversion zlib', stdout: '1.2.13\n' }, { exitCode: 1 }],
    });
    const library = (host: Host, name: string): string | undefined =>
      host.devPackages.find((found) => found.library === name)?.version;
    const withCompiler = await read();
    expect(library(withCompiler, 'libffi')).toBeUndefined();
    expect(library(withCompiler, 'zlib')).toBe('1.2.13');
    await machine.fakes.remove('cc', 'gcc');
    const without = await read();
    expect(library(without, 'libffi')).toBe('3.4.4-1');
    expect(library(without, 'bzip2')).toBeUndefined();
    expect(library(without, 'zlib')).toBeUndefined();
  });

  it('tells musl from glibc', async () => {
    await machine.fakes.add({ ldd: { stderr: 'musl libc (x86_64)\nVersion 1.2.4\nUsage: ldd\n', exitCode: 1 } });
    const host = await read();
    expect(host.platform.libc).toBe('musl');
    expect(host.machine.libc).toBe('musl 1.2.4');
  });

  it('turns native into explicit flags without cache sizes, only when asked', async () => {
    await machine.fakes.add({
      cc: {
        args: '-m*=native -###*',
        stderr:
          'Using built-in specs.\n /usr/lib/gcc/cc1 -E -quiet /dev/null "-march=skylake-avx512" -mmmx -mno-sse4a --param "l1-cache-size=32" "-mtune=skylake-avx512" -dumpbase null\n',
      },
    });
    expect((await read()).nativeFlags).toEqual([]);
    expect((await read(true)).nativeFlags).toEqual([
      '-march=skylake-avx512',
      '-mmmx',
      '-mno-sse4a',
      '-mtune=skylake-avx512',
    ]);
  });

  it('says nothing of a machine when it was interrupted', async () => {
    const host = await readHost({
      env: machine.context.env,
      knowledge: machine.knowledge,
      signal: AbortSignal.abort('SIGINT'),
    });
    expect(host).toEqual({ ok: false, error: { code: 'interrupted', signal: 'SIGINT' } });
  });
});

describe('the files of a machine', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'host-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };

  it('takes the tightest limit of a control group and those above it', async () => {
    await write('proc/self/cgroup', '0::/a/b\n');
    await write('sys/fs/cgroup/a/b/cpu.max', 'max 100000\n');
    await write('sys/fs/cgroup/a/b/memory.max', '3000000000\n');
    await write('sys/fs/cgroup/a/cpu.max', '50000 100000\n');
    await write('sys/fs/cgroup/a/memory.max', 'max\n');
    expect(readCgroupLimits(root)).toEqual({ cores: 0.5, memoryBytes: 3_000_000_000 });
    expect(usableCores(root)).toBe(1);
    expect(usableMemoryBytes(root)).toBe(Math.min(totalmem(), 3_000_000_000));
  });

  it('knows control groups of version 1, and machines without any', async () => {
    await write('proc/self/cgroup', '4:memory:/x\n3:cpu,cpuacct:/x\n');
    await write('sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us', '150000\n');
    await write('sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us', '100000\n');
    await write('sys/fs/cgroup/memory/x/memory.limit_in_bytes', '1000000\n');
    expect(readCgroupLimits(root)).toEqual({ cores: 1.5, memoryBytes: 1_000_000 });
    expect(readCgroupLimits(join(root, 'nowhere'))).toEqual({});
    expect(usableCores(join(root, 'nowhere'))).toBe(availableParallelism());
  });

  it('names Arm processors by their numbers, and gives equal features equal digests', async () => {
    await write('proc/cpuinfo', 'Features\t: sha3 aes\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n\nprocessor: 1\n');
    const cpu = readCpu(root);
    expect(cpu.model).toBe('implementer 0x41 part 0xd40 variant ?');
    expect(cpu.features).toEqual(['aes', 'sha3']);
    await write('proc/cpuinfo', 'model name: x\nflags: aes sha3\n');
    expect(readCpu(root).featuresDigest).toBe(cpu.featuresDigest);
  });

  it('reads os-release with and without quotes', async () => {
    await write('usr/lib/os-release', 'ID=rocky\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="Rocky Linux 9"\n');
    expect(readOsRelease(root)).toEqual({ prettyName: 'Rocky Linux 9', ids: ['rocky', 'rhel', 'centos', 'fedora'] });
  });

  it('refuses knowledge that breaks its schema, with the JSON path', async () => {
    await write('bad.json', '{"version": 1, "tools": [{"name": "x", "need": "maybe"}]}');
    const read = await readToolchainKnowledge(join(root, 'bad.json'));
    expect(read).toMatchObject({ ok: false, error: { code: 'file-invalid', what: 'knowledge' } });
    expect(
      !read.ok && read.error.code === 'file-invalid' && read.error.problems.map((problem) => problem.path),
    ).toContain('$.tools[0].need');
    const absent = await readToolchainKnowledge(join(root, 'absent.json'));
    expect(absent).toMatchObject({ ok: false, error: { problems: [{ path: '$', message: 'the file is missing' }] } });
  });
});
