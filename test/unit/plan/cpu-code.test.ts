import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import { cpuCodeExpectations } from '../../../src/plan/cpu-code.ts';
import { defaultCatalogue, defaultCpuCode, planWith } from '../../rig/plan-inputs.ts';

const cellOf = (awslc: string, arch: string): Cell => {
  const entry = defaultCatalogue.awslc.entries.find(({ version }) => version === awslc);
  const [cell] = planWith({ axes: { awslc: [awslc] } }).cells;
  if (entry === undefined || cell === undefined) throw new Error(`no ${awslc}`);
  return { ...cell.cell, platform: { arch, libc: 'gnu' } };
};
const piecesOf = (awslc: string, arch: string): readonly string[] =>
  Object.keys((cpuCodeExpectations(cellOf(awslc, arch), defaultCpuCode)['cpu-code'] ?? {}) as Record<string, string>);

describe('CPU-specific code that a proof asks for', () => {
  it.each([
    ['5.12.0', 'x86_64', ['aes-gcm-avx512', 'rsa-ifma', 'sha3-x4', 'p256'], []],
    ['1.26.0', 'x86_64', ['aes-gcm-avx512', 'x25519'], ['rsa-ifma', 'sha3-x4', 'p256']],
    ['fips-2.0.15', 'x86_64', ['aes-gcm-avx512'], ['aes-xts-avx512', 'rsa-ifma', 'x25519']],
    ['fips-3.1.0', 'x86_64', ['rsa-ifma', 'x25519'], ['p256', 'sha3-x4']],
    ['fips-4.2.0', 'x86_64', ['rsa-ifma', 'p521'], ['sha3-x4']],
    ['5.12.0', 'aarch64', ['aes-gcm-eor3', 'sha3', 'p256'], ['rsa-ifma']],
    ['1.49.0', 'aarch64', ['aes-gcm-eor3', 'p256'], ['sha3']],
    ['fips-2.0.15', 'aarch64', ['aes-gcm-eor3'], ['sha2-hw', 'x25519']],
  ])('of AWS-LC %s on %s', (awslc, arch, there, absent) => {
    const pieces = piecesOf(awslc, arch);
    expect(pieces).toEqual(expect.arrayContaining(there));
    for (const name of absent) expect(pieces).not.toContain(name);
  });

  it('is none on a platform that nothing is known of', () => {
    expect(cpuCodeExpectations(cellOf('5.12.0', 'riscv64'), defaultCpuCode)).toEqual({});
  });

  it('names each piece once for an architecture', () => {
    const names = defaultCpuCode.code.map(({ arch, name }) => `${arch} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});
