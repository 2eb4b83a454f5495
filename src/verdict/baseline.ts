import { compareCodeUnits } from '../model/json.ts';
import {
  caseIdOf,
  isExpected,
  type BaselineComparison,
  type Verdict,
  type VerdictChange,
  type VerdictName,
} from '../model/verdict.ts';
import { caseKey } from './observe.ts';
import { normalizeMessage } from './texts.ts';

/** How bad an unexpected verdict is: less known, or less run, is worse. Expected ones are 0. */
const badness: Readonly<Record<VerdictName, number>> = {
  PASS: 0,
  SKIP: 0,
  XFAIL: 0,
  XSKIP: 0,
  XFLAKY: 0,
  XPASS: 1,
  FLAKY: 2,
  NEWSKIP: 3,
  COMMON: 4,
  FAIL: 5,
  UNRESOLVED: 6,
  LOST: 7,
};

const keyOf = ({ file, id }: { readonly file: string; readonly id: string }): string => caseKey(file, id);
const caseKeyOf = ({ file, id }: { readonly file: string; readonly id: string }): string => caseKey(file, caseIdOf(id));

const worstOf = (verdicts: readonly Verdict[]): Verdict | undefined =>
  [...verdicts].sort((a, b) => badness[b.verdict] - badness[a.verdict])[0];

const groupByCase = (verdicts: readonly Verdict[]): ReadonlyMap<string, readonly Verdict[]> => {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const key = caseKeyOf(verdict);
    groups.set(key, [...(groups.get(key) ?? []), verdict]);
  }
  return groups;
};

const isSameTrouble = (a: Verdict, b: Verdict): boolean =>
  a.verdict === b.verdict && normalizeMessage(a.reason ?? '') === normalizeMessage(b.reason ?? '');

const describeChange = (now: Verdict, then: Verdict | undefined): VerdictChange => ({
  id: now.id,
  file: now.file,
  ...(then === undefined ? {} : { from: then.verdict }),
  to: now.verdict,
  ...(now.reason === undefined ? {} : { reason: now.reason }),
});

const order = (a: { file: string; id: string }, b: { file: string; id: string }): number =>
  compareCodeUnits(a.file, b.file) || compareCodeUnits(a.id, b.id);

/**
 * Compares with an earlier run's verdicts. A subtest that has no verdict in the baseline is compared with its case's worst
 * one: subtests have verdicts only when they fail or skip. The same verdict for another reason is a change for the worse
 * when it is unexpected: one failure must not hide another.
 */
export const compareWithBaseline = (current: readonly Verdict[], baseline: readonly Verdict[]): BaselineComparison => {
  const before = new Map(baseline.map((verdict) => [keyOf(verdict), verdict]));
  const casesBefore = groupByCase(baseline);
  const casesNow = groupByCase(current);
  const worse: VerdictChange[] = [];
  const better: VerdictChange[] = [];
  const changed: VerdictChange[] = [];
  const added: VerdictChange[] = [];
  let same = 0;
  let sameUnexpected = 0;

  for (const now of current) {
    const then = before.get(keyOf(now)) ?? worstOf(casesBefore.get(caseKeyOf(now)) ?? []);
    const change = describeChange(now, then);
    if (then === undefined) added.push(change);
    else if (isExpected(now.verdict) ? now.verdict === then.verdict : isSameTrouble(now, then)) {
      same += 1;
      if (!isExpected(now.verdict)) sameUnexpected += 1;
    } else if (isExpected(now.verdict)) (isExpected(then.verdict) ? changed : better).push(change);
    else (badness[now.verdict] >= badness[then.verdict] ? worse : better).push(change);
  }
  const isHere = new Set(current.map(keyOf));
  const gone = baseline
    .filter((then) => !isHere.has(keyOf(then)) && !casesNow.has(caseKeyOf(then)))
    .map(({ id, file, verdict }) => ({ id, file, from: verdict }));
  for (const list of [worse, better, changed, added, gone]) list.sort(order);
  return { worse, better, changed, new: added, gone, same, sameUnexpected };
};

/** What fails a run that is compared with a baseline: what got worse, and what is new and unexpected. */
export const selectRegressions = (comparison: BaselineComparison): readonly VerdictChange[] =>
  [...comparison.worse, ...comparison.new.filter((change) => !isExpected(change.to))].sort(order);
