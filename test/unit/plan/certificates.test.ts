import { describe, expect, it } from 'vitest';
import {
  chooseCertificate,
  chooseFipsVersion,
  findDateWarnings,
  newestCertified,
} from '../../../src/plan/certificates.ts';
import { certificateOf, shipped } from '../../rig/certificates.ts';

const { certificates } = shipped;
const entries = [
  { version: '5.12.0', line: 'main' },
  { version: 'fips-2.0.15', line: 'fips-2022' },
  { version: 'fips-3.0.0', line: 'fips-2024' },
  { version: 'fips-3.3.0', line: 'fips-2024' },
  { version: 'fips-3.1.0', line: 'fips-2024' },
  { version: 'fips-4.2.0', line: 'fips-2025' },
  { version: 'fips-4.1.0', line: 'fips-2025' },
];

describe('chooseCertificate', () => {
  it.each([
    ['fips-2024', 'static', '5314'],
    ['fips-2024', 'shared', '5298'],
    ['fips-2022', 'static', '4816'],
    ['fips-2022', 'shared', '5429'],
    ['fips-2021', 'shared', '4631'],
    ['fips-2025', 'static', 'v4.0-static'],
    ['fips-2025', 'shared', 'v4.0-dynamic'],
    ['fips-2021', 'static', undefined],
    ['main', 'static', undefined],
  ] as const)('for %s, %s takes %s', (line, link, id) => {
    expect(chooseCertificate(certificates, { line, link })?.id).toBe(id);
    expect(chooseCertificate([...certificates].reverse(), { line, link })?.id).toBe(id);
  });

  it('takes a historical one when there is no other', () => {
    const historical = certificates.filter(({ status }) => status === 'historical');
    expect(chooseCertificate(historical, { line: 'fips-2022', link: 'shared' })?.id).toBe('4759');
  });
});

describe('newestCertified', () => {
  it('is the newest version of a current certificate', () => {
    expect(newestCertified(certificates)).toBe('fips-3.1.0');
    expect(newestCertified(certificates, 'fips-2025')).toBeUndefined();
    expect(newestCertified([certificateOf('4759')])).toBeUndefined();
  });
});

describe('chooseFipsVersion', () => {
  it('takes the newest version that a certificate names when no year is given', () => {
    expect(chooseFipsVersion(certificates, entries)).toEqual({
      version: 'fips-3.1.0',
      line: 'fips-2024',
      isCertified: true,
      why: 'the newest version that a certificate names',
    });
  });

  it('takes the newest of a line, and says so, when the named version is not in the catalogue, or there is none', () => {
    expect(chooseFipsVersion(certificates, entries, '2024')).toMatchObject({
      version: 'fips-3.1.0',
      isCertified: true,
    });
    expect(chooseFipsVersion(certificates, entries, '2022')).toEqual({
      version: 'fips-2.0.15',
      line: 'fips-2022',
      isCertified: false,
      why:
        'the newest of fips-2022 in the catalogue: the certificates of fips-2022 name AWS-LC FIPS 2.0.0, ' +
        'which the catalogue does not have',
    });
    expect(chooseFipsVersion(certificates, entries, '2025')).toEqual({
      version: 'fips-4.2.0',
      line: 'fips-2025',
      isCertified: false,
      why: 'the newest of fips-2025 in the catalogue: no certificate names a version of fips-2025',
    });
  });

  it('is nothing when the catalogue has no version of the line', () => {
    expect(chooseFipsVersion(certificates, entries.slice(0, 2))).toBeUndefined();
    expect(chooseFipsVersion(certificates, entries.slice(0, 2), '2025')).toBeUndefined();
  });
});

describe('findDateWarnings', () => {
  const warn = (id: string, today: string): readonly string[] =>
    findDateWarnings(certificateOf(id), new Date(today)).map(({ kind, on, days }) => `${kind} ${on} ${days}`);

  it('warns from 180 days before an end of support on, which is the last day of its month', () => {
    expect(warn('4816', '2026-10-31T23:59:59Z')).toEqual([]);
    expect(warn('4816', '2026-11-01T00:00:00Z')).toEqual(['support-end 2027-04-30 180']);
    expect(warn('4816', '2027-04-30T23:00:00Z')).toEqual(['support-end 2027-04-30 0']);
    expect(warn('5314', '2029-09-01T00:00:00Z')).toEqual(['support-end 2030-02-28 180']);
  });

  it('warns of what is past, in other words', () => {
    const [warning] = findDateWarnings(certificateOf('4631'), new Date('2026-11-24T12:00:00Z'));
    expect(warning).toEqual({
      kind: 'support-end',
      on: '2026-10-31',
      days: -24,
      text: "the end of AWS-LC's support for fips-2021-10-20 is past (2026-10)",
    });
    const [near] = findDateWarnings(certificateOf('4816'), new Date('2027-04-29T12:00:00Z'));
    expect(near?.text).toBe("the end of AWS-LC's support for fips-2022-11-02 is near: 2027-04, in 1 day");
  });

  it('warns of a sunset, but not of a historical certificate’s', () => {
    expect(warn('5314', '2031-01-01T00:00:00Z')).toContain('sunset 2031-06-04 154');
    expect(warn('5429', '2029-08-14T00:00:00Z')).toContain('sunset 2029-08-13 -1');
    const historical = { ...certificateOf('5429'), status: 'historical' } as const;
    expect(findDateWarnings(historical, new Date('2029-08-14')).map(({ kind }) => kind)).toEqual(['support-end']);
  });
});
