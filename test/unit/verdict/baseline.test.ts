import { describe, expect, it } from 'vitest';
import type { Verdict, VerdictName } from '../../../src/model/verdict.ts';
import { compareWithBaseline, selectRegressions } from '../../../src/verdict/baseline.ts';

const one = (verdict: VerdictName, id = 'test.x.A.test_a', reason?: string): Verdict => ({
  id,
  file: 'test_x',
  verdict,
  ...(reason === undefined ? {} : { reason }),
});

describe('compareWithBaseline', () => {
  it.each<[VerdictName, VerdictName, 'worse' | 'better' | 'changed' | 'same']>([
    ['PASS', 'PASS', 'same'],
    ['PASS', 'FAIL', 'worse'],
    ['XFAIL', 'FAIL', 'worse'],
    ['PASS', 'LOST', 'worse'],
    ['SKIP', 'NEWSKIP', 'worse'],
    ['XFAIL', 'XPASS', 'worse'],
    ['FLAKY', 'FAIL', 'worse'],
    ['FAIL', 'UNRESOLVED', 'worse'],
    ['FAIL', 'FLAKY', 'better'],
    ['FAIL', 'PASS', 'better'],
    ['LOST', 'SKIP', 'better'],
    ['FAIL', 'FAIL', 'same'],
    ['PASS', 'SKIP', 'changed'],
    ['XFAIL', 'PASS', 'changed'],
  ])('%s, then %s: %s', (from, to, kind) => {
    const comparison = compareWithBaseline([one(to)], [one(from)]);
    const counts = {
      worse: comparison.worse.length,
      better: comparison.better.length,
      changed: comparison.changed.length,
      same: comparison.same,
    };
    expect(counts).toEqual({ worse: 0, better: 0, changed: 0, same: 0, [kind]: 1 });
    expect(selectRegressions(comparison)).toHaveLength(kind === 'worse' ? 1 : 0);
  });

  it('sees another failure behind the same verdict, but no difference in ports and addresses', () => {
    const id = 'test.x.A.test_a';
    const told = (reason: string): Verdict[] => [one('FAIL', id, reason)];
    expect(compareWithBaseline(told('OSError: x'), told('KeyError: y')).worse).toEqual([
      { id, file: 'test_x', from: 'FAIL', to: 'FAIL', reason: 'OSError: x' },
    ]);
    const same = compareWithBaseline(told("('::1', 40001) 0x7fa1"), told("('::1', 50001) 0x7fb2"));
    expect(same).toMatchObject({ worse: [], same: 1, sameUnexpected: 1 });
  });

  it('fails on what is new and unexpected, and only counts what is gone', () => {
    const comparison = compareWithBaseline(
      [one('PASS', 'n.A.ok'), one('FAIL', 'n.A.bad')],
      [one('PASS', 'o.A.gone'), one('FAIL', 'o.A.gone_too')],
    );
    expect(comparison.new.map(({ id }) => id)).toEqual(['n.A.bad', 'n.A.ok']);
    expect(comparison.gone).toEqual([
      { id: 'o.A.gone', file: 'test_x', from: 'PASS' },
      { id: 'o.A.gone_too', file: 'test_x', from: 'FAIL' },
    ]);
    expect(selectRegressions(comparison)).toEqual([{ id: 'n.A.bad', file: 'test_x', to: 'FAIL' }]);
  });

  it('compares a subtest with its case, which had the verdict before', () => {
    const toWorse = compareWithBaseline([one('FAIL', 'x.A.t (i=1)')], [one('PASS', 'x.A.t')]);
    expect(toWorse).toMatchObject({ worse: [{ id: 'x.A.t (i=1)', from: 'PASS', to: 'FAIL' }], new: [], gone: [] });
    const toBetter = compareWithBaseline(
      [one('PASS', 'x.A.t')],
      [one('XFAIL', 'x.A.t (i=1)'), one('FAIL', 'x.A.t (i=2)')],
    );
    expect(toBetter).toMatchObject({ better: [{ id: 'x.A.t', from: 'FAIL', to: 'PASS' }], new: [], gone: [] });
  });

  it('tells equal ids of two files apart', () => {
    const elsewhere: Verdict = { ...one('FAIL'), file: 'test_y' };
    expect(compareWithBaseline([one('FAIL')], [elsewhere])).toMatchObject({
      new: [{ file: 'test_x' }],
      gone: [{ file: 'test_y' }],
    });
  });
});
