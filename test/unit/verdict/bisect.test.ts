import { describe, expect, it } from 'vitest';
import type { BisectAnswer, BisectQuestion } from '../../../src/model/bisect.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { describeFailure } from '../../../src/report/failure.ts';
import {
  answerCapability,
  answerCases,
  findCaseFile,
  findUnknownCase,
  isSameAnswer,
  nameCapability,
  toMatch,
  weighFailures,
} from '../../../src/verdict/bisect.ts';
import { makeManifest, makeRosterOf, makeRun, plainFacts, tellFile, type CasePart } from '../../rig/suite-runs.ts';

const id = 'test.test_ssl.ThreadedTests.test_a';
const other = 'test.test_ssl.ThreadedTests.test_b';
const entry = { id, expect: 'fail', match: 'NO_KEY' } as const;

const answerOf = (
  parts: readonly CasePart[],
  patterns: readonly string[],
  entries = makeManifest([entry]),
): BisectAnswer =>
  answerCases(
    {
      runs: [makeRun('first', tellFile('test_ssl', parts))],
      manifest: entries,
      facts: plainFacts,
      selection: { files: ['test_ssl'], match: [] },
    },
    patterns,
  );

describe('answerCases', () => {
  it('tells verdict and outcome of the cases that are meant, and of no other', () => {
    const parts: readonly CasePart[] = [
      { id, outcome: 'fail', reason: 'NO_KEY' },
      { id: other, outcome: 'pass' },
    ];
    expect(answerOf(parts, [id])).toEqual({
      to: 'case',
      cases: [{ id, verdict: 'XFAIL', outcome: 'failed', reason: 'because of AWS-LC' }],
    });
    expect(answerOf(parts, ['test.test_ssl.*_b'])).toEqual({
      to: 'case',
      cases: [{ id: other, verdict: 'PASS', outcome: 'passed' }],
    });
    expect(answerOf(parts, ['test.test_ssl.Nothing.*'])).toEqual({ to: 'case', cases: [] });
  });

  it('tells of a subtest under its own id, whether the case or the subtest was asked for', () => {
    const parts: readonly CasePart[] = [
      { id, outcome: 'fail', subtests: [{ params: '(i=1)', outcome: 'fail', reason: 'NO_KEY' }] },
    ];
    for (const asked of [id, `${id} (i=1)`]) {
      expect(answerOf(parts, [asked])).toMatchObject({
        cases: [{ id: `${id} (i=1)`, verdict: 'XFAIL', outcome: 'failed' }],
      });
    }
  });

  it('tells of a file that skips itself under the file’s name', () => {
    const runs = [
      makeRun('first', [
        { event: 'begin', version: 1, file: 'test_ssl', python: '3.14.6', pid: 7 },
        { event: 'import', file: 'test_ssl', outcome: 'skip', reason: 'no ssl' },
        { event: 'done', file: 'test_ssl', started: 0, durationMs: 1 },
      ]),
    ];
    const input = { runs, facts: plainFacts, selection: { files: ['test_ssl'], match: [] } };
    expect(answerCases(input, [id])).toMatchObject({
      cases: [{ id: 'test_ssl', verdict: 'NEWSKIP', outcome: 'skipped' }],
    });
  });

  it('tells of what never ended, and of what was never started', () => {
    expect(answerOf([{ id }], [id])).toMatchObject({ cases: [{ verdict: 'UNRESOLVED', outcome: 'not ended' }] });
    const roster = makeRosterOf({ test_ssl: { 'test.test_ssl.ThreadedTests': ['test_a', 'test_b'] } });
    const runs = [makeRun('first', tellFile('test_ssl', [{ id: other, outcome: 'pass' }]))];
    const input = { runs, roster, facts: plainFacts, selection: { files: ['test_ssl'], match: [] } };
    expect(answerCases(input, [id])).toMatchObject({ cases: [{ id, verdict: 'LOST', outcome: 'not started' }] });
  });
});

describe('isSameAnswer', () => {
  it('looks at verdict and outcome of cases, not at the words of a failure', () => {
    const failed = answerOf([{ id, outcome: 'fail', reason: 'NO_KEY at 0x1' }], [id], makeManifest([]));
    const again = answerOf([{ id, outcome: 'fail', reason: 'NO_KEY at 0x2' }], [id], makeManifest([]));
    const passed = answerOf([{ id, outcome: 'pass' }], [id]);
    expect(isSameAnswer(failed, again)).toBe(true);
    expect(isSameAnswer(failed, passed)).toBe(false);
    // The same verdict, another outcome: a listed skip is not a listed failure.
    const unlisted = answerOf([{ id, outcome: 'error', reason: 'x' }], [id], makeManifest([]));
    expect(isSameAnswer(failed, unlisted)).toBe(true);
  });

  it('looks at what a claim found and whether it holds, whatever the order of members', () => {
    const claim = (holds: boolean, found: Record<string, string>): BisectAnswer => ({
      to: 'claim',
      claim: { holds, found },
    });
    expect(isSameAnswer(claim(true, { a: '1', b: '2' }), claim(true, { b: '2', a: '1' }))).toBe(true);
    expect(isSameAnswer(claim(true, { a: '1' }), claim(true, { a: '2' }))).toBe(false);
    expect(isSameAnswer(claim(true, { a: '1' }), claim(false, { a: '1' }))).toBe(false);
    expect(isSameAnswer(claim(true, {}), { to: 'claim', claim: null })).toBe(false);
  });

  it('asks of a whole run only whether it is as expected', () => {
    const ended = (exitCode: number): BisectAnswer => ({
      to: 'expected',
      asExpected: exitCode === 0,
      exitCode,
      unexpected: [`exit ${exitCode}`],
    });
    expect(isSameAnswer(ended(3), ended(5))).toBe(true);
    expect(isSameAnswer(ended(0), ended(3))).toBe(false);
  });
});

describe('weighFailures', () => {
  const command: Failure = { code: 'command-failed', step: 's', argv: [], exit: '1', log: '', lastLines: [] };
  const proof: Failure = { code: 'proof-failed', claims: [], log: '' };
  const disk: Failure = { code: 'disk-full', path: '/', next: '' };
  const incompatible: Failure = { code: 'incompatible', step: 's', missing: [], log: '' };
  const claim: BisectQuestion = { ask: 'claim', name: 'x' };
  const expected: BisectQuestion = { ask: 'expected' };
  it.each<[string, BisectQuestion, readonly Failure[], boolean, string]>([
    ['nothing failed', claim, [], true, 'answer'],
    ['a claim failed', claim, [proof], true, 'answer'],
    ['it does not compile', claim, [command], false, 'skip'],
    ['it cannot compile by its headers', expected, [incompatible], false, 'skip'],
    ['the probe crashed', claim, [command], true, 'skip'],
    ['the suites could not be run', expected, [command], true, 'answer'],
    ['the disk is full', claim, [disk], false, 'stop'],
    ['the disk is full while compiling', expected, [command, disk], true, 'stop'],
    ['Ctrl-C', expected, [{ code: 'interrupted', signal: 'SIGINT' }], true, 'stop'],
  ])('%s', (_, question, failures, isBuilt, weight) => {
    expect(weighFailures(question, failures, isBuilt)).toBe(weight);
  });
});

describe('the case of a question', () => {
  it.each([
    [id, 'test_ssl'],
    ['test.test_asyncio.test_tasks.T.test_x', 'test_asyncio'],
    ['test.test_ssl.* (i=1)', 'test_ssl'],
    ['test.test_*.T.test_x', undefined],
    ['*test_x', undefined],
  ])('%s is of the file %s', (pattern, file) => {
    expect(findCaseFile(pattern)).toBe(file);
  });

  it('is matched as a whole case, its own signs for themselves', () => {
    expect(toMatch('test.test_ssl.T.test_[a]? (i=1)')).toBe('test.test_ssl.T.test_[[]a][?]');
    expect(toMatch('test.test_ssl.T.*')).toBe('test.test_ssl.T.*');
  });

  it('is refused when the roster does not have it, with what was meant', () => {
    const roster = makeRosterOf({ test_ssl: { 'test.test_ssl.T': ['test_ciphers'] }, test_smtpnet: {} });
    const said = (...patterns: string[]): string => {
      const failure = findUnknownCase(patterns, roster);
      return failure === undefined ? '' : describeFailure(failure);
    };
    expect(said('test.test_ssl.T.test_cihpers')).toBe(
      'CPython 3.14.6 has no case test.test_ssl.T.test_cihpers in test_ssl.\n  Did you mean test.test_ssl.T.test_ciphers?',
    );
    expect(said('test.test_ssl.*', 'test.test_ssl.Nothing.*')).toContain('or a pattern with *');
    // Of other files, and of those that skip themselves, the roster knows nothing.
    expect(said('test.test_ssl.T.test_ciphers (i=1)', 'test.test_json.T.x', 'test.test_smtpnet.T.x')).toBe('');
  });
});

describe('the capability of a question', () => {
  const lacking = { ...plainFacts.capabilities, groups: ['P-256'] };
  const all = [lacking, plainFacts.capabilities];
  it.each([
    ['X509_VERIFY_PARAM_get_hostflags', 'function:X509_VERIFY_PARAM_get_hostflags'],
    ['function:X509_VERIFY_PARAM_get_hostflags', 'function:X509_VERIFY_PARAM_get_hostflags'],
    ['X25519', 'group:X25519'],
    ['hash:sha256', 'hash:sha256'],
    ['OPENSSL_NO_TLS_PHA', 'macro:OPENSSL_NO_TLS_PHA'],
    ['pha', 'pha'],
  ])('%s is %s', (asked, name) => {
    expect(nameCapability(asked, all)).toEqual({ name });
  });

  it('is refused when no end has one of that name, or both kinds have', () => {
    expect(nameCapability('sha256', all)).toEqual({ suggestion: 'hmac:sha256 or hash:sha256' });
    expect(nameCapability('X25591', all)).toEqual({ suggestion: 'X25519' });
    expect(nameCapability('something_else', all)).toEqual({ suggestion: undefined });
  });

  it('is there or not, or is not known', () => {
    expect(all.map((one) => answerCapability(one, 'group:X25519'))).toEqual([
      { to: 'capability', has: false },
      { to: 'capability', has: true },
    ]);
    expect(answerCapability(lacking, 'function:NEW_thing')).toBeUndefined();
  });
});
