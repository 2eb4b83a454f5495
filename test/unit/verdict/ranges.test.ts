import { describe, expect, it } from 'vitest';
import { isInRange, parseRange, rangesOverlap } from '../../../src/verdict/ranges.ts';

describe('isInRange', () => {
  it.each<[string, string, boolean]>([
    ['3.14.0', '>=3.14.0 <3.14.8', true],
    ['3.14.7', '>=3.14.0 <3.14.8', true],
    ['3.14.8', '>=3.14.0 <3.14.8', false],
    ['3.14.10', '<3.14.8', false],
    ['3.15.0rc1', '<3.15.0', true],
    ['3.15.0rc1', '>=3.15.0', false],
    ['3.15.0rc2', '>3.15.0rc1 <3.15.0', true],
    ['3.15.0rc10', '>3.15.0rc9', true],
    ['3.15.0b4', '>=3.15.0rc1', false],
    ['3.15.0a1', '<3.15.0b1', true],
    ['3.14', '=3.14.0', true],
    ['3.14.6', '3.14.6', true],
    ['5.12.0', '>= 5.0.0', true],
    ['5.12.0', '>=5.1.0 || <1.50.0', true],
    ['4.2.0', '>=5.1.0 || <1.50.0', false],
    // FIPS releases count by themselves: 4.2.0 of the 2025 branch is not older than 5.0.0 of main.
    ['fips-4.2.0', '<5.0.0', false],
    ['fips-4.2.0', '>=fips-4.0.0', true],
    ['5.12.0', '>=fips-4.0.0', false],
    ['fips-4.2.0', '>=5.0.0 || >=fips-4.1.0', true],
    ['path:/x', '>=0.0.0', false],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(isInRange(version, range)).toBe(expected);
  });
});

describe('parseRange', () => {
  it.each([
    ['>=3.x', '">=3.x" is not a comparison with a version, as >=3.14.0'],
    ['', 'a range, or a part of it between ||, is empty'],
    ['>=3.14.0 ||', 'a range, or a part of it between ||, is empty'],
    ['>=3.15.0 <3.14.0', 'no version satisfies ">=3.15.0 <3.14.0"'],
    ['>3.14.0 <3.14.0', 'no version satisfies ">3.14.0 <3.14.0"'],
    ['>=5.0.0 <fips-4.0.0', 'no version satisfies ">=5.0.0 <fips-4.0.0"'],
    ['~3.14', '"~3.14" is not a comparison with a version, as >=3.14.0'],
  ])('refuses %j', (text, error) => {
    expect(parseRange(text)).toEqual({ ok: false, error });
  });

  it('sees whether two ranges meet', () => {
    const meet = (a: string, b: string): boolean => {
      const [one, two] = [parseRange(a), parseRange(b)];
      if (!one.ok || !two.ok) throw new Error('the test has a bad range');
      return rangesOverlap(one.value, two.value);
    };
    expect(meet('>=3.14.0 <3.14.5', '>=3.14.4')).toBe(true);
    expect(meet('<3.14.5', '>=3.14.5')).toBe(false);
    expect(meet('<=3.14.5', '>=3.14.5')).toBe(true);
    expect(meet('<5.0.0', '>=fips-4.0.0')).toBe(false);
  });
});
