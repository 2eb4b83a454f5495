import { describe, expect, it } from 'vitest';
import type { BisectAnswer, BisectDocument, BisectProbe } from '../../../src/model/bisect.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { describeAnswer, describeObstacle, describeQuestion, formatBisect } from '../../../src/report/bisect.ts';

const plain = { color: false };
const one = (
  id: string,
  verdict: 'PASS' | 'FAIL',
  reason?: string,
): Extract<BisectAnswer, { to: 'case' }>['cases'][number] => ({
  id,
  verdict,
  outcome: verdict === 'PASS' ? 'passed' : 'failed',
  ...(reason === undefined ? {} : { reason }),
});
const cases = (...all: ReturnType<typeof one>[]): BisectAnswer => ({ to: 'case', cases: all });

describe('describeAnswer', () => {
  it('of several cases names those that came out otherwise', () => {
    const before = cases(one('a', 'PASS'), one('b', 'PASS'), one('c', 'PASS'));
    const after = cases(one('a', 'PASS'), one('b', 'FAIL', 'ValueError'), one('c', 'PASS'));
    expect(describeAnswer(after, before)).toBe('b: FAIL, failed: ValueError (of 3 cases)');
    expect(describeAnswer(before, before)).toBe('3 cases, of which none came out otherwise');
    const many = cases(...['a', 'b', 'c', 'd', 'e'].map((id) => one(id, 'FAIL')));
    expect(describeAnswer(many)).toBe('a: FAIL, failed; b: FAIL, failed; c: FAIL, failed; and 2 more (of 5 cases)');
    expect(describeAnswer(cases())).toBe('there is no such case');
  });

  it('of a claim tells what differs', () => {
    const claim = (holds: boolean, found: Record<string, string>): BisectAnswer => ({
      to: 'claim',
      claim: { holds, found },
    });
    expect(
      describeAnswer(claim(true, { sha1: 'served', sha3: 'refused' }), claim(true, { sha1: 'served', sha3: 'served' })),
    ).toBe('holds, found sha3: refused');
    expect(describeAnswer(claim(false, { sha1: 'served' }))).toBe('fails, found sha1: served');
    expect(describeAnswer({ to: 'claim', claim: null })).toBe('this claim is not made');
  });

  it('of a whole run tells what is unexpected, cut short', () => {
    const ended = (exitCode: number, unexpected: string[]): BisectAnswer => ({
      to: 'expected',
      asExpected: exitCode === 0,
      exitCode,
      unexpected,
    });
    expect(describeAnswer(ended(0, []))).toBe('as expected');
    expect(describeAnswer(ended(1, []))).toBe('not as expected (exit 1)');
    expect(describeAnswer(ended(3, ['FAIL a', 'FAIL b', 'FAIL c', 'FAIL d']))).toBe(
      'not as expected (exit 3): FAIL a; FAIL b; FAIL c …',
    );
  });

  it('of a capability says whether it is there', () => {
    expect([true, false].map((has) => describeAnswer({ to: 'capability', has }))).toEqual([
      'AWS-LC has it',
      'AWS-LC lacks it',
    ]);
  });
});

it('says in a line why a version could not be asked', () => {
  const failures: readonly Failure[] = [
    {
      code: 'command-failed',
      step: 'compile AWS-LC 5.5.0',
      argv: ['cmake'],
      exit: 'exit 1',
      log: '/log',
      lastLines: ['[1/2] a.c', "a.c:7: error: 'x' undeclared", 'ninja: build stopped.', ''],
    },
    { code: 'command-failed', step: 's', argv: [], exit: 'SIGKILL', log: '', lastLines: [] },
    {
      code: 'incompatible',
      step: 'check that CPython 3.14.6 compiles against AWS-LC 1.26.0',
      missing: [{ name: 'SSL_new_thing', kind: 'function', where: '_ssl.c:7', text: 'x' }],
      log: '',
    },
    { code: 'capability-mismatch', awslc: '5.5.0', differences: [{ name: 'EVP_x', expected: 'a', found: 'b' }] },
    { code: 'patch-misfit', misfits: ['a'] },
  ];
  expect(failures.map(describeObstacle)).toEqual([
    "compile AWS-LC 5.5.0 failed (exit 1): a.c:7: error: 'x' undeclared",
    's failed (SIGKILL)',
    'check that CPython 3.14.6 compiles against AWS-LC 1.26.0: it does not, for SSL_new_thing',
    'AWS-LC 5.5.0 is not what the catalogue says: EVP_x',
    'Does not apply without fuzz to a version that it is for',
  ]);
});

it('says each question', () => {
  expect([
    describeQuestion({ ask: 'case', patterns: ['a', 'b'] }),
    describeQuestion({ ask: 'claim', name: 'x' }),
    describeQuestion({ ask: 'capability', name: 'pha' }),
    describeQuestion({ ask: 'expected' }),
  ]).toEqual(['case a, b', 'claim x', 'capability pha', 'whether build, proof and suites are as expected']);
});

describe('formatBisect', () => {
  const probe = (
    candidate: string,
    standing: BisectProbe['standing'],
    more: Partial<BisectProbe> = {},
  ): BisectProbe => ({
    candidate,
    standing,
    recorded: false,
    ...more,
  });
  const has = (value: boolean): Pick<BisectProbe, 'answer'> => ({ answer: { to: 'capability', has: value } });
  const run = { id: '20261128T220000Z-abcdef', file: '/store/v1/runs/20261128T220000Z-abcdef/run.json' };
  const commit = (digit: string): string => digit.repeat(40);
  const document: BisectDocument = {
    version: 1,
    kind: 'bisect',
    question: { ask: 'capability', name: 'group:X25519MLKEM768' },
    python: '3.14.6',
    range: { of: 'git', first: 'v1', last: 'main', candidates: 1234, lines: [] },
    outcome: 'found',
    last: commit('1'),
    first: commit('2'),
    suspects: [],
    probes: [
      probe(commit('1'), 'same', { ...has(false), run, title: 'Mend the build' }),
      probe(commit('2'), 'changed', { ...has(true), run, recorded: true, title: 'Add MLKEM\u001b[31m' }),
      probe(commit('3'), 'skipped', { skipped: 'configure AWS-LC failed (exit 2)', title: 'Break it' }),
    ],
    failures: [],
  };

  it('tells the commit and its neighbour, each with its record, and what was skipped', () => {
    expect(formatBisect(document, plain)).toMatchInlineSnapshot(`
      "Commit 222222222222 (Add MLKEM) is the first that answers otherwise
        asked for capability group:X25519MLKEM768, of CPython 3.14.6
        v1 to main: 1,234 commits along first parents; 3 asked, 1 of them skipped
        111111111111 (Mend the build)
          AWS-LC lacks it
          run 20261128T220000Z-abcdef: /store/v1/runs/20261128T220000Z-abcdef/run.json
        222222222222 (Add MLKEM)
          AWS-LC has it
          run 20261128T220000Z-abcdef (of before): /store/v1/runs/20261128T220000Z-abcdef/run.json
      Commits that came by a merge count as the merge.
      Skipped:
        333333333333 (Break it)
          configure AWS-LC failed (exit 2)
      "
    `);
  });

  it('of a search that was stopped tells what was asked', () => {
    const { last, first, ...rest } = document;
    const stopped: BisectDocument = { ...rest, outcome: 'unfinished', probes: document.probes.slice(0, 1) };
    expect([last, first]).toHaveLength(2);
    expect(formatBisect(stopped, plain)).toMatch(
      /^The search did not come to its end\n[^]*Mend the build\)\n {4}AWS-LC lacks it\n/,
    );
  });
});
