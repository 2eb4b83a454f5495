import { describe, expect, it } from 'vitest';
import type { Plan, Step } from '../../../src/model/plan.ts';
import type { AwslcChoice } from '../../../src/model/source.ts';
import type { CrossMachine } from '../../../src/plan/cross.ts';
import { defaultCatalogue, fixedHost, planWith, type PlanChanges } from '../../rig/plan-inputs.ts';

const plain = defaultCatalogue.awslc.entries.find(({ version }) => version === '5.12.0');
if (plain === undefined) throw new Error('the catalogue has it');
const { capabilities } = plain;

/** The plan of a checkout with this content. */
const planOf = (digit: string, changes: PlanChanges = {}, more: Partial<AwslcChoice> = {}): Plan => {
  const choice: AwslcChoice = {
    version: '5.12.0',
    line: 'main',
    fips: false,
    capabilities,
    source: { kind: 'tree', description: 'a directory', treeDigest: digit.repeat(64) },
    ...more,
  };
  return planWith({
    mayKeep: true,
    ...changes,
    axes: { awslc: ['path:/mine'], ...changes.axes },
    loose: { python: new Map(), awslc: new Map([['path:/mine', choice]]) },
  });
};
const libraryOf = (plan: Plan): Step => {
  const step = plan.steps.find(({ id }) => id === plan.cells[0]?.steps['compile-awslc']);
  if (step === undefined) throw new Error('no library');
  return step;
};
const keyOf = (plan: Plan): string | undefined => libraryOf(plan).keeps?.key;
const triple = 'aarch64-linux-gnu';
const crossHost = {
  ...fixedHost,
  tools: [
    ...fixedHost.tools,
    ...['gcc', 'g++', 'as', 'ar', 'ld'].map((name) => ({ name: `${triple}-${name}`, version: `${name} 12.2.0` })),
    { name: 'qemu-aarch64-static', version: 'qemu-aarch64 version 7.2.22' },
  ],
};
const machine = (digit: string): CrossMachine => ({
  arch: 'aarch64',
  triple,
  emulator: 'qemu-aarch64-static',
  sysroot: { kind: 'tree', description: 'a directory', treeDigest: digit.repeat(64) },
});
const kindOf = { main: 'AWS-LC of a directory is compiled on from', fips: 'a FIPS module is compiled clean each time' };

describe('AWS-LC of a checkout', () => {
  it('has one build tree for all contents, and another for other flags, tools or compilers', () => {
    const plan = planOf('a');
    expect(plan.notes.join()).toContain(kindOf.main);
    expect(libraryOf(plan).keeps).toEqual({ key: keyOf(plan), sourceDigest: 'a'.repeat(64) });
    expect(keyOf(planOf('b'))).toBe(keyOf(plan));
    expect(libraryOf(planOf('b')).fingerprint).not.toBe(libraryOf(plan).fingerprint);
    const tools = fixedHost.tools.map((tool) => (tool.name === 'gcc' ? { ...tool, version: 'gcc 99' } : tool));
    const others = [
      planOf('a', { axes: { optimization: ['debug'] } }),
      planOf('a', { axes: { target: ['x86-64-v3'] } }),
      planOf('a', { host: { ...fixedHost, tools } }),
    ];
    expect(new Set([plan, ...others].map(keyOf)).size).toBe(4);
  });

  it('is looked at between CMake and ninja for an assembler that takes code out', () => {
    const library = libraryOf(planOf('a'));
    const order = library.actions.map((action) => (action.do === 'exec' ? action.argv[1] : action.do));
    expect(order).toEqual(['synchronize', '-E', '-G', 'require-text', '--build', 'copy', 'copy']);
    expect(library.actions[3]).toMatchObject({ file: '{kept}/build/CMakeCache.txt' });
    expect(JSON.stringify(planOf('a').cells[0]?.steps)).not.toContain('probe-assembler');
    expect(JSON.stringify(planOf('a', { mayKeep: false }).cells[0]?.steps)).toContain('probe-assembler');
  });

  it('is never written to by its build; releases are compiled with the flags that they always were', () => {
    const off = '-DENABLE_SOURCE_MODIFICATION=OFF';
    for (const mayKeep of [true, false]) expect(JSON.stringify(planOf('a', { mayKeep }).steps)).toContain(off);
    expect(JSON.stringify(planWith().steps)).not.toContain(off);
  });

  it('for another machine has a build tree for each sysroot, compiled with its rules', () => {
    const cross = (digit: string): Plan =>
      planOf('a', { host: crossHost, cross: [machine(digit)], axes: { target: ['graviton3'] } });
    const plan = cross('1');
    const library = libraryOf(plan);
    expect(library.inputs['sysroot']).toMatch(/^unpack-sysroot-/);
    const text = JSON.stringify(library.actions);
    expect(text).toContain('-DCMAKE_SYSROOT={sysroot}');
    expect(text).toContain(
      '-ffile-prefix-map={kept}/src=/usr/src/aws-lc -ffile-prefix-map=../src=/usr/src/aws-lc -ffile-prefix-map={sysroot}= -mcpu=',
    );
    expect(keyOf(cross('1'))).toBe(keyOf(plan));
    expect(new Set([planOf('a'), plan, cross('2')].map(keyOf)).size).toBe(3);
  });

  it('as a FIPS module is compiled clean, with no flag beside, and the plan says so', () => {
    const plan = planOf('a', {}, { fips: true, line: 'fips-2025', version: 'fips-5.12.0' });
    expect(plan.steps.filter(({ keeps }) => keeps !== undefined)).toEqual([]);
    expect(JSON.stringify(plan.steps)).not.toMatch(/\{kept\}|SOURCE_MODIFICATION/);
    expect(plan.notes.join()).toContain(kindOf.fips);
    expect(plan.notes.join()).not.toContain(kindOf.main);
  });

  it('of a commit, or when it is asked to be, is compiled clean, and nothing is said of build trees', () => {
    const source = {
      kind: 'tree',
      description: 'a commit',
      treeDigest: 'a'.repeat(64),
      commit: 'c'.repeat(40),
    } as const;
    for (const plan of [planOf('a', {}, { source }), planOf('a', { mayKeep: false }), planWith({ mayKeep: true })]) {
      expect(plan.steps.filter(({ keeps }) => keeps !== undefined)).toEqual([]);
      expect(plan.notes.join()).not.toMatch(/build tree|compiled clean each time/);
    }
  });
});
