import { describe, expect, it } from 'vitest';
import type { SuiteEvent, SuiteRun } from '../../../src/model/suite.ts';
import { diffSuites, selectUnsettled, type SuiteDiff } from '../../../src/verdict/diff.ts';
import { makeManifest, makeRun, plainFacts, tellFile, type CasePart } from '../../rig/suite-runs.ts';

const id = 'test.test_ssl.ThreadedTests.test_a';
const passing: CasePart = { id, outcome: 'pass' };
const failing: CasePart = { id, outcome: 'error', reason: 'SSLError: NO_PRIVATE_VALUE', details: 'SSLError: NO' };
const skipped: CasePart = { id, outcome: 'skip', reason: 'Test needs TLS 1.3 PHA' };
const file = (...parts: readonly CasePart[]): SuiteEvent[] => tellFile('test_ssl', parts);
const diff = (
  awslc: readonly SuiteEvent[],
  openssl: readonly SuiteEvent[],
  more: {
    again?: { awslc?: readonly SuiteEvent[]; openssl?: readonly SuiteEvent[] };
    deaths?: SuiteRun['deaths'];
  } = {},
): SuiteDiff => {
  const retest = (events: readonly SuiteEvent[] | undefined): readonly SuiteRun[] =>
    events === undefined ? [] : [makeRun('retest', events)];
  return diffSuites({
    awslc: [makeRun('first', awslc, more.deaths), ...retest(more.again?.awslc)],
    openssl: [makeRun('twin', openssl), ...retest(more.again?.openssl)],
    facts: plainFacts,
  });
};

describe('a case that comes out alike on both', () => {
  it.each<[string, CasePart, Partial<SuiteDiff['same']>]>([
    ['passed', passing, { cases: 1, failed: 0, skipped: 0 }],
    ['skipped, for the environment’s sake', { id, outcome: 'skip', reason: 'needs network' }, { skipped: 1 }],
    ['failed in the same words', failing, { failed: 1 }],
  ])('%s is counted only', (_, part, same) => {
    expect(diff(file(part), file(part))).toMatchObject({ cases: 1, same, differences: [], unsteady: [] });
  });

  it('failed in words that differ in an address, a port and a line of C only', () => {
    const said = (text: string): CasePart => ({ ...failing, reason: text, details: text });
    const result = diff(
      file(said("OSError: <ssl at 0x7f01> ('127.0.0.1', 40123) (_ssl.c:1082)")),
      file(said("OSError: <ssl at 0x7faa> ('127.0.0.1', 51999) (_ssl.c:990)")),
    );
    expect(result.differences).toEqual([]);
  });
});

describe('a case that comes out otherwise', () => {
  const wordy: CasePart = { ...failing, reason: 'SSLError: HANDSHAKE_FAILURE', details: 'SSLError: HANDSHAKE' };
  it.each<[string, CasePart, CasePart, string, string]>([
    ['fails-on-awslc', failing, passing, 'failed', 'passed'],
    ['fails-on-awslc', failing, skipped, 'failed', 'skipped'],
    ['fails-on-openssl', passing, failing, 'passed', 'failed'],
    ['fails-otherwise', failing, wordy, 'failed', 'failed'],
    ['skipped-on-awslc', skipped, passing, 'skipped', 'passed'],
    ['skipped-on-openssl', passing, skipped, 'passed', 'skipped'],
    ['skipped-otherwise', skipped, { ...skipped, reason: 'other' }, 'skipped', 'skipped'],
  ])('%s', (kind, awslc, openssl, onAwslc, onOpenssl) => {
    const result = diff(file(awslc), file(openssl));
    expect(result.differences).toMatchObject([
      { id, file: 'test_ssl', kind, awslc: { outcome: onAwslc }, openssl: { outcome: onOpenssl } },
    ]);
    expect(result.same.cases).toBe(0);
  });

  it('because one side does not have it', () => {
    const other: CasePart = { id: 'test.test_ssl.ThreadedTests.test_b', outcome: 'pass' };
    const result = diff(file(passing, other), file(passing));
    expect(result.differences).toMatchObject([
      { id: other.id, kind: 'only-on-awslc', awslc: { outcome: 'passed' }, openssl: { outcome: 'absent' } },
    ]);
    expect(diff(file(passing), file(passing, other)).differences).toMatchObject([{ kind: 'only-on-openssl' }]);
    expect(result).toMatchObject({ cases: 2, same: { cases: 1 } });
  });

  it('because a process died on one side: what ran then is not ended, what came after not started', () => {
    const next = 'test.test_ssl.ThreadedTests.test_b';
    const events: SuiteEvent[] = [...file({ id }).slice(0, -1)].map((event) =>
      event.event === 'collect' ? { ...event, ids: [id, next] } : event,
    );
    const result = diff(events, file(passing, { id: next, outcome: 'pass' }), {
      deaths: [{ file: 'test_ssl', reason: 'SIGSEGV' }],
    });
    expect(result.differences.map(({ id: of, awslc }) => [of, awslc.outcome])).toEqual([
      [id, 'not ended'],
      [next, 'not started'],
    ]);
  });

  it('because one side cannot import the file', () => {
    const broken: SuiteEvent[] = [
      { event: 'begin', version: 1, file: 'test_ssl', python: '3.14.6', pid: 7 },
      { event: 'import', file: 'test_ssl', outcome: 'error', reason: 'ImportError: no _ssl' },
    ];
    expect(diff(broken, file(passing)).differences).toMatchObject([
      { id, kind: 'fails-on-awslc', awslc: { text: 'ImportError: no _ssl' } },
    ]);
    const skips: SuiteEvent[] = [
      broken[0],
      { event: 'import', file: 'test_ssl', outcome: 'skip', reason: 'x' },
    ].flatMap((event) => (event === undefined ? [] : [event as SuiteEvent]));
    expect(diff(skips, skips)).toMatchObject({ cases: 0, differences: [] });
    expect(diff(broken, skips).differences).toMatchObject([{ id: 'test_ssl', kind: 'fails-on-awslc' }]);
  });

  it('in one subtest, which is named; subtests that nobody tells of have passed', () => {
    const subtest = (params: string): NonNullable<CasePart['subtests']>[number] => ({
      params,
      outcome: 'fail',
      reason: 'AssertionError',
    });
    const result = diff(
      file({ id, outcome: 'fail', subtests: [subtest('(i=1)'), subtest('(i=2)')] }),
      file({ id, outcome: 'fail', subtests: [subtest('(i=2)')] }),
    );
    expect(result.differences).toMatchObject([{ id: `${id} (i=1)`, kind: 'fails-on-awslc' }]);
  });

  it('in a tear-down', () => {
    const tearDown: SuiteEvent = {
      event: 'fixture',
      scope: 'test.test_ssl.ThreadedTests',
      fixture: 'tearDownClass',
      outcome: 'error',
      reason: 'OSError',
    };
    expect(diff(tellFile('test_ssl', [passing], [tearDown]), file(passing)).differences).toMatchObject([
      { id: 'test.test_ssl.ThreadedTests (tearDownClass)', kind: 'fails-on-awslc' },
    ]);
  });
});

describe('what is run again alone', () => {
  const differing = diff(file(failing), file(passing));

  it('is what failed on the side where it failed, skips never', () => {
    expect(selectUnsettled(differing.differences)).toEqual({ awslc: new Set([id]), openssl: new Set() });
    const both = diff(file(failing), file({ ...failing, reason: 'other', details: 'other' })).differences;
    expect(selectUnsettled(both)).toEqual({ awslc: new Set([id]), openssl: new Set([id]) });
    const skips = diff(file(skipped), file(passing)).differences;
    expect(selectUnsettled(skips)).toEqual({ awslc: new Set(), openssl: new Set() });
  });

  it.each<[string, Parameters<typeof diff>, 'differences' | 'unsteady']>([
    ['fails again: a difference', [file(failing), file(passing), { again: { awslc: file(failing) } }], 'differences'],
    ['passes: unsteady', [file(failing), file(passing), { again: { awslc: file(passing) } }], 'unsteady'],
    [
      'fails in other words each time: unsteady',
      [
        file(failing),
        file({ ...failing, reason: 'b', details: 'b' }),
        { again: { awslc: file({ ...failing, reason: 'c', details: 'c' }) } },
      ],
      'unsteady',
    ],
    ['passes on OpenSSL: unsteady', [file(passing), file(failing), { again: { openssl: file(passing) } }], 'unsteady'],
    [
      'a pass on the other side settles nothing',
      [file(failing), file(passing), { again: { awslc: file(failing), openssl: file(passing) } }],
      'differences',
    ],
  ])('%s', (_, input, where) => {
    const { differences, unsteady } = diff(...input);
    expect({ differences: differences.length, unsteady: unsteady.length }).toEqual({
      differences: 0,
      unsteady: 0,
      [where]: 1,
    });
  });
});

describe('the reason beside a difference', () => {
  const withManifest = (part: CasePart, match: string): string | undefined =>
    diffSuites({
      awslc: [makeRun('first', file(part))],
      openssl: [makeRun('twin', file(passing))],
      manifest: makeManifest(
        [{ id, expect: part.outcome === 'skip' ? 'skip' : 'fail', match }],
        [{ name: 'windows', pattern: '^Windows', reason: 'about Windows' }],
      ),
      facts: plainFacts,
    }).differences[0]?.reason;

  it('is the entry’s whose text is contained, or a class’s', () => {
    expect(withManifest(failing, 'NO_PRIVATE_VALUE')).toBe('because of AWS-LC');
    expect(withManifest(failing, 'something else')).toBeUndefined();
    expect(withManifest(skipped, 'PHA')).toBe('because of AWS-LC');
    expect(withManifest({ ...skipped, reason: 'Windows only' }, 'PHA')).toBe('about Windows');
  });
});
