import type { VerdictName } from '../model/verdict.ts';

/** What a verdict means, in a few words for who does not know the name. */
export const verdictMeanings: Readonly<Record<VerdictName, string>> = {
  PASS: 'passed',
  SKIP: 'skipped because of the machine or the run',
  XFAIL: 'failed, as the manifest says',
  XSKIP: 'skipped, as the manifest says',
  XFLAKY: 'known to be flaky',
  COMMON: 'failed alike on the twin',
  FLAKY: 'failed, then passed alone',
  FAIL: 'failed',
  XPASS: 'passed, against the manifest',
  NEWSKIP: 'skipped for no known reason',
  LOST: 'never started',
  UNRESOLVED: 'never ended',
};
