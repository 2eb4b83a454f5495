import { describe, expect, it } from 'vitest';
import type { SuiteRun } from '../../../src/model/suite.ts';
import { judge, selectRetest } from '../../../src/verdict/judge.ts';
import {
  judgePlain,
  listVerdicts,
  makeManifest,
  makeRosterOf,
  makeRun,
  plainFacts,
  tellFile,
  type CasePart,
} from '../../rig/suite-runs.ts';

const id = 'test.test_ssl.ThreadedTests.test_a';
const other = 'test.test_ssl.ThreadedTests.test_b';
const failing: CasePart = {
  id,
  outcome: 'error',
  reason: 'SSLError: NO_PRIVATE_VALUE',
  details: 'Traceback\nSSLError: NO_PRIVATE_VALUE',
};
const run = (part: CasePart, pass: SuiteRun['pass'] = 'first'): SuiteRun => makeRun(pass, tellFile('test_ssl', [part]));
const dead = (pass: SuiteRun['pass'] = 'first'): SuiteRun =>
  makeRun(pass, tellFile('test_ssl', [{ id }]).slice(0, -1), [{ file: 'test_ssl', reason: 'SIGSEGV' }]);

const failEntry = { id, expect: 'fail', match: 'NO_PRIVATE_VALUE' } as const;
const skipEntry = { id, expect: 'skip', match: 'no PHA' } as const;
const flakyEntry = { id, expect: 'flaky', match: 'NO_PRIVATE_VALUE' } as const;
const windows = { name: 'windows', pattern: '^Windows only$', reason: 'about Windows' };

describe('the table of verdicts', () => {
  it.each<[string, string, Parameters<typeof judgePlain>[0]]>([
    ['a pass', 'PASS', { runs: [run({ id, outcome: 'pass' })] }],
    ["unittest's own expected failure", 'PASS', { runs: [run({ id, outcome: 'expected-failure' })] }],
    ["unittest's unexpected success", 'FAIL', { runs: [run({ id, outcome: 'unexpected-success' })] }],
    ['a listed failure', 'XFAIL', { runs: [run(failing)], manifest: makeManifest([failEntry]) }],
    ['the same failure without its entry', 'FAIL', { runs: [run(failing)], manifest: makeManifest([]) }],
    [
      'a listed failure with another text',
      'FAIL',
      { runs: [run(failing)], manifest: makeManifest([{ ...failEntry, match: 'NO_SHARED_CIPHER' }]) },
    ],
    [
      'a listed failure whose conditions do not hold',
      'FAIL',
      { runs: [run(failing)], manifest: makeManifest([{ ...failEntry, when: { capability: { pskTls13: true } } }]) },
    ],
    [
      'a failure that is expected to skip',
      'FAIL',
      { runs: [run(failing)], manifest: makeManifest([{ ...skipEntry, match: 'NO_PRIVATE_VALUE' }]) },
    ],
    [
      'an expected failure that passes',
      'XPASS',
      { runs: [run({ id, outcome: 'pass' })], manifest: makeManifest([failEntry]) },
    ],
    [
      'an expected skip that passes',
      'XPASS',
      { runs: [run({ id, outcome: 'pass' })], manifest: makeManifest([skipEntry]) },
    ],
    [
      'an expected failure that unittest expects too',
      'XPASS',
      { runs: [run({ id, outcome: 'expected-failure' })], manifest: makeManifest([failEntry]) },
    ],
    ['a listed flaky case that fails', 'XFLAKY', { runs: [run(failing)], manifest: makeManifest([flakyEntry]) }],
    [
      'a listed flaky case that passes',
      'XFLAKY',
      { runs: [run({ id, outcome: 'pass' })], manifest: makeManifest([flakyEntry]) },
    ],
    [
      'a listed flaky case that fails otherwise',
      'FAIL',
      { runs: [run({ ...failing, reason: 'other', details: 'other' })], manifest: makeManifest([flakyEntry]) },
    ],
    [
      'a listed skip',
      'XSKIP',
      { runs: [run({ id, outcome: 'skip', reason: 'no PHA here' })], manifest: makeManifest([skipEntry]) },
    ],
    [
      'a listed skip for another reason',
      'NEWSKIP',
      { runs: [run({ id, outcome: 'skip', reason: 'no SSL' })], manifest: makeManifest([skipEntry]) },
    ],
    [
      'a skip of an environment class',
      'SKIP',
      { runs: [run({ id, outcome: 'skip', reason: 'Windows only' })], manifest: makeManifest([], [windows]) },
    ],
    [
      'a skip of a class whose conditions do not hold',
      'NEWSKIP',
      {
        runs: [run({ id, outcome: 'skip', reason: 'Windows only' })],
        manifest: makeManifest([], [{ ...windows, when: { root: true } }]),
      },
    ],
    [
      'a skip of a case that is expected to fail',
      'NEWSKIP',
      { runs: [run({ id, outcome: 'skip', reason: 'NO_PRIVATE_VALUE' })], manifest: makeManifest([failEntry]) },
    ],
    [
      'a skip without a reason',
      'NEWSKIP',
      { runs: [run({ id, outcome: 'skip' })], manifest: makeManifest([], [windows]) },
    ],
    ['a failure that passes alone', 'FLAKY', { runs: [run(failing), run({ id, outcome: 'pass' }, 'retest')] }],
    ['a failure that fails alone too', 'FAIL', { runs: [run(failing), run(failing, 'retest')] }],
    [
      'a failure that skips alone',
      'FAIL',
      { runs: [run(failing), run({ id, outcome: 'skip', reason: 'x' }, 'retest')] },
    ],
    ['a failure that never ends alone', 'FAIL', { runs: [run(failing), dead('retest')] }],
    ['the same failure on the twin', 'COMMON', { runs: [run(failing), run(failing, 'twin')] }],
    [
      'another failure on the twin',
      'FAIL',
      { runs: [run(failing), run({ id, outcome: 'error', reason: 'OSError' }, 'twin')] },
    ],
    ['another outcome on the twin', 'FAIL', { runs: [run(failing), run({ ...failing, outcome: 'fail' }, 'twin')] }],
    ['a twin that passes', 'FAIL', { runs: [run(failing), run({ id, outcome: 'pass' }, 'twin')] }],
    [
      'flaky here and the same on the twin',
      'FLAKY',
      { runs: [run(failing), run({ id, outcome: 'pass' }, 'retest'), run(failing, 'twin')] },
    ],
    ['a case that never ended', 'UNRESOLVED', { runs: [dead()] }],
    ['a case that never ended, nor alone', 'UNRESOLVED', { runs: [dead(), dead('retest')] }],
    ['a case that never ended and passes alone', 'FLAKY', { runs: [dead(), run({ id, outcome: 'pass' }, 'retest')] }],
    ['a case that never ended and fails alone', 'FAIL', { runs: [dead(), run(failing, 'retest')] }],
    [
      'a crash does not count as the expected failure',
      'UNRESOLVED',
      { runs: [dead()], manifest: makeManifest([{ ...failEntry, match: 'SIGSEGV' }]) },
    ],
    [
      'a rostered case that was not started',
      'LOST',
      { runs: [], roster: makeRosterOf({ test_ssl: { 'test.test_ssl.ThreadedTests': ['test_a'] } }) },
    ],
  ])('%s is %s', (_, verdict, input) => {
    expect(listVerdicts(judgePlain(input))).toEqual([`${verdict} ${id}`]);
  });

  it('turns XFAIL into FAIL when the one entry is removed, and names the entry that did not match', () => {
    const manifest = makeManifest([failEntry, { ...failEntry, id: other }]);
    const input = { runs: [run(failing)] };
    expect(judgePlain({ ...input, manifest }).counts).toMatchObject({ XFAIL: 1, FAIL: 0 });
    const removed = { ...manifest, entries: manifest.entries.slice(1) };
    expect(judgePlain({ ...input, manifest: removed }).counts).toMatchObject({ XFAIL: 0, FAIL: 1 });
    const wrong = makeManifest([{ ...failEntry, match: 'KEY_VALUES_MISMATCH' }]);
    expect(judgePlain({ ...input, manifest: wrong }).verdicts[0]).toMatchObject({
      verdict: 'FAIL',
      reason:
        'SSLError: NO_PRIVATE_VALUE; the manifest\'s entry for it did not match: it expects fail with "KEY_VALUES_MISMATCH"',
    });
  });

  it('takes ports, addresses and places for no difference to the twin', () => {
    const told = (text: string): CasePart => ({ id, outcome: 'fail', reason: text, details: `Traceback\n${text}` });
    const here = told("refused ('127.0.0.1', 40123) <x at 0x7f00aa> /opt/a/lib/python3.14/ssl.py (_ssl.c:1082)");
    const there = told("refused ('127.0.0.1', 51999) <x at 0x7f11bb> /srv/b/lib/python3.14/ssl.py (_ssl.c:1090)");
    expect(listVerdicts(judgePlain({ runs: [run(here), run(there, 'twin')] }))).toEqual([`COMMON ${id}`]);
    const three = told('3 != 4');
    expect(listVerdicts(judgePlain({ runs: [run(three), run(told('5 != 4'), 'twin')] }))).toEqual([`FAIL ${id}`]);
  });
});

it('looks for an entry’s text in what a failure says, not in the source lines that its traceback quotes', () => {
  const id = 'test.test_ssl.A.test_quotes';
  const details = [
    'Traceback (most recent call last):',
    '  File "{python}/test_ssl.py", line 7, in test_quotes',
    "    self.assertIn('NO_PRIVATE_VALUE', str(error))",
    '    ~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^',
    "AssertionError: 'x' not found in 'y'",
    '    an indented line of the message',
  ].join('\n');
  const judged = (match: string): string[] =>
    listVerdicts(
      judgePlain({
        runs: [makeRun('first', tellFile('test_ssl', [{ id, outcome: 'fail', reason: 'AssertionError', details }]))],
        manifest: makeManifest([{ id, expect: 'fail', match }]),
      }),
    );
  expect(judged('NO_PRIVATE_VALUE')).toEqual([`FAIL ${id}`]);
  expect(judged("'x' not found in 'y'")).toEqual([`XFAIL ${id}`]);
  expect(judged('an indented line of the message')).toEqual([`XFAIL ${id}`]);
});

describe('subtests', () => {
  const subtests = [
    { params: '(i=1)', outcome: 'fail', reason: 'AssertionError: one' },
    { params: '(i=2)', outcome: 'error', reason: 'AssertionError: two' },
  ] as const;
  const part: CasePart = { id, outcome: 'error', reason: '2 of 3 subtests failed', subtests };
  const one = { id: `${id} (i=1)`, expect: 'fail', match: 'one' } as const;

  it.each<[string, string[], Parameters<typeof makeManifest>[0]]>([
    ['none explained', [`FAIL ${id} (i=1)`, `FAIL ${id} (i=2)`], []],
    ['one explained', [`XFAIL ${id} (i=1)`, `FAIL ${id} (i=2)`], [one]],
    [
      'each by its own entry',
      [`XFAIL ${id} (i=1)`, `XFAIL ${id} (i=2)`],
      [one, { id: `${id} (i=2)`, expect: 'fail', match: 'two' }],
    ],
    [
      'all by an entry for the case',
      [`XFAIL ${id} (i=1)`, `XFAIL ${id} (i=2)`],
      [{ id, expect: 'fail', match: 'AssertionError' }],
    ],
    [
      'the case entry matches one text only',
      [`XFAIL ${id} (i=1)`, `FAIL ${id} (i=2)`],
      [{ id, expect: 'fail', match: 'one' }],
    ],
    [
      'a pattern over parameters',
      [`XFAIL ${id} (i=1)`, `XFAIL ${id} (i=2)`],
      [{ id: `${id} (i=*)`, expect: 'fail', match: 'Assertion' }],
    ],
    [
      'an entry for a subtest that passed',
      [`FAIL ${id} (i=1)`, `FAIL ${id} (i=2)`, `XPASS ${id} (i=3)`],
      [{ id: `${id} (i=3)`, expect: 'fail', match: 'x' }],
    ],
  ])('%s', (_, expected, entries) => {
    expect(listVerdicts(judgePlain({ runs: [run(part)], manifest: makeManifest(entries) }))).toEqual(expected);
  });

  it('judges the case too when it failed by itself beside its subtests', () => {
    const both: CasePart = { ...part, reason: 'OSError: gone', details: 'Traceback\nOSError: gone' };
    const manifest = makeManifest([{ id, expect: 'fail', match: 'AssertionError' }]);
    expect(listVerdicts(judgePlain({ runs: [run(both)], manifest }))).toEqual([
      `FAIL ${id}`,
      `XFAIL ${id} (i=1)`,
      `XFAIL ${id} (i=2)`,
    ]);
  });

  it('judges each skipped subtest, and the rest of the case by itself', () => {
    const skipping: CasePart = {
      id,
      outcome: 'pass',
      subtests: [
        { params: '(v=1)', outcome: 'skip', reason: 'no PHA' },
        { params: '(v=2)', outcome: 'skip', reason: 'no idea' },
      ],
    };
    expect(listVerdicts(judgePlain({ runs: [run(skipping)], manifest: makeManifest([skipEntry]) }))).toEqual([
      `PASS ${id}`,
      `XSKIP ${id} (v=1)`,
      `NEWSKIP ${id} (v=2)`,
    ]);
  });

  it('lets the subtests speak when all of them skipped', () => {
    const all: CasePart = {
      id,
      outcome: 'skip',
      reason: 'no PHA',
      subtests: [{ params: '(v=1)', outcome: 'skip', reason: 'no PHA' }],
    };
    expect(listVerdicts(judgePlain({ runs: [run(all)], manifest: makeManifest([skipEntry]) }))).toEqual([
      `XSKIP ${id} (v=1)`,
    ]);
  });

  it('keeps nameless subtests apart, and takes the worst of equal ones', () => {
    const nameless: CasePart = {
      id,
      outcome: 'fail',
      reason: '2 of 2 subtests failed',
      subtests: [
        { params: '(<subtest>)', outcome: 'fail', reason: 'known' },
        { params: '(<subtest>) #2', outcome: 'fail', reason: 'unknown' },
      ],
    };
    const manifest = makeManifest([{ id: `${id} (<subtest>)`, expect: 'fail', match: 'known' }]);
    expect(listVerdicts(judgePlain({ runs: [run(nameless)], manifest }))).toEqual([
      `XFAIL ${id} (<subtest>)`,
      `FAIL ${id} (<subtest>) #2`,
    ]);
    const equal: CasePart = {
      id,
      outcome: 'error',
      reason: '1 of 2 subtests failed',
      subtests: [
        { params: '(i=1)', outcome: 'skip', reason: 'no PHA' },
        { params: '(i=1)', outcome: 'error', reason: 'boom' },
      ],
    };
    expect(listVerdicts(judgePlain({ runs: [run(equal)], manifest: makeManifest([skipEntry]) }))).toEqual([
      `FAIL ${id} (i=1)`,
    ]);
  });

  it('is FLAKY for a subtest when the whole case passes alone', () => {
    expect(listVerdicts(judgePlain({ runs: [run(part), run({ id, outcome: 'pass' }, 'retest')] }))).toEqual([
      `FLAKY ${id} (i=1)`,
      `FLAKY ${id} (i=2)`,
    ]);
    const onlyTwo: CasePart = { ...part, reason: '1 of 3 subtests failed', subtests: subtests.slice(1) };
    expect(listVerdicts(judgePlain({ runs: [run(part), run(onlyTwo, 'retest')] }))).toEqual([
      `FAIL ${id} (i=1)`,
      `FAIL ${id} (i=2)`,
    ]);
  });
});

describe('the record around the verdicts', () => {
  it('says which entries were used, unused, without a case, not applicable', () => {
    const manifest = makeManifest([
      failEntry,
      { ...failEntry, match: 'other' },
      { ...failEntry, id: 'test.test_nothing.X.test_y' },
      { ...failEntry, when: { fips: true } },
    ]);
    expect(judgePlain({ runs: [run(failing)], manifest }).entries.map((entry) => entry.use)).toEqual([
      'used',
      'unused',
      'no-case',
      'not-applicable',
    ]);
  });

  it('orders by file and id, sums up, and keeps this machine out of the texts', () => {
    const events = [
      ...tellFile('test_ssl', [
        { id: other, outcome: 'pass' },
        {
          id,
          outcome: 'fail',
          reason: 'no /scratch/work/x on buildbox7',
          details: 'File "/scratch/work/py/lib/python3.14/ssl.py"',
        },
      ]),
      ...tellFile('test_hmac', [{ id: 'test.test_hmac.A.test_z', outcome: 'pass' }]),
    ];
    const judgement = judge({
      runs: [makeRun('first', events)],
      facts: plainFacts,
      selection: { files: [], match: [] },
      redactions: [
        { text: '/scratch', placeholder: '{store}' },
        { text: '/scratch/work', placeholder: '{work}' },
        { text: 'buildbox7', placeholder: '{host}' },
      ],
    });
    expect(listVerdicts(judgement)).toEqual(['PASS test.test_hmac.A.test_z', `FAIL ${id}`, `PASS ${other}`]);
    expect(judgement).toMatchObject({ cases: 3, files: 2, counts: { PASS: 2, FAIL: 1, LOST: 0 } });
    expect(judgement.verdicts[1]).toMatchObject({
      reason: 'no {work}/x on {host}',
      details: 'File "{work}/py/lib/python3.14/ssl.py"',
    });
  });

  it('says that LOST is not judged without a roster, and that nothing is expected without a manifest', () => {
    const { notes } = judgePlain({ runs: [run({ id, outcome: 'pass' })] });
    expect(notes.join('\n')).toMatch(/No manifest for CPython 3\.14:[^]*No roster for CPython 3\.14\.6:[^]*LOST/);
  });

  it('chooses for the retest what is unlisted: failures by case, cases that never ended or never started', () => {
    const subtests = [
      { params: '(i=1)', outcome: 'fail', reason: 'x' },
      { params: '(i=2)', outcome: 'fail', reason: 'y' },
    ] as const;
    const third = 'test.test_ssl.ThreadedTests.test_c';
    const events = tellFile(
      'test_ssl',
      [
        { id, outcome: 'fail', reason: '2 of 2 subtests failed', subtests },
        { id: other, outcome: 'error', reason: 'NO_PRIVATE_VALUE', details: 'NO_PRIVATE_VALUE' },
        { id: third },
      ],
      [
        {
          event: 'fixture',
          scope: 'test.test_ssl.ThreadedTests',
          fixture: 'tearDownClass',
          outcome: 'error',
          reason: 'z',
        },
      ],
    );
    const manifest = makeManifest([{ ...failEntry, id: other }]);
    expect(selectRetest(judgePlain({ runs: [makeRun('first', events)], manifest }))).toEqual([
      { file: 'test_ssl', id },
      { file: 'test_ssl', id: third },
    ]);
  });
});
