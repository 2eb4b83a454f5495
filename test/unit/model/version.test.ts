import { describe, expect, it } from 'vitest';
import { compareParsedVersions, compareVersions, parseVersion } from '../../../src/model/version.ts';

const ordered = [
  ...['3.9.2', '3.14.9', '3.14.10', '3.14.10+', '3.15.0a7', '3.15.0a7+', '3.15.0a8', '3.15.0b2', '3.15.0rc1'],
  ...['3.15.0rc10', '3.15.0', '3.15.1', '3.16.0a2+'],
];

describe('versions', () => {
  it('are ordered by number, pre-releases before their release, as texts and parsed', () => {
    const mixed = [...ordered].sort();
    expect(mixed).not.toEqual(ordered);
    expect([...mixed].sort(compareVersions)).toEqual(ordered);
    const parsed = mixed.flatMap((text) => {
      const version = parseVersion(text);
      return version === undefined ? [] : [{ text, version }];
    });
    expect(parsed.sort((a, b) => compareParsedVersions(a.version, b.version)).map(({ text }) => text)).toEqual(ordered);
  });

  it('of the FIPS lines are never between those of the main line once parsed', () => {
    const [fips, old] = [parseVersion('fips-4.2.0'), parseVersion('1.0.0')];
    if (fips === undefined || old === undefined) throw new Error('both are versions');
    expect(compareParsedVersions(fips, old)).toBeLessThan(0);
    expect(compareVersions('fips-4.2.0', '1.0.0')).toBeGreaterThan(0);
  });

  it('of programs are compared as far as they are versions', () => {
    expect(compareVersions('3.25', '3.25.0')).toBe(0);
    expect(compareVersions('2.9f', '2.10')).toBeLessThan(0);
    expect(compareVersions('unknown', '0.1')).toBeLessThan(0);
  });

  it.each(['path:/x', '3.x', '3.14.6++', '+', 'v5.12.0', '3.15.0dev1', ''])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});
