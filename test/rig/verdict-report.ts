import type { Verdict, VerdictReport } from '../../src/model/verdict.ts';
import { compareWithBaseline } from '../../src/verdict/baseline.ts';
import { countVerdicts } from '../../src/verdict/counts.ts';
import { verdictFailure } from '../../src/verdict/summary.ts';
import { plainFacts } from './suite-runs.ts';

/** A report of given verdicts, as reports draw it. */
export const makeReport = (
  verdicts: readonly Verdict[],
  more: Partial<VerdictReport> = {},
  baseline?: readonly Verdict[],
): VerdictReport => ({
  version: 1,
  kind: 'verdicts',
  asExpected: verdictFailure({ verdicts }, { match: [] }) === undefined,
  cell: plainFacts.cell,
  environment: plainFacts.environment,
  selection: { preset: 'crypto', files: ['test_ssl'], match: [] },
  manifest: '3.14',
  roster: '3.14.6',
  ranAt: '2026-11-24T10:00:00Z',
  recorded: false,
  durationMs: 61_400,
  cases: verdicts.length,
  files: new Set(verdicts.map(({ file }) => file)).size,
  counts: countVerdicts(verdicts),
  verdicts: [...verdicts],
  entries: [],
  notes: [],
  ...(baseline === undefined ? {} : { baseline: { run: 'r1', comparison: compareWithBaseline(verdicts, baseline) } }),
  ...more,
});

/** One verdict of each name, in a file that has a subtest and a split package among them. */
export const oneOfEach: readonly Verdict[] = [
  { id: 'test.test_ssl.A.test_pass', file: 'test_ssl', verdict: 'PASS', durationMs: 1500 },
  {
    id: 'test.test_ssl.A.test_skip',
    file: 'test_ssl',
    verdict: 'SKIP',
    reason: 'about Windows',
    details: 'Windows only',
  },
  {
    id: 'test.test_ssl.A.test_xfail',
    file: 'test_ssl',
    verdict: 'XFAIL',
    reason: 'no <PSK> & "more"',
    details: 'Trace',
  },
  { id: 'test.test_ssl.A.test_xskip', file: 'test_ssl', verdict: 'XSKIP', reason: 'no PHA', details: 'PHA' },
  { id: 'test.test_ssl.A.test_xflaky', file: 'test_ssl', verdict: 'XFLAKY', reason: 'races' },
  { id: 'test.test_ssl.A.test_common', file: 'test_ssl', verdict: 'COMMON', reason: 'the same on the twin' },
  { id: 'test.test_ssl.A.test_flaky', file: 'test_ssl', verdict: 'FLAKY', reason: 'passed alone' },
  {
    id: "test.test_ssl.A.test_fail (name='a.b')",
    file: 'test_ssl',
    verdict: 'FAIL',
    reason: 'SSLError: \u001b[31mboom\u001b[0m \u0000\ud800\uffff ]]> caf\u00e9',
    details: 'Traceback <most recent call last>\n\u0007SSLError: boom & ``` more',
  },
  { id: 'test.test_ssl.A.test_xpass', file: 'test_ssl', verdict: 'XPASS', reason: 'passed' },
  { id: 'test.test_ssl.A.test_newskip', file: 'test_ssl', verdict: 'NEWSKIP', reason: 'no idea' },
  {
    id: 'test.test_asyncio.test_ssl.T.test_lost',
    file: 'test_asyncio.test_ssl',
    verdict: 'LOST',
    reason: 'not started',
  },
  { id: 'test_smtpnet', file: 'test_smtpnet', verdict: 'UNRESOLVED', reason: 'SIGSEGV' },
];
