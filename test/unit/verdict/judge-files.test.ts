import { describe, expect, it } from 'vitest';
import type { SuiteEvent } from '../../../src/model/suite.ts';
import { judgePlain, listVerdicts, makeManifest, makeRosterOf, makeRun, tellFile } from '../../rig/suite-runs.ts';

const scope = 'test.test_ssl.ThreadedTests';
const a = `${scope}.test_a`;
const b = `${scope}.test_b`;
const roster = makeRosterOf({ test_ssl: { [scope]: ['test_a', 'test_b'] } });
const begin = (file: string): SuiteEvent => ({ event: 'begin', version: 1, file, python: '3.14.6', pid: 1 });
const collect: SuiteEvent = { event: 'collect', file: 'test_ssl', ids: [a, b] };
const end = (id: string, outcome: 'pass' | 'fail'): SuiteEvent[] => [
  { event: 'start', id },
  { event: 'end', id, outcome, durationMs: 1 },
];
const importTold = (outcome: 'skip' | 'error', reason: string, file = 'test_ssl'): SuiteEvent[] => [
  begin(file),
  { event: 'import', file, outcome, reason },
];
const fixture = (name: string, outcome: 'error' | 'skip', reason: string, of = scope): SuiteEvent => ({
  event: 'fixture',
  scope: of,
  fixture: name,
  outcome,
  reason,
});
const first = (events: readonly SuiteEvent[], deaths: { file: string; reason: string }[] = []) => [
  makeRun('first', events, deaths),
];
const windows = { name: 'windows', pattern: '^Windows only$', reason: 'about Windows' };

describe('a file that could not be imported', () => {
  it('fails or skips every rostered case', () => {
    expect(listVerdicts(judgePlain({ runs: first(importTold('error', 'ImportError: _ssl')), roster }))).toEqual([
      `FAIL ${a}`,
      `FAIL ${b}`,
    ]);
    const manifest = makeManifest([], [windows]);
    const skipped = (reason: string): string[] =>
      listVerdicts(judgePlain({ runs: first(importTold('skip', reason)), roster, manifest }));
    expect(skipped('Windows only')).toEqual([`SKIP ${a}`, `SKIP ${b}`]);
    expect(skipped('ssl module required')).toEqual([`NEWSKIP ${a}`, `NEWSKIP ${b}`]);
  });

  it('speaks for itself when it has no case to name', () => {
    const smtp = { test_smtpnet: {} };
    expect(
      listVerdicts(
        judgePlain({
          runs: first(importTold('skip', 'Windows only', 'test_smtpnet')),
          roster: makeRosterOf(smtp),
          manifest: makeManifest([], [windows]),
        }),
      ),
    ).toEqual(['SKIP test_smtpnet']);
    expect(listVerdicts(judgePlain({ runs: first(importTold('error', 'SyntaxError')) }))).toEqual(['FAIL test_ssl']);
    const again = makeRun('retest', tellFile('test_ssl', []));
    expect(listVerdicts(judgePlain({ runs: [...first(importTold('error', 'OSError')), again] }))).toEqual([
      'FLAKY test_ssl',
    ]);
  });

  it('is lost when it is not there, with every rostered case', () => {
    const gone = first(importTold('error', "ModuleNotFoundError: No module named 'test.test_ssl'"));
    expect(listVerdicts(judgePlain({ runs: gone, roster }))).toEqual([`LOST ${a}`, `LOST ${b}`]);
    expect(listVerdicts(judgePlain({ runs: gone }))).toEqual(['LOST test_ssl']);
    const lacking = first(importTold('error', "ModuleNotFoundError: No module named 'test.test_sslx'"));
    expect(listVerdicts(judgePlain({ runs: lacking, roster }))).toEqual([`FAIL ${a}`, `FAIL ${b}`]);
  });

  it('is not hidden by another process that could import it', () => {
    const events = [...tellFile('test_ssl', [{ id: a, outcome: 'pass' }]), ...importTold('error', 'MemoryError')];
    expect(listVerdicts(judgePlain({ runs: first(events) }))).toEqual([`PASS ${a}`, 'FAIL test_ssl']);
  });
});

describe('setUpClass and its like', () => {
  it('fails every case of the class, but a case with an end of its own wins', () => {
    const events = [begin('test_ssl'), collect, ...end(b, 'pass'), fixture('setUpClass', 'error', 'OSError: no port')];
    const judgement = judgePlain({ runs: first(events), roster });
    expect(listVerdicts(judgement)).toEqual([`FAIL ${a}`, `PASS ${b}`]);
    expect(judgement.verdicts[0]?.reason).toBe('setUpClass: OSError: no port');
    const manifest = makeManifest([{ id: `${scope}.*`, expect: 'fail', match: 'no port' }]);
    expect(listVerdicts(judgePlain({ runs: first(events), roster, manifest }))).toEqual([`XFAIL ${a}`, `XPASS ${b}`]);
  });

  it('skips the cases of a module, and no case of a class whose name only begins alike', () => {
    const longer = 'test.test_ssl.ThreadedTestsToo.test_c';
    const events = [
      begin('test_ssl'),
      { event: 'collect', file: 'test_ssl', ids: [a, longer] } satisfies SuiteEvent,
      fixture('setUpClass', 'skip', 'Windows only'),
    ];
    const manifest = makeManifest([], [windows]);
    expect(listVerdicts(judgePlain({ runs: first(events), manifest }))).toEqual([`SKIP ${a}`, `LOST ${longer}`]);
    const module = [...events.slice(0, 2), fixture('setUpModule', 'skip', 'Windows only', 'test.test_ssl')];
    expect(listVerdicts(judgePlain({ runs: first(module), manifest }))).toEqual([`SKIP ${a}`, `SKIP ${longer}`]);
  });

  it('adds nothing when the driver has ended the cases for it', () => {
    const ended: SuiteEvent[] = [
      { event: 'start', id: a },
      { event: 'end', id: a, outcome: 'error', durationMs: 0, reason: 'setUpClass: OSError' },
    ];
    const events = [begin('test_ssl'), fixture('setUpClass', 'error', 'OSError'), ...ended];
    expect(listVerdicts(judgePlain({ runs: first(events) }))).toEqual([`FAIL ${a}`]);
  });

  it('speaks for itself when none of its cases is known, whatever other classes did', () => {
    const other = 'test.test_ssl.Others.test_x';
    const events = [begin('test_ssl'), ...end(other, 'fail'), fixture('setUpClass', 'error', 'OSError')];
    expect(listVerdicts(judgePlain({ runs: first(events) }))).toEqual([`FAIL ${other}`, `FAIL ${scope} (setUpClass)`]);
  });

  it('is not lost when the cases passed and the tear-down failed', () => {
    const events = [begin('test_ssl'), collect, ...end(a, 'pass'), ...end(b, 'pass')];
    const torn = [...events, fixture('tearDownClass', 'error', 'OSError: busy')];
    expect(listVerdicts(judgePlain({ runs: first(torn), roster }))).toEqual([
      `FAIL ${scope} (tearDownClass)`,
      `PASS ${a}`,
      `PASS ${b}`,
    ]);
    const manifest = makeManifest([{ id: `${scope} (tearDownClass)`, expect: 'fail', match: 'busy' }]);
    expect(judgePlain({ runs: first(torn), roster, manifest }).counts).toMatchObject({ XFAIL: 1, FAIL: 0, PASS: 2 });
    expect(judgePlain({ runs: [...first(torn), makeRun('twin', torn)], roster }).counts).toMatchObject({ COMMON: 1 });
  });
});

describe('what is lost', () => {
  it('is every rostered case of a suite that ran nothing', () => {
    expect(listVerdicts(judgePlain({ runs: first([]), roster }))).toEqual([`LOST ${a}`, `LOST ${b}`]);
    expect(listVerdicts(judgePlain({ runs: first(tellFile('test_ssl', [])), roster }))).toEqual([
      `LOST ${a}`,
      `LOST ${b}`,
    ]);
  });

  it('is narrowed by files and match, as the selection is', () => {
    const wide = makeRosterOf({
      test_ssl: { [scope]: ['test_a', 'test_b'] },
      test_hmac: { 'test.test_hmac.A': ['x'] },
    });
    const judged = (files: string[], match: string[]): string[] =>
      listVerdicts(judgePlain({ runs: first(end(a, 'pass')), roster: wide, selection: { files, match } })).filter(
        (text) => text.startsWith('LOST'),
      );
    expect(judged([], [])).toHaveLength(3);
    expect(judged(['test_hmac'], [])).toEqual(['LOST test.test_hmac.A.x']);
    expect(judged(['test_ssl'], ['test_b'])).toEqual([`LOST ${b}`]);
    expect(judged(['test_ssl'], [`${scope}.*`])).toEqual([`LOST ${a}`, `LOST ${b}`]);
    expect(judged(['test_ssl'], ['test_c'])).toEqual([]);
  });

  it('belongs to the file of a split package that the driver names, so that its death explains it', () => {
    const id = 'test.test_asyncio.test_ssl.TestSSL.test_x';
    const packages = makeRosterOf({
      test_asyncio: { 'test.test_asyncio.test_ssl.TestSSL': ['test_x'], 'test.test_asyncio.test_tasks.T': ['test_y'] },
    });
    const runs = first([begin('test_asyncio.test_ssl')], [{ file: 'test_asyncio.test_ssl', reason: 'SIGABRT' }]);
    const { verdicts } = judgePlain({
      runs,
      roster: packages,
      selection: { files: ['test_asyncio.test_ssl'], match: [] },
    });
    expect(verdicts).toEqual([{ id, file: 'test_asyncio.test_ssl', verdict: 'LOST', reason: 'not started; SIGABRT' }]);
    const events = tellFile('test_asyncio.test_ssl', [{ id, outcome: 'pass' }]);
    const judgement = judgePlain({
      runs: first(events),
      roster: packages,
      selection: { files: ['test_asyncio'], match: [] },
    });
    expect(listVerdicts(judgement)).toEqual(['LOST test.test_asyncio.test_tasks.T.test_y', `PASS ${id}`]);
    expect(judgement.notes).toEqual([expect.stringMatching(/^No manifest/)]);
  });

  it('is known without a roster too, where a file collected more than it started, or never began', () => {
    const runs = first([begin('test_ssl'), collect, ...end(a, 'pass')]);
    expect(listVerdicts(judgePlain({ runs }))).toEqual([`PASS ${a}`, `LOST ${b}`]);
    expect(listVerdicts(judgePlain({ runs: first([]), selection: { files: ['test_ssl'], match: [] } }))).toEqual([
      'LOST test_ssl',
    ]);
    expect(listVerdicts(judgePlain({ runs: first(tellFile('test_ssl', [])) }))).toEqual(['LOST test_ssl']);
  });

  it('is not what the retest started: that was its first run, and failing then is final', () => {
    const runs = first(
      [begin('test_ssl'), collect, { event: 'start', id: a }],
      [{ file: 'test_ssl', reason: 'SIGSEGV' }],
    );
    const retest = makeRun('retest', [begin('test_ssl'), ...end(a, 'pass'), ...end(b, 'pass')]);
    const judgement = judgePlain({ runs: [...runs, retest], roster });
    expect(listVerdicts(judgement)).toEqual([`FLAKY ${a}`, `PASS ${b}`]);
    expect(judgement.notes.join('\n')).toContain(`Started in the retest only, because their process had ended: ${b}.`);
    const failed = makeRun('retest', [begin('test_ssl'), ...end(a, 'pass'), ...end(b, 'fail')]);
    expect(listVerdicts(judgePlain({ runs: [...runs, failed], roster }))).toEqual([`FLAKY ${a}`, `FAIL ${b}`]);
  });
});

describe('deaths', () => {
  it('name their reason in the case that never ended', () => {
    const runs = first([begin('test_ssl'), { event: 'start', id: a }], [{ file: 'test_ssl', reason: 'SIGSEGV' }]);
    expect(judgePlain({ runs }).verdicts).toEqual([
      { id: a, file: 'test_ssl', verdict: 'UNRESOLVED', durationMs: 0, reason: 'started, but never ended: SIGSEGV' },
    ]);
  });

  it('are not made good by another end of the same case', () => {
    const runs = first([begin('test_ssl'), { event: 'start', id: a }, begin('test_ssl'), ...end(a, 'pass')]);
    expect(listVerdicts(judgePlain({ runs }))).toEqual([`UNRESOLVED ${a}`]);
  });

  it('are UNRESOLVED for the file when every case had ended, or none began', () => {
    const after = first(tellFile('test_ssl', [{ id: a, outcome: 'pass' }]), [{ file: 'test_ssl', reason: 'SIGABRT' }]);
    expect(listVerdicts(judgePlain({ runs: after }))).toEqual([`PASS ${a}`, 'UNRESOLVED test_ssl']);
    const before = first([], [{ file: 'test_ssl', reason: 'SIGABRT' }]);
    expect(listVerdicts(judgePlain({ runs: before }))).toEqual(['UNRESOLVED test_ssl']);
  });

  it('a flaky entry may explain, when the case passes alone', () => {
    const runs = first(
      [begin('test_ssl'), { event: 'start', id: a }],
      [{ file: 'test_ssl', reason: 'no sign of life for 600 s' }],
    );
    const retest = makeRun('retest', [begin('test_ssl'), ...end(a, 'pass')]);
    const manifest = makeManifest([{ id: a, expect: 'flaky', match: 'no sign of life' }]);
    expect(listVerdicts(judgePlain({ runs: [...runs, retest], manifest }))).toEqual([`XFLAKY ${a}`]);
    expect(listVerdicts(judgePlain({ runs, manifest }))).toEqual([`UNRESOLVED ${a}`]);
  });

  it('of one case do not speak for another of the file, nor a case that is explained for a death beside it', () => {
    const silent = { file: 'test_ssl', reason: `no event for 240 s, while running ${a}` };
    const manifest = makeManifest([
      { id: a, expect: 'flaky', match: 'no event for' },
      { id: b, expect: 'flaky', match: 'no event for' },
    ]);
    const begun = [begin('test_ssl'), { event: 'start', id: a } as const];
    const retest = makeRun('retest', [begin('test_ssl'), ...end(a, 'pass'), ...end(b, 'pass')]);
    const crash = { file: 'test_ssl', reason: `signal SIGSEGV, while running ${b}` };
    const both = first([...begun, begin('test_ssl'), { event: 'start', id: b }], [silent, crash]);
    expect(listVerdicts(judgePlain({ runs: [...both, retest], manifest }))).toEqual([`XFLAKY ${a}`, `FLAKY ${b}`]);
    const alone = makeRun('retest', [begin('test_ssl'), ...end(a, 'pass')]);
    const later = first(begun, [silent, { file: 'test_ssl', reason: 'signal SIGABRT, after its last case' }]);
    const judgement = judgePlain({ runs: [...later, alone], manifest });
    expect(listVerdicts(judgement)).toEqual([`XFLAKY ${a}`, 'UNRESOLVED test_ssl']);
    expect(judgement.verdicts[1]?.reason).toContain('beside its cases: signal SIGABRT, after its last case');
    expect(listVerdicts(judgePlain({ runs: [...first(begun, [silent]), alone], manifest }))).toEqual([`XFLAKY ${a}`]);
  });
});

describe('cases of the same name', () => {
  it('are told apart by file, and judged by the worse end within one', () => {
    const events = [
      ...tellFile('test_asyncio.test_a', [{ id: a, outcome: 'pass' }]),
      ...tellFile('test_asyncio.test_b', [
        { id: a, outcome: 'fail', reason: 'x' },
        { id: a, outcome: 'pass' },
      ]),
    ];
    const { verdicts, cases } = judgePlain({ runs: first(events) });
    expect(verdicts.map(({ file, verdict }) => [file, verdict])).toEqual([
      ['test_asyncio.test_a', 'PASS'],
      ['test_asyncio.test_b', 'FAIL'],
    ]);
    expect(cases).toBe(2);
  });
});

describe('a case that the roster does not know', () => {
  it('is judged, with a note', () => {
    const fresh = `${scope}.test_new`;
    const events = tellFile('test_ssl', [
      { id: a, outcome: 'pass' },
      { id: b, outcome: 'pass' },
      { id: fresh, outcome: 'fail', reason: 'x' },
    ]);
    const judgement = judgePlain({ runs: first(events), roster });
    expect(judgement.counts).toMatchObject({ PASS: 2, FAIL: 1 });
    expect(judgement.notes).toContain(`Not on the roster, judged all the same: ${fresh}.`);
  });
});
