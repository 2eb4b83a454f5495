import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/report/failure.ts';
import { chooseRange, parseAskedRange, type AskedRange } from '../../../src/recipe/range.ts';
import { defaultCatalogue } from '../../rig/plan-inputs.ts';

const { entries } = defaultCatalogue.awslc;
const choose = (first: string, last: string): ReturnType<typeof chooseRange> => chooseRange({ first, last }, entries);
const versionsOf = (range: ReturnType<typeof chooseRange>): readonly string[] =>
  range.ok ? range.value.entries.map(({ version }) => version) : range.error.map(describeFailure);

describe('parseAskedRange', () => {
  it.each<[string, AskedRange]>([
    ['5.5.0..5.12.0', { first: '5.5.0', last: '5.12.0' }],
    ['fips-3.0.0..fips-4.2.0', { first: 'fips-3.0.0', last: 'fips-4.2.0' }],
    ['git:/repositories/aws-lc#v5.5.0..main', { repository: '/repositories/aws-lc', first: 'v5.5.0', last: 'main' }],
    [
      'git:https://a.example/x#y.git#1a2b..3c4d',
      { repository: 'https://a.example/x#y.git', first: '1a2b', last: '3c4d' },
    ],
  ])('reads %s', (asked, range) => {
    expect(parseAskedRange([asked])).toEqual({ ok: true, value: range });
  });

  it.each([
    '5.12.0',
    '..5.12.0',
    '5.5.0..',
    '5.5.0...5.12.0',
    'path:a..b',
    'git:https://u:secret@a.example/x#main',
    'git:https://u:secret@a.example',
  ])('refuses %s without telling an address', (asked) => {
    const parsed = parseAskedRange([asked]);
    const said = parsed.ok ? '' : describeFailure(parsed.error);
    expect(said).toMatch(/^--awslc .*: must be GOOD\.\.BAD, two ends\./);
    expect(said).not.toContain('secret');
  });

  it('wants one range', () => {
    const none = parseAskedRange(undefined);
    const two = parseAskedRange(['1..2', '2..3']);
    expect([none, two].map((parsed) => (parsed.ok ? '' : describeFailure(parsed.error).split('\n')[0]))).toEqual([
      'bisect needs a range of AWS-LC.',
      'bisect takes one range of AWS-LC.',
    ]);
  });
});

describe('chooseRange', () => {
  it('takes the versions between two of a line, both included, in the order of numbers', () => {
    const range = choose('1.66', '5.2.0');
    expect(versionsOf(range)).toEqual(['1.66.2', '1.67.0', '1.69.0', '1.71.0', '1.72.0', '1.73.0', '5.1.0', '5.2.0']);
    expect(range.ok && range.value.lines).toEqual(['main']);
  });

  it('takes what lies between two lines, and names the lines', () => {
    const range = choose('fips-3.1.0', 'fips-4.1.0');
    expect(versionsOf(range)).toEqual(['fips-3.1.0', 'fips-3.3.0', 'fips-4.1.0']);
    expect(range.ok && range.value.lines).toEqual(['fips-2024', 'fips-2025']);
  });

  it('leaves other lines out where both ends are of one', () => {
    expect(versionsOf(choose('fips-4.1.0', 'fips-4.2.0'))).toEqual(['fips-4.1.0', 'fips-4.2.0']);
  });

  it.each([
    ['9.9', '5.12.0', /^AWS-LC 9\.9 is not in the catalogue/],
    [
      '5.12.0',
      '5.5.0',
      /^AWS-LC 5\.12\.0 is newer than 5\.5\.0: the older end comes first\.\n {2}--awslc 5\.5\.0\.\.5\.12\.0$/,
    ],
    ['5.12', '5.12.0', /^Both ends are AWS-LC 5\.12\.0\./],
  ])('refuses %s..%s', (first, last, said) => {
    expect(versionsOf(choose(first, last))).toEqual([expect.stringMatching(said)]);
  });

  it('names both ends that are not known', () => {
    expect(versionsOf(choose('9.8', '9.9'))).toHaveLength(2);
  });
});
