import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/model/recipe.ts';
import { chooseTargetFlags } from '../../../src/plan/target.ts';
import { defaultTargets, fixedHost, planWith } from '../../rig/plan-inputs.ts';

const targetOf = (name: string): Target => {
  const found = defaultTargets.targets.find((target) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  return found;
};
const choose = (name: string, compiler: string, line: string): ReturnType<typeof chooseTargetFlags> =>
  chooseTargetFlags(targetOf(name), compiler, { ...fixedHost, tools: [{ name: compiler, version: line }] });

describe('the flags of a target', () => {
  it.each([
    ['x86-64-v4', 'gcc', 'gcc (Debian 12.2.0-14) 12.2.0', ['-march=x86-64-v4'], undefined],
    [
      'graviton4',
      'gcc',
      'gcc 13.1',
      ['-march=armv9-a+i8mm+bf16+fp16fml+sve2-bitperm+rng', '-mtune=neoverse-v2'],
      undefined,
    ],
    [
      'graviton4',
      'aarch64-linux-gnu-gcc',
      'aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0',
      ['-march=armv9-a+i8mm+bf16+fp16fml+sve2-bitperm+rng', '-mtune=neoverse-n2'],
      /13 on/,
    ],
    ['graviton3', 'gcc', 'gcc 10.2.1', ['-march=armv8.2-a+crypto+fp16+rcpc+dotprod'], /11 on.*no SVE/],
    ['graviton3', 'clang', 'Debian clang version 14.0.6', ['-mcpu=neoverse-v1'], undefined],
    ['generic', 'gcc', 'gcc 4.9', [], undefined],
    ['native', 'gcc', 'gcc 12.2', fixedHost.nativeFlags, /^target native means here/],
  ] as const)('%s with %s, %s', (name, compiler, line, flags, note) => {
    const chosen = choose(name, compiler, line);
    if (!chosen.ok) throw new Error(chosen.error.code);
    expect(chosen.value.flags).toEqual(flags);
    if (note === undefined) expect(chosen.value.note).toBeUndefined();
    else expect(chosen.value.note).toMatch(note);
  });

  it('name no CPU to gcc whose level is not the one of AWS-LC’s SHA-3 code: its probe would fail', () => {
    const cpus = defaultTargets.targets.flatMap(({ byCompiler }) =>
      (byCompiler ?? []).filter(({ compiler }) => compiler === 'gcc').flatMap(({ cflags }) => cflags),
    );
    // Neoverse V1 is Armv8.4 itself.
    expect(cpus.filter((flag) => flag.startsWith('-mcpu='))).toEqual(['-mcpu=neoverse-v1']);
  });

  it('named one by one are those of the level', () => {
    const chosen = choose('x86-64-v3', 'gcc', 'gcc 9.3.0');
    expect(chosen.ok && chosen.value.flags).toEqual(
      expect.arrayContaining(['-march=x86-64', '-mavx2', '-mbmi2', '-mfma']),
    );
    expect(chosen.ok && chosen.value.flags.join()).not.toContain('avx512');
  });

  it('are missed by a compiler that is too old for every one', () => {
    expect(choose('graviton2', 'gcc', 'gcc 8.3.0')).toMatchObject({
      ok: false,
      error: { code: 'tool-missing', tool: 'gcc 9 or newer', found: 'gcc 8.3.0' },
    });
  });

  it('are for CPython only in a FIPS cell, and for AWS-LC too in another', () => {
    const text = (awslc: string): string =>
      JSON.stringify(
        planWith({ axes: { target: ['x86-64-v3'], awslc: [awslc] } }).steps.find(
          ({ kind, subject }) => kind === 'configure' && subject === 'awslc',
        ),
      );
    expect(text('5.12.0')).toContain('-march=x86-64-v3');
    expect(text('fips-4.2.0')).not.toContain('-march=');
    const { steps, notes } = planWith({ axes: { target: ['x86-64-v3'], awslc: ['fips-4.2.0'] } });
    expect(JSON.stringify(steps.find(({ kind, subject }) => kind === 'configure' && subject === 'core'))).toContain(
      '-march=x86-64-v3',
    );
    expect(notes.join()).toContain('(-march=x86-64-v3) are for CPython only');
  });
});
