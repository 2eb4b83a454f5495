import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

const triple = 'aarch64-linux-gnu';
let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const run = (...args: readonly string[]): Promise<CliResult> => world.run([...args, '--target', 'graviton3', '--json']);
const addCrossTools = async (): Promise<void> => {
  const names = [...['gcc', 'g++', 'as', 'ar', 'ld'].map((name) => `${triple}-${name}`), 'qemu-aarch64-static'];
  await world.fakes.add(Object.fromEntries(names.map((name) => [name, { stdout: `${name} 12.2.0\n` }])));
};
const makeSysroot = async (): Promise<string> => {
  const sysroot = join(world.directory, 'sysroot');
  await mkdir(join(sysroot, 'usr/include'), { recursive: true });
  return sysroot;
};

// On an Arm machine the same commands build natively.
describe.runIf(process.arch === 'x64')('a build for Graviton on another machine', () => {
  it('says what is missing and how to get it, before anything is fetched', async () => {
    const bare = await run('build');
    expect([bare.exitCode, failureCodes(bare)]).toEqual([1, ['package-missing']]);
    expect(bare.stderr).toContain('doctor --target graviton3 --fix');
    expect(world.servers.cpython.requests).toEqual([]);
  });

  it('refuses a sysroot that is none', async () => {
    const refused = await run('build', '--sysroot', world.directory);
    expect([refused.exitCode, failureCodes(refused)]).toEqual([2, ['usage']]);
  });

  it('knows the features of that machine by its own names, and masks none of two at once', async () => {
    await addCrossTools();
    const sysroot = await makeSysroot();
    const masked = await run('prove', '--sysroot', sysroot, '--mask-cpu', 'avx512');
    expect([masked.exitCode, failureCodes(masked)]).toEqual([2, ['usage']]);
    expect(masked.stdout).toContain('--mask-cpu avx512: not one of sha3, ');
    const plan = await run('plan', '--sysroot', sysroot, '--mask-cpu', 'sha3');
    expect([plan.exitCode, plan.stdout]).toEqual([0, expect.stringContaining('"OPENSSL_armcap": "~0x00000800"')]);
    const both = await run('prove', '--sysroot', sysroot, '--target', 'generic', '--mask-cpu', 'baseline');
    expect([both.exitCode, failureCodes(both)]).toEqual([2, ['usage']]);
    expect(both.stdout).toContain('--mask-cpu: the cells are for aarch64 and x86_64');
    expect(world.servers.cpython.requests).toEqual([]);
  });

  it('is not run here unless an emulator is asked for, and holds no path in its plan', async () => {
    await addCrossTools();
    const sysroot = await makeSysroot();
    for (const verb of ['prove', 'test']) {
      const refused = await run(verb, '--sysroot', sysroot);
      expect([verb, refused.exitCode, failureCodes(refused)]).toEqual([verb, 2, ['unsupported']]);
      expect(refused.stderr).toContain('--emulate');
    }
    const looked = await run('inspect cpu', '--sysroot', sysroot);
    expect([looked.exitCode, failureCodes(looked)]).toEqual([2, ['unsupported']]);
    const plan = await run('plan', '--sysroot', sysroot);
    expect(plan.exitCode).toBe(0);
    expect(plan.stdout).not.toContain(world.directory);
    expect(plan.stdout).toContain('--sysroot={sysroot}');
  });
});
