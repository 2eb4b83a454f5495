import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../src/model/plan.ts';
import { chooseCellMask } from '../../../src/plan/cpu-mask.ts';
import { sysrootPlaceholder, type CrossMachine } from '../../../src/plan/cross.ts';
import { defaultCpu, fingerprintsOf, fixedHost, planWith } from '../../rig/plan-inputs.ts';

const triple = 'aarch64-linux-gnu';
const machine: CrossMachine = {
  arch: 'aarch64',
  triple,
  emulator: 'qemu-aarch64-static',
  sysroot: { kind: 'tree', description: 'a directory', treeDigest: 'd'.repeat(64) },
};
const host = {
  ...fixedHost,
  openssl: { version: '3.0.20' },
  tools: [
    ...fixedHost.tools,
    ...['gcc', 'g++', 'as', 'ar', 'ld'].map((name) => ({ name: `${triple}-${name}`, version: `${name} 12.2.0` })),
    { name: 'qemu-aarch64-static', version: 'qemu-aarch64 version 7.2.22' },
  ],
};
const cross = (target = 'graviton3', python = '3.14.6'): Plan =>
  planWith({ host, cross: [machine], axes: { target: [target], python: [python] } });
const stepOf = (plan: Plan, name: string): Step => {
  const step = plan.steps.find(({ id }) => id === plan.cells[0]?.steps[name]);
  if (step === undefined) throw new Error(`no step ${name}`);
  return step;
};
const textOf = (plan: Plan, name: string): string => JSON.stringify(stepOf(plan, name).actions);

describe('the plan of a cell for another machine', () => {
  it('says which machine that is, with which compiler and emulator', () => {
    const plan = cross('graviton4');
    expect(plan.cells[0]?.cell).toMatchObject({ platform: { arch: 'aarch64', libc: 'gnu' }, target: 'graviton4' });
    expect(plan.notes.join('\n')).toMatch(
      /aarch64-linux-gnu-gcc 12\.2\.0 means -march=armv9-a\S* -mtune=neoverse-n2: gcc knows/,
    );
    expect(plan.notes.join('\n')).toMatch(/built for aarch64 on x86_64: .*qemu-aarch64-static with -cpu max/);
    expect(textOf(cross('graviton2'), 'prove-cell')).toContain('"neoverse-n1"');
  });

  it('has no package checks: pip would run in the emulator', () => {
    const test = { preset: 'packages' as const, files: ['packages'], match: [] };
    expect(() => planWith({ host, cross: [machine], axes: { target: ['graviton3'] }, test })).toThrow(
      /"code":"unsupported".*packages for another machine/,
    );
  });

  it('compiles with the cross tools and the sysroot only', () => {
    const plan = cross();
    expect(textOf(plan, 'configure-awslc')).toContain('"-DCMAKE_SYSTEM_PROCESSOR=aarch64","-DCMAKE_SYSROOT={sysroot}"');
    for (const name of ['probe-awslc', 'probe-compat']) {
      expect(textOf(plan, name)).toContain(`"${triple}-gcc","--sysroot={sysroot}"`);
    }
    const configure = textOf(plan, 'configure-core');
    expect(configure).toContain(`"CC=${triple}-gcc --sysroot={sysroot}`);
    expect(configure).toContain(`"--host=${triple}","--build=x86_64-linux-gnu","--with-build-python={python}`);
    expect(configure).toContain('ac_cv_buggy_getaddrinfo=no');
    expect(configure).toContain('"PKG_CONFIG_SYSROOT_DIR":"{sysroot}"');
    for (const step of ['configure-awslc', 'compile-awslc', 'configure-core', 'compile-core', 'modules-crypto']) {
      expect(stepOf(plan, step).inputs['sysroot']).toMatch(/^unpack-sysroot-/);
    }
  });

  it('takes the build’s own Python from the core of a generic cell, which is shared with it', () => {
    const plan = cross();
    const python = stepOf(plan, 'configure-core').inputs['python'];
    const generic = planWith({ host }).steps.find(({ kind, subject }) => kind === 'compile' && subject === 'core');
    expect(python).toBe(generic?.id);
    expect(stepOf(plan, 'compile-core').id).not.toBe(python);
  });

  it('keeps nothing of the machine that builds in what is installed', () => {
    const plan = cross();
    const core = textOf(plan, 'compile-core');
    expect(core).toContain(`{"from":"${triple}-gcc","to":"gcc"}`);
    expect(core).toContain('{"from":"{sysroot}","to":""}');
    expect(core).toContain(`{"from":"x86_64-pc-linux-gnu","to":"aarch64-unknown-linux-gnu"}`);
    expect(core).toContain(`{"from":"x86_64-linux-gnu","to":"${triple}"}`);
    expect(textOf(plan, 'configure-core')).not.toContain('aarch64-unknown-linux-gnu');
    expect(core).toContain(`{"from":"{sysroot}","to":"${sysrootPlaceholder}"}`);
    expect(textOf(plan, 'modules-crypto')).toContain(`{"from":"${sysrootPlaceholder}","to":"{sysroot}"}`);
    const install = stepOf(plan, 'install-cell').actions;
    expect(install).toContainEqual(
      expect.objectContaining({
        files: ['{tree}/opt/cpython-awslc/lib/python3.14/build-details.json'],
        replace: [{ from: 'x86_64-linux-gnu', to: triple }],
      }),
    );
    expect(textOf(cross('graviton3', '3.13.15'), 'install-cell')).not.toContain('build-details');
    expect(JSON.stringify(install.at(-1))).toContain(
      '["mv","-f","{work}/python3.14","{tree}/opt/cpython-awslc/bin/python3.14"]',
    );
  });

  it('has no twin, and the proof asks for the code of that machine', () => {
    const plan = cross();
    expect(plan.steps.filter(({ subject }) => subject === 'twin')).toEqual([]);
    expect(textOf(plan, 'prove-cell')).toContain('aesv8_gcm_8x_enc_256');
  });

  it('masks by the rules of the other machine, and tells its proof', () => {
    const mask = chooseCellMask(['sha3'], ['aarch64'], defaultCpu.architectures);
    if (!mask.ok || mask.value === undefined) throw new Error('no mask');
    const plan = planWith({ host, cross: [machine], axes: { target: ['graviton3'] }, mask: mask.value });
    const exec = stepOf(plan, 'prove-cell').actions.find(
      (action) => action.do === 'exec' && action.argv[3] === '{tool}/prove.py',
    );
    expect(exec).toMatchObject({ env: { OPENSSL_armcap: '~0x00000800' } });
    expect(textOf(plan, 'prove-cell')).toContain('\\"cpu-mask\\": [\\n    \\"0x00000000\\"\\n  ]');
    expect(textOf(plan, 'test-cell')).toContain('"OPENSSL_armcap":"~0x00000800"');
  });

  it('changes no fingerprint of a cell for this machine', () => {
    expect(fingerprintsOf(planWith({ host, cross: [machine] }))).toEqual(fingerprintsOf(planWith({ host })));
  });

  it.each([
    ['aarch64-linux-gnu-gcc', /graviton3 with.*|tool-missing/],
    ['aarch64-linux-gnu-g++', /tool-missing.*doctor --target graviton3 --fix/],
  ])('is not made without %s', (name, expected) => {
    const tools = host.tools.filter((tool) => tool.name !== name);
    expect(() => planWith({ host: { ...host, tools }, cross: [machine], axes: { target: ['graviton3'] } })).toThrow(
      expected,
    );
  });

  it('is not made without an emulator, nor of a series that cannot be cross-built', () => {
    const bare: CrossMachine = { arch: 'aarch64', triple, sysroot: machine.sysroot };
    expect(() => planWith({ host, cross: [bare], axes: { target: ['graviton3'] } })).toThrow(/qemu-user/);
    expect(() => cross('graviton3', '3.9.2')).toThrow(/has no --with-build-python/);
  });
});
