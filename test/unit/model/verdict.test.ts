import { expect, it } from 'vitest';
import { caseIdOf, isExpected, unexpectedVerdicts, verdictNameSchema } from '../../../src/model/verdict.ts';

it('holds exactly the first five verdicts for expected', () => {
  expect(verdictNameSchema.options.filter(isExpected)).toEqual(['PASS', 'SKIP', 'XFAIL', 'XSKIP', 'XFLAKY']);
  expect(unexpectedVerdicts).toHaveLength(verdictNameSchema.options.length - 5);
});

it.each([
  ['test.a.B.test_c', 'test.a.B.test_c'],
  ["test.a.B.test_c (name='x y')", 'test.a.B.test_c'],
  ['test.a.B.test_c [message] (i=1)', 'test.a.B.test_c'],
  ['test.a.B (tearDownClass)', 'test.a.B'],
])('finds the case of %s', (id, caseId) => {
  expect(caseIdOf(id)).toBe(caseId);
});
