import { describe, expect, it } from 'vitest';
import { verdictReportSchema, type Verdict } from '../../../src/model/verdict.ts';
import { formatVerdictJson, formatVerdicts, groupUnexpected, rerunCommand } from '../../../src/report/verdicts.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';

const plain = { color: false };
const passed: Verdict = { id: 'test.test_ssl.A.test_a', file: 'test_ssl', verdict: 'PASS' };

describe('formatVerdicts', () => {
  it('says it in two lines when all is as expected', () => {
    expect(formatVerdicts(makeReport([passed]), plain)).toBe(
      'All as expected: 1 case in 1 file (1 min 1 s)\n  PASS 1\n',
    );
  });

  it('names every unexpected case with its reason and the command that runs it again', () => {
    const text = formatVerdicts(makeReport(oneOfEach, { notes: ['No roster for CPython 3.14.6'] }), plain);
    expect(text).toBe(`7 unexpected verdicts: 12 cases in 3 files (1 min 1 s)
  PASS 1  SKIP 1  XFAIL 1  XSKIP 1  XFLAKY 1  COMMON 1  FLAKY 1  FAIL 1  XPASS 1  NEWSKIP 1  LOST 1  UNRESOLVED 1

COMMON     test.test_ssl.A.test_common
           the same on the twin
           again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_common
FLAKY      test.test_ssl.A.test_flaky
           passed alone
           again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_flaky
FAIL       test.test_ssl.A.test_fail (name='a.b')
           SSLError: boom \\ud800\\uffff ]]> caf\\u00e9
           again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_fail
XPASS      test.test_ssl.A.test_xpass
           passed
           again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_xpass
NEWSKIP    test.test_ssl.A.test_newskip
           no idea
           again: cpython-awslc test --tests test_ssl --match test.test_ssl.A.test_newskip
LOST       test.test_asyncio.test_ssl.T.test_lost
           not started
           again: cpython-awslc test --tests test_asyncio --match test.test_asyncio.test_ssl.T.test_lost
UNRESOLVED test_smtpnet
           SIGSEGV
           again: cpython-awslc test --tests test_smtpnet

note: No roster for CPython 3.14.6
`);
  });

  it('says of when a recorded result is, and that nothing was judged', () => {
    expect(formatVerdicts(makeReport([passed], { recorded: true }), plain)).toContain(
      'result of 2026-11-24T10:00:00Z, not run again: --rerun runs it',
    );
    expect(formatVerdicts(makeReport([], { notes: ['No roster'] }), plain)).toBe(
      'Nothing was judged (1 min 1 s)\n\nnote: No roster\n',
    );
  });

  it('draws many lost cases of a file as one', () => {
    const lost = Array.from({ length: 6 }, (_, index): Verdict => ({
      id: `test.a.B.t${index}`,
      file: 'test_a',
      verdict: 'LOST',
      reason: 'gone',
    }));
    const text = formatVerdicts(makeReport(lost), { ...plain, command: 'cpython-awslc test --python 3.13.5' });
    expect(text).toContain(
      'LOST       6 cases of test_a: test.a.B.t0, test.a.B.t1, test.a.B.t2, ...\n           gone\n',
    );
    expect(text).toContain('again: cpython-awslc test --python 3.13.5 --tests test_a\n');
    expect(groupUnexpected(lost.slice(0, 4))).toHaveLength(4);
  });

  it('uses colours only when told, and never lets a test write to the terminal', () => {
    const evil: Verdict = { ...passed, verdict: 'FAIL', reason: 'a\u001b]0;title\u0007b\u001b[2Jc\u009bd\re' };

    const nonPlain = /[^\n\u0020-\u007e]/;
    expect(formatVerdicts(makeReport([...oneOfEach, evil]), plain)).not.toMatch(nonPlain);
    const colored = formatVerdicts(makeReport([evil]), { color: true });
    expect(colored).toContain('\u001b[31m');
    expect(colored).toContain('abcde');
  });

  it('tells what changed against a baseline', () => {
    const now: Verdict[] = [
      { ...passed, verdict: 'FAIL', reason: 'boom' },
      { ...passed, id: 'test.test_ssl.A.test_b' },
    ];
    const then: Verdict[] = [passed, { ...passed, id: 'test.test_ssl.A.test_b', verdict: 'FAIL' }];
    const text = formatVerdicts(makeReport(now, {}, then), plain);
    expect(text).toContain(
      '1 verdict worse than in run r1; 1 better, 0 otherwise as expected, 0 new, 0 gone, 0 the same (0 of them unexpected)\n  PASS -> FAIL  test.test_ssl.A.test_a: boom\n',
    );
    expect(formatVerdicts(makeReport(then, {}, then), plain)).toContain('Nothing worse than in run r1; 0 better');
  });
});

it('quotes what a shell would take apart', () => {
  expect(rerunCommand('t', 'test_a', "a.B.it's $x")).toBe("t --tests test_a --match 'a.B.it'\\''s'");
  expect(rerunCommand('t', 'test_a', 'a.B.c<locals>')).toBe("t --tests test_a --match 'a.B.c<locals>'");
});

it('writes JSON that the schema reads back', () => {
  const report = makeReport(oneOfEach, {}, oneOfEach);
  expect(verdictReportSchema.parse(JSON.parse(formatVerdictJson(report)))).toEqual(report);
});
