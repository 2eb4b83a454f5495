import { describe, expect, it } from 'vitest';
import { describeDifference, describeValue, isAsExpected } from '../../../src/model/proof.ts';

describe('isAsExpected', () => {
  it('compares JSON values: the order of members is nothing, the order of items and the type are something', () => {
    expect(isAsExpected({ expected: { a: 1, b: [true] }, found: { b: [true], a: 1 } })).toBe(true);
    expect(isAsExpected({ expected: ['a', 'b'], found: ['b', 'a'] })).toBe(false);
    expect(isAsExpected({ expected: 1, found: true })).toBe(false);
    expect(isAsExpected({ expected: 0, found: '0' })).toBe(false);
    expect(isAsExpected({ expected: { a: null }, found: {} })).toBe(false);
  });
});

describe('describeDifference', () => {
  it('leaves out what is the same, however deep', () => {
    const expected = { TLSv1: { client: 'refused', server: 'refused' }, TLSv1_1: 'refused' };
    const found = { TLSv1: { client: 'TLSv1', server: 'refused' }, TLSv1_1: 'refused' };
    expect(describeDifference({ expected, found })).toEqual({
      expected: 'TLSv1: (client: refused)',
      found: 'TLSv1: (client: TLSv1)',
    });
  });

  it('shows a member that only one side has, null included', () => {
    expect(describeDifference({ expected: { a: 1 }, found: { a: 1, b: null } })).toEqual({
      expected: 'none',
      found: 'b: none',
    });
    expect(describeDifference({ expected: { a: 'x' }, found: {} })).toEqual({ expected: 'a: x', found: 'none' });
  });

  it('shows values of different kinds whole', () => {
    expect(describeDifference({ expected: [], found: { error: 'ended by SIGSEGV' } })).toEqual({
      expected: 'none',
      found: 'error: ended by SIGSEGV',
    });
  });
});

describe('describeValue', () => {
  it('reads as a line of text', () => {
    expect(describeValue({ needed: ['libc.so.6', 'libm.so.6'], soname: null, relro: true, size: 0 })).toBe(
      'needed: [libc.so.6, libm.so.6], soname: none, relro: true, size: 0',
    );
    expect(describeValue([])).toBe('none');
  });
});
