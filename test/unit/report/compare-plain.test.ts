import { expect, test } from 'vitest';
import { exitCodeOf } from '../../../src/model/failure.ts';
import type { PlainComparison } from '../../../src/model/plain.ts';
import { comparisonFailure, formatPlainComparison } from '../../../src/report/compare-plain.ts';
import { describeFailure } from '../../../src/report/failure.ts';

const agreeing: PlainComparison = {
  cases: 4109,
  agree: 4109,
  differences: [],
  unsteady: [],
  retestLeftOut: false,
  plain: { durationMs: 131_000, jobs: 2, ran: 4109, read: 4109, outputFile: '/logs/plain.txt' },
  driver: { durationMs: 39_500 },
};
const differing: PlainComparison = {
  ...agreeing,
  agree: 4106,
  differences: [
    { id: 'test.test_a.A.test_1', plain: 'pass', driver: 'absent' },
    { id: 'test.test_a.A.test_2\u001b[1m', plain: 'fail', driver: 'unended' },
  ],
  unsteady: [{ id: 'test.test_a.A.test_3', plain: 'error', driver: 'pass' }],
  driver: { durationMs: 39_500, of: '2026-01-02T03:04:05.000Z' },
};

test('agreement is said with both times, and is no failure', () => {
  expect(comparisonFailure(agreeing)).toBeUndefined();
  expect(formatPlainComparison(agreeing, { color: false })).toBe(`\
The driver and \`python -m test\` agree on 4,109 of 4,109 cases
  python -m test -j2   2 min 11 s, 4,109 cases by its own count, 4,109 read from what it printed
  driver               39.5 s
`);
});

test('each case that differs is named, and the failure ends with 3', () => {
  const text = formatPlainComparison(differing, { color: false });
  expect(text).toContain('agree on 4,106 of 4,109 cases');
  expect(text).toContain('test.test_a.A.test_1: pass in `python -m test`, absent in the driver\n');
  expect(text).toContain('test.test_a.A.test_2: fail in `python -m test`, unended in the driver\n');
  expect(text).toMatch(/UNSTEADY {3}test\.test_a\.A\.test_3: error .* agreed when run again alone/);
  expect(text).toContain('39.5 s (of 2026-01-02T03:04:05.000Z)');
  const failure = comparisonFailure(differing);
  if (failure === undefined) throw new Error('differences are a failure');
  expect(exitCodeOf(failure)).toBe(3);
  expect(describeFailure(failure)).toContain('do not agree on 2 cases:\n    test.test_a.A.test_1: pass');
});
