import { describe, expect, it } from 'vitest';
import { isCaseSelected, isFileSelected, matchesPattern, patternsOverlap } from '../../../src/verdict/patterns.ts';

it.each<[string, string, boolean]>([
  ['a.b', 'a.b', true],
  ['a.b', 'axb', false],
  ['a.*', 'a.b.c (i=1)', true],
  ['a.* (i=*)', 'a.b (i=1)', true],
  ['a.b (i=[1])', 'a.b (i=[1])', true],
  ['*', '', true],
  ['a*c', 'ab', false],
])('matchesPattern(%j, %j): %s', (pattern, id, expected) => {
  expect(matchesPattern(pattern, id)).toBe(expected);
});

it.each<[string, string, boolean]>([
  ['a.*', 'a.b', true],
  ['a.*', '*.b', true],
  ['a.*', 'b.*', false],
  ['*x', '*y', false],
  ['a*b*c', 'a*c', true],
  ['a*b', 'ab', true],
  ['a', 'ab', false],
  ['', '*', true],
  ['ab*', 'a*', true],
  ['*ab*', 'b', false],
])('patternsOverlap(%j, %j): %s', (a, b, expected) => {
  expect(patternsOverlap(a, b)).toBe(expected);
  expect(patternsOverlap(b, a)).toBe(expected);
});

describe('isCaseSelected', () => {
  const id = 'test.test_ssl.ThreadedTests.test_psk';
  it.each<[string[], boolean]>([
    [[], true],
    [['test_psk'], true],
    [['ThreadedTests'], true],
    [['test_ps'], false],
    [['test_ps?'], true],
    [['test_[pq]sk'], true],
    [['test_[!p]sk'], false],
    [['*psk*'], true],
    [[id], true],
    [['test.test_ssl.ThreadedTests'], false],
    [['nothing', 'test_psk'], true],
    [['test_psk('], false],
    [['[z-a]'], false],
  ])('%j: %s', (match, expected) => {
    expect(isCaseSelected(id, match)).toBe(expected);
  });
});

it('takes a package for its files, and no other file', () => {
  expect(isFileSelected('test_asyncio.test_ssl', ['test_asyncio'])).toBe(true);
  expect(isFileSelected('test_ssl', ['test_ss'])).toBe(false);
  expect(isFileSelected('test_asyncio', ['test_asyncio.test_ssl'])).toBe(false);
});
