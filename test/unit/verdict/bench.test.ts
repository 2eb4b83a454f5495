import { describe, expect, it } from 'vitest';
import { compareTurns, judgeBench, quantile } from '../../../src/verdict/bench.ts';

const turns = (count: number, ns: (turn: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, turn) => ns(turn));
const verdictOf = (samples: readonly number[], others: readonly number[]): string =>
  compareTurns('a', samples, 'b', others).verdict;

describe('quantile', () => {
  it('lies between two samples by their distance, whatever their order', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 0, 20], 0.25)).toBe(5);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('compareTurns', () => {
  it('is how many times as much is done in the same time', () => {
    expect(
      compareTurns(
        'a',
        turns(15, () => 50),
        'b',
        turns(15, () => 100),
      ),
    ).toEqual({ subject: 'a', against: 'b', ratio: 2, low: 2, high: 2, verdict: 'faster' });
    expect(
      verdictOf(
        turns(15, () => 100),
        turns(15, () => 50),
      ),
    ).toBe('slower');
  });

  it('takes each turn by itself: what slows both down for a while makes no spread', () => {
    const slow = (turn: number): number => (turn < 7 ? 1 : 10);
    expect(
      compareTurns(
        'a',
        turns(15, (turn) => 100 * slow(turn)),
        'b',
        turns(15, (turn) => 110 * slow(turn)),
      ),
    ).toMatchObject({ ratio: 1.1, low: 1.1, high: 1.1, verdict: 'faster' });
  });

  it('separates nothing when two of ten turns say otherwise, or the difference is below 2 %, however steady', () => {
    const mixed = turns(15, (turn) => (turn % 4 === 0 ? 130 : 100));
    expect(
      verdictOf(
        mixed,
        turns(15, () => 120),
      ),
    ).toBe('not separated');
    expect(
      verdictOf(
        turns(15, () => 100),
        turns(15, () => 101.5),
      ),
    ).toBe('not separated');
    expect(
      verdictOf(
        turns(15, () => 100),
        turns(15, () => 102.5),
      ),
    ).toBe('faster');
  });

  it('separates nothing by fewer than five turns', () => {
    expect(
      verdictOf(
        turns(4, () => 1),
        turns(4, () => 100),
      ),
    ).toBe('not separated');
  });
});

describe('judgeBench', () => {
  it('has no ratio where one of a pair cannot do it, and says why; median and spread of the other stay', () => {
    const [row] = judgeBench(
      {
        cases: [
          {
            id: 'x',
            group: 'TLS',
            title: 'x',
            bytes: 0,
            samplesNs: { b: [90, 100, 110, 100, 100] },
            counters: {},
            unavailable: { a: 'no such group' },
          },
        ],
      },
      [['a', 'b']],
    );
    expect(row).toMatchObject({
      ratios: [],
      unavailable: { a: 'no such group' },
      measured: [{ subject: 'b', medianNs: 100, spread: 0 }],
    });
  });
});
