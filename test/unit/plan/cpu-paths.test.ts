import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import type { CpuReport } from '../../../src/model/cpu-report.ts';
import { decodeWords, describeCpu, namesToLookFor, type CpuFindings } from '../../../src/plan/cpu-paths.ts';
import { defaultCpu, defaultVerified } from '../../rig/plan-inputs.ts';

type Architecture = (typeof defaultCpu.architectures)[number];

const architectureOf = (arch: string): Architecture => {
  const found = defaultCpu.architectures.find((architecture) => architecture.arch === arch);
  if (found === undefined) throw new Error(`no rules for ${arch}`);
  return found;
};
const x86 = architectureOf('x86_64');
const arm = architectureOf('aarch64');

const main: Cell['awslc'] = { version: '5.12.0', line: 'main', fips: false };

const describeOn = (
  architecture: Architecture,
  findings: Partial<CpuFindings>,
  awslc: Cell['awslc'] = main,
): CpuReport =>
  describeCpu(
    'cell',
    { awslc, platform: { arch: architecture.arch, libc: 'gnu' } },
    { masked: [], emulated: false },
    // Without other word: everything that the newest AWS-LC compiles.
    { words: null, wordsSource: 'told by the object', symbols: everyNewSymbol(architecture), ...findings },
    architecture,
    defaultVerified,
  );

/** Names of code that older versions have in other code's place. */
const old =
  /shaext|_block_armv8|^sha\d+_block_data_order$|ref|nohw$|^x25519_scalar_mult_generic$|^ChaCha20_(ssse3|ctr32)$|^mlkem_ntt_(avx2|asm)$/;
const everyNewSymbol = (architecture: Architecture): readonly string[] =>
  namesToLookFor(architecture).filter((name) => !old.test(name) || /^sha\d+_block_data_order_nohw$/.test(name));

const pathsOf = (report: CpuReport): Record<string, string | null> =>
  Object.fromEntries(report.paths.map(({ primitive, path }) => [primitive, path]));

// As AWS-LC 5.12.0 had them on an AMD EPYC of family 26, and with OPENSSL_ia32cap=~0:~0x00005e42d0230000 there.
const epyc = ['0x178bfbff', '0xfffa3203', '0xf1bf07ab', '0x00405fc6'];
const epycWithoutAvx512 = ['0x178bfbff', '0xfffa3203', '0x219c07ab', '0x00400184'];
// The same with the bit of an Intel CPU, and without SHA extensions.
const intel = ['0x578bfbff', '0xfffa3203', '0xd1bf07ab', '0x00405fc6'];

describe('decodeWords', () => {
  it('reads features off the bits, also the highest ones', () => {
    expect([...decodeWords(epyc, x86)].join(' ')).toBe(
      'fxsr pclmul ssse3 sse41 movbe aesni avx rdrand bmi1 avx2 bmi2 avx512 adx avx512ifma shani avx512vbmi2 vaes vpclmulqdq',
    );
    expect(decodeWords(intel, x86).has('intel')).toBe(true);
    expect(decodeWords(intel, x86).has('shani')).toBe(false);
    expect([...decodeWords(['0x0000187d'], arm)]).toEqual([
      ...['neon', 'aes', 'sha1', 'sha256', 'pmull', 'sha512', 'sha3', 'v1'],
    ]);
  });

  it('takes AVX-512 for there only with all four of its parts', () => {
    expect(decodeWords(['0x0', '0x0', '0xc0020000', '0x0'], x86).has('avx512')).toBe(false);
    expect(decodeWords(['0x0', '0x0', '0xc0030000', '0x0'], x86).has('avx512')).toBe(true);
  });
});

describe('the path of each primitive on x86-64', () => {
  it('is the AVX-512 code where the CPU has it', () => {
    expect(pathsOf(describeOn(x86, { words: epyc }))).toMatchObject({
      'AES-GCM': 'VAES and VPCLMULQDQ on AVX-512',
      'SHA-224, SHA-256': 'SHA extensions',
      'SHA-384, SHA-512': 'assembly without extensions',
      'P-256, any point': 'p256_montjscalarmul',
      'P-256, base point': 'nistz256 with BMI2 and ADX',
      X25519: 'curve25519_x25519_byte',
      'RSA-2048, private key': 'two exponentiations at once on AVX-512 IFMA',
      'ChaCha20-Poly1305': 'AVX2, stitched',
      'ML-KEM': 'AVX2 assembly of mlkem-native',
    });
  });

  it('is the AVX2 code with avx512 masked, on the same CPU', () => {
    expect(pathsOf(describeOn(x86, { words: epycWithoutAvx512 }))).toMatchObject({
      'AES-GCM': 'AES-NI and PCLMULQDQ with AVX, stitched',
      'RSA-2048, private key': 'mulx and adx Montgomery multiplication',
    });
  });

  it('takes AVX code for SHA-2 on Intel CPUs only', () => {
    const paths = pathsOf(describeOn(x86, { words: intel }));
    expect(paths['SHA-384, SHA-512']).toBe('AVX');
    expect(paths['SHA-224, SHA-256']).toBe('AVX');
  });

  it('takes the wide forms of s2n-bignum, and AVX2 for RSA-2048 only, where BMI2 or ADX is missing', () => {
    const withoutAdx = epycWithoutAvx512.with(2, '0x211407ab');
    expect(pathsOf(describeOn(x86, { words: withoutAdx }))).toMatchObject({
      'P-384, any point': 'p384_montjscalarmul_alt',
      Ed25519: 'edwards25519_scalarmulbase_alt',
      'RSA-2048, private key': 'AVX2 exponentiation',
      'RSA-4096, private key': 'Montgomery multiplication without extensions',
    });
  });

  it('does not name code that is not in the object', () => {
    const symbols = everyNewSymbol(x86).filter((name) => !/avx512/i.test(name));
    expect(pathsOf(describeOn(x86, { words: epyc, symbols }))).toMatchObject({
      'AES-GCM': 'AES-NI and PCLMULQDQ with AVX, stitched',
      'RSA-4096, private key': 'mulx and adx Montgomery multiplication',
    });
  });

  it('asks for BMI2 too before mlkem-native from 5.11 on, not in 5.7 and not in FIPS 4', () => {
    const words = ['0x178bfbff', '0xfffa3203', '0x000000a8', '0x0'];
    const pathIn = (version: string, line: Cell['awslc']['line']): string | null | undefined =>
      pathsOf(describeOn(x86, { words }, { version, line, fips: line !== 'main' }))['ML-KEM'];
    expect(pathIn('5.12.0', 'main')).toBe('C code of mlkem-native');
    expect(pathIn('5.7.0', 'main')).toBe('AVX2 assembly of mlkem-native');
    expect(pathIn('fips-4.2.0', 'fips-2025')).toBe('AVX2 assembly of mlkem-native');
  });
});

describe('the path of each primitive on aarch64', () => {
  // Bits as arm_arch.h has them: NEON, AES, SHA1, SHA256, PMULL, N1; V1 and V2 have SHA512 and SHA3 beside.
  const graviton2 = ['0x000000bd'];
  const graviton3 = ['0x000018fd'];
  const graviton4 = ['0x000248fd'];

  it('is eight blocks at a time and the wide forms on Graviton3 and 4, not on Graviton2', () => {
    for (const words of [graviton3, graviton4]) {
      expect(pathsOf(describeOn(arm, { words }))).toMatchObject({
        'AES-GCM': 'eight blocks at a time, EOR3 (from 256 bytes on; four blocks below)',
        'SHA-384, SHA-512': 'SHA-512 instructions',
        'P-256, any point': 'p256_montjscalarmul_alt',
        X25519: 'curve25519_x25519_byte_alt',
        'RSA-2048, private key': 'bn_mul_mont',
      });
    }
    expect(pathsOf(describeOn(arm, { words: graviton2 }))).toMatchObject({
      'AES-GCM': 'four blocks at a time',
      'SHA-224, SHA-256': 'SHA-256 instructions',
      'SHA-384, SHA-512': 'assembly without extensions',
      'SHA-3, SHAKE': 'sha3_keccak_f1600',
      'P-256, any point': 'p256_montjscalarmul',
      'RSA-2048, private key': 'Montgomery multiplication of s2n-bignum (bignum_emontredc_8n)',
    });
  });

  it('takes the base forms of P-384 and P-521 also on Graviton3 in FIPS 2, which asks for Apple CPUs', () => {
    const symbols = ['bignum_montmul_p384', 'bignum_montmul_p384_alt'];
    const paths = pathsOf(
      describeOn(arm, { words: graviton3, symbols }, { version: 'fips-2.0.15', line: 'fips-2022', fips: true }),
    );
    expect(paths['P-384, base point']).toBe('C code over bignum_montmul_p384');
    expect(pathsOf(describeOn(arm, { words: graviton3, symbols }))['P-384, base point']).toBe(
      'C code over bignum_montmul_p384_alt',
    );
  });
});

describe('what does not follow', () => {
  it('is not known without words, without names, or without code that the rules know', () => {
    const without = describeOn(x86, { words: null, wordsSource: 'neither told nor named' });
    expect(without.paths.map(({ path }) => path)).toEqual(without.paths.map(() => null));
    expect(without.paths[0]?.reason).toContain('neither told nor named');
    expect(describeOn(x86, { words: epyc, symbols: [] }).paths[0]).toMatchObject({ path: null });
    const mlkem = describeOn(x86, { words: epyc, symbols: ['aes_gcm_encrypt_avx512'] }).paths.find(
      ({ primitive }) => primitive === 'ML-KEM',
    );
    expect(mlkem).toMatchObject({ path: null });
    expect(mlkem?.reason).toContain('no code');
  });
});

describe('what is formally verified', () => {
  const answersOf = (report: CpuReport): Record<string, string | undefined> =>
    Object.fromEntries(report.paths.map(({ primitive, verified }) => [primitive, verified?.answer]));

  it('is not AES-GCM on AVX-512; on AVX2 it is, in part', () => {
    expect(answersOf(describeOn(x86, { words: epyc }))['AES-GCM']).toBe('not covered');
    expect(answersOf(describeOn(x86, { words: epycWithoutAvx512 }))['AES-GCM']).toBe('partly');
  });

  it('is SHA-512 on Intel CPUs; for what AMD CPUs take the sources do not say', () => {
    expect(answersOf(describeOn(x86, { words: intel }))['SHA-384, SHA-512']).toBe('covered');
    expect(answersOf(describeOn(x86, { words: epyc }))['SHA-384, SHA-512']).toBe('unclear');
    expect(answersOf(describeOn(x86, { words: epyc }))['SHA-1']).toBeUndefined();
  });

  it('is the permutation of SHA-3, and of ML-KEM what the headers of the version name proofs for', () => {
    expect(answersOf(describeOn(x86, { words: epyc }))).toMatchObject({ 'SHA-3, SHAKE': 'partly', 'ML-KEM': 'partly' });
    const answerIn = (architecture: Architecture, version: string, line: Cell['awslc']['line']): string | undefined =>
      answersOf(
        describeOn(
          architecture,
          { words: architecture === x86 ? epyc : ['0x000018fd'] },
          { version, line, fips: line !== 'main' },
        ),
      )['ML-KEM'];
    expect(answerIn(x86, '1.72.0', 'main')).toBe('partly');
    expect(answerIn(x86, '1.71.0', 'main')).toBe('unclear');
    expect(answerIn(x86, 'fips-4.2.0', 'fips-2025')).toBe('unclear');
    expect(answerIn(arm, 'fips-4.2.0', 'fips-2025')).toBe('partly');
    const c = { words: epyc, symbols: ['KeccakF1600_c', 'KeccakF1600', 'ml_kem_ntt_ref'] };
    expect(answersOf(describeOn(x86, c))).toMatchObject({ 'SHA-3, SHAKE': undefined, 'ML-KEM': undefined });
  });

  it('names no primitive and no path that the rules do not have', () => {
    for (const { arch, primitive, paths } of defaultVerified.entries) {
      const candidates = architectureOf(arch).primitives.find(({ name }) => name === primitive)?.candidates ?? [];
      const known = candidates.map(({ path }) => path);
      expect(known, `${arch} ${primitive}`).toEqual(expect.arrayContaining([...paths]));
    }
  });
});
