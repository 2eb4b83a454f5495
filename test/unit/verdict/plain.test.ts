import { describe, expect, test } from 'vitest';
import type { Outcome, SuiteEvent } from '../../../src/model/suite.ts';
import { comparePlain, parsePlain } from '../../../src/verdict/plain.ts';

const text = `
== CPython 3.14.6
0:00:01 load avg: 1.13 [1/2] test_a passed
test_docstring (test.test_a.Case.test_docstring)
What it is for. ... ok
test_error (test.test_a.Case.test_error) ... ERROR
test_expected (test.test_a.Case.test_expected) ... expected failure
test_noisy (test.test_a.Case.test_noisy) ... server: handshake FAIL
 client: got b'ok'
ok
test_noisy_thread (test.test_a.Case.test_noisy_thread) ... ok
 server: connection closed, error
test_skip (test.test_a.Case.test_skip) ... skipped "it's not (here)"
test_some (test.test_a.Case.test_some) ...   test_some (test.test_a.Case.test_some) (i=1) ... FAIL
test_sub_skip (test.test_a.Case.test_sub_skip) ... 
  test_sub_skip (test.test_a.Case.test_sub_skip) [a] (i=1) ... skipped 'no'
test_surprise (test.test_a.Case.test_surprise) ... unexpected success
setUpClass (test.test_a.Fixture) ... skipped 'no class'

======================================================================
ERROR: test_error (test.test_a.Case.test_error)
----------------------------------------------------------------------
Traceback (most recent call last):
ValueError: test_pass (test.test_a.Case.test_pass) is not what it seems
======================================================================
FAIL: test_some (test.test_a.Case.test_some) (i=1)
----------------------------------------------------------------------
AssertionError
----------------------------------------------------------------------
Ran 9 tests in 0.352s

FAILED (failures=1, errors=1, skipped=2, expected failures=1, unexpected successes=1)
test_old (test.test_old.Case) ... ok
Ran 1 test in 0.1s
`;

describe('parsePlain', () => {
  test('reads outcomes between what tests print', () => {
    const plain = parsePlain(text);
    expect(Object.fromEntries(plain.cases)).toEqual({
      'test.test_a.Case.test_docstring': 'pass',
      'test.test_a.Case.test_error': 'error',
      'test.test_a.Case.test_expected': 'expected-failure',
      'test.test_a.Case.test_noisy': 'pass',
      'test.test_a.Case.test_noisy_thread': 'pass',
      'test.test_a.Case.test_skip': 'skip',
      'test.test_a.Case.test_some': 'fail',
      'test.test_a.Case.test_sub_skip': 'subtests',
      'test.test_a.Case.test_surprise': 'unexpected-success',
      'test.test_old.Case.test_old': 'pass',
    });
    expect(Object.fromEntries(plain.scopes)).toEqual({ 'test.test_a.Fixture': 'skip' });
    expect(plain.ran).toBe(10);
  });
});

const ran = (id: string, outcome: Outcome): readonly SuiteEvent[] => [
  { event: 'start', id },
  { event: 'end', id, outcome, durationMs: 1 },
];

describe('comparePlain', () => {
  const plain = parsePlain(`
test_a (test.test_a.Case.test_a) ... ok
test_b (test.test_a.Case.test_b) ... ok
test_c (test.test_a.Case.test_c) ... ok
test_d (test.test_a.Case.test_d) ... ok
test_s (test.test_a.Case.test_s) ... 
  test_s (test.test_a.Case.test_s) (i=1) ... skipped 'no'
setUpClass (test.test_a.Fixture) ... skipped 'no class'
`);
  const fixture: SuiteEvent = {
    event: 'fixture',
    scope: 'test.test_a.Fixture',
    fixture: 'setUpClass',
    outcome: 'skip',
  };
  const agreeing = [
    ...ran('test.test_a.Case.test_a', 'pass'),
    ...ran('test.test_a.Case.test_s', 'pass'),
    fixture,
    ...ran('test.test_a.Fixture.test_a', 'skip'),
  ];

  test('lists every case that differs in presence or outcome', () => {
    const events = [
      ...agreeing,
      ...ran('test.test_a.Case.test_b', 'fail'),
      { event: 'start', id: 'test.test_a.Case.test_c' } as const,
      ...ran('test.test_a.Case.test_e', 'pass'),
    ];
    expect(comparePlain(plain, events).differences).toEqual([
      { id: 'test.test_a.Case.test_b', plain: 'pass', driver: 'fail' },
      { id: 'test.test_a.Case.test_c', plain: 'pass', driver: 'unended' },
      { id: 'test.test_a.Case.test_d', plain: 'pass', driver: 'absent' },
      { id: 'test.test_a.Case.test_e', plain: 'absent', driver: 'pass' },
    ]);
  });

  test('cases of a class whose fixture skipped agree with the one line that a plain run prints', () => {
    const rest = ['b', 'c', 'd'].flatMap((name) => ran(`test.test_a.Case.test_${name}`, 'pass'));
    expect(comparePlain(plain, [...agreeing, ...rest])).toEqual({ cases: 6, differences: [] });
    expect(comparePlain(plain, [...agreeing.filter((event) => event !== fixture), ...rest]).differences).toEqual([
      { id: 'test.test_a.Fixture.test_a', plain: 'absent', driver: 'skip' },
    ]);
  });
});
