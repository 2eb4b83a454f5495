import { describe, expect, it } from 'vitest';
import { chooseCellMask, chooseMask } from '../../../src/plan/cpu-mask.ts';
import { defaultCpu, fixedHost, planWith } from '../../rig/plan-inputs.ts';

const of = (arch: string): (typeof defaultCpu.architectures)[number] | undefined =>
  defaultCpu.architectures.find((architecture) => architecture.arch === arch);

const choose = (names: readonly string[], arch = 'x86_64'): ReturnType<typeof chooseMask> =>
  chooseMask(names, of(arch), arch);

describe('chooseMask', () => {
  it('takes away what AVX-512 code asks for, and leaves AVX2: bits as CPUID has them', () => {
    const mask = choose(['avx512']);
    // EBX of leaf 7: F 16, DQ 17, IFMA 21, CD 28, BW 30, VL 31. ECX: VBMI 1, VBMI2 6, VAES 9, VPCLMULQDQ 10, VNNI 11, BITALG 12, VPOPCNTDQ 14.
    expect(mask).toEqual({
      ok: true,
      value: {
        names: ['avx512'],
        variable: 'OPENSSL_ia32cap',
        value: '~0x0000000000000000:~0x00005e42d0230000',
        words: [0, 0, 0xd0230000, 0x5e42],
      },
    });
  });

  it('puts the second word of a pair into the upper half, and each name once whatever its order', () => {
    const mask = choose(['shani', 'aesni', 'shani']);
    expect(mask.ok && mask.value).toMatchObject({
      names: ['aesni', 'shani'],
      value: '~0x0200000000000000:~0x0000020020000000',
    });
  });

  it('never asks for a bit to be set, which AWS-LC ends the process for', () => {
    for (const architecture of defaultCpu.architectures) {
      for (const { name } of architecture.masks) {
        const mask = chooseMask([name], architecture, architecture.arch);
        expect(mask.ok && mask.value.value, `${architecture.arch} ${name}`).toMatch(
          /^~0x[0-9a-f]{8}$|^~0x[0-9a-f]{16}:~0x[0-9a-f]{16}$/,
        );
      }
    }
  });

  it('leaves SSE2, FXSR and the vendor alone in the baseline: code without them is nowhere', () => {
    const mask = choose(['baseline']);
    expect(mask.ok && mask.value.words[0]).toBe(0);
    const features = of('x86_64')?.features ?? [];
    const masked = features.filter(({ bits }) =>
      bits.every(({ word, bit }) => mask.ok && (((mask.value.words[word] ?? 0) >>> bit) & 1) === 1),
    );
    expect(features.filter((feature) => !masked.includes(feature)).map(({ name }) => name)).toEqual(['fxsr', 'intel']);
  });

  it('is one number of 32 bits on aarch64', () => {
    const mask = choose(['sha3', 'wide'], 'aarch64');
    expect(mask.ok && mask.value).toMatchObject({ variable: 'OPENSSL_armcap', value: '~0x00045800', words: [0x45800] });
  });

  it('refuses names that it does not know, all at once, and architectures without rules', () => {
    const unknown = choose(['avx512', 'sse9', 'mmx']);
    expect(unknown.ok ? [] : unknown.error.map((failure) => ('message' in failure ? failure.message : ''))).toEqual([
      expect.stringMatching(/^--mask-cpu mmx: not one of avx512, avx2, /),
      expect.stringMatching(/^--mask-cpu sse9: /),
    ]);
    expect(choose(['avx512'], 'riscv64')).toMatchObject({ ok: false, error: [{ code: 'usage' }] });
  });
});

describe('chooseCellMask', () => {
  const forCells = (names: readonly string[], ...archs: readonly string[]): ReturnType<typeof chooseCellMask> =>
    chooseCellMask(names, archs, defaultCpu.architectures);

  it('takes the rules of the machine that runs the cells, not of the one that builds them', () => {
    expect(forCells(['sha3'], 'aarch64', 'aarch64')).toMatchObject({ value: { variable: 'OPENSSL_armcap' } });
    expect(forCells(['avx512'], 'aarch64')).toMatchObject({
      error: [{ message: expect.stringMatching(/^--mask-cpu avx512: not one of sha3, /) as unknown }],
    });
  });

  it('refuses cells of several architectures in one message, and says nothing where nothing is masked', () => {
    expect(forCells(['baseline'], 'x86_64', 'aarch64', 'x86_64')).toMatchObject({
      error: [{ code: 'usage', message: expect.stringContaining('for aarch64 and x86_64, whose') as unknown }],
    });
    expect(forCells([], 'x86_64', 'aarch64')).toEqual({ ok: true, value: undefined });
  });
});

describe('a masked plan', () => {
  const host = { ...fixedHost, openssl: { version: '3.0.22' } };
  const plain = planWith({ host });
  const chosen = choose(['avx512']);
  if (!chosen.ok) throw new Error('no mask');
  const masked = planWith({ host, mask: chosen.value });
  const byKind = (plan: typeof plain): Map<string, string> =>
    new Map(plan.steps.map(({ kind, subject, fingerprint }) => [`${kind}-${subject}`, fingerprint]));

  it('makes other proofs and suites of the cell, and nothing else: builds and the twin stay what they are', () => {
    const [before, after] = [byKind(plain), byKind(masked)];
    expect([...before].filter(([step, fingerprint]) => after.get(step) !== fingerprint).map(([step]) => step)).toEqual([
      'prove-cell',
      'test-cell',
    ]);
  });

  it('gives both the variable, tells the proof which bits must be off, and says what it means', () => {
    for (const kind of ['prove-cell', 'test-cell']) {
      const step = masked.steps.find((candidate) => `${candidate.kind}-${candidate.subject}` === kind);
      const exec = step?.actions.find((action) => action.do === 'exec');
      expect(exec?.do === 'exec' && exec.env).toEqual({ OPENSSL_ia32cap: chosen.value.value });
      expect(step?.title).toMatch(/, without avx512$/);
    }
    const prove = masked.steps.find(({ kind }) => kind === 'prove');
    const write = prove?.actions.find((action) => action.do === 'write');
    const expectations: unknown = JSON.parse(write?.do === 'write' ? write.text : '{}');
    expect(expectations).toMatchObject({
      $cpuMask: { variable: 'OPENSSL_ia32cap', words: chosen.value.words },
      'cpu-mask': ['0x00000000', '0x00000000', '0x00000000', '0x00000000'],
    });
    expect(masked.notes.join('\n')).toContain('avx512 masked (OPENSSL_ia32cap=~0x');
    expect(plain.notes.join('\n')).not.toContain('masked');
    expect(plain).not.toHaveProperty('mask');
  });
});
