import { describe, expect, it } from 'vitest';
import { countSteps, decideNext, type SearchStep, type Standing } from '../../../src/plan/bisect.ts';

type End = Extract<SearchStep, { do: 'end' }>;

/** Searches to the end, with a world that changes at `change` and does not build at some places. */
const search = (
  count: number,
  change: number,
  skips: ReadonlySet<number>,
  known = new Map<number, Standing>(),
): { readonly end: End; readonly asked: readonly number[]; readonly told: readonly number[] } => {
  const asked: number[] = [];
  const told: number[] = [];
  for (;;) {
    const next = decideNext(count, known);
    if (next.do === 'end') return { end: next, asked, told };
    if (known.has(next.index)) throw new Error(`asked ${next.index} twice`);
    asked.push(next.index);
    told.push(next.stepsLeft);
    known.set(next.index, skips.has(next.index) ? 'skipped' : next.index < change ? 'same' : 'changed');
  }
};

/** Every set of places between the ends that do not build. */
const everySkips = (count: number): readonly ReadonlySet<number>[] =>
  Array.from(
    { length: 2 ** (count - 2) },
    (_, bits) =>
      new Set(Array.from({ length: count - 2 }, (__, place) => place + 1).filter((place) => (bits >> (place - 1)) & 1)),
  );

/** What can be known at best: between the last place before the change and the first one behind it that do build. */
const bestOf = (count: number, change: number, skips: ReadonlySet<number>): End => {
  let last = change - 1;
  while (skips.has(last)) last -= 1;
  let first = change;
  while (skips.has(first)) first += 1;
  const suspects = Array.from({ length: first - last }, (_, offset) => last + 1 + offset);
  return suspects.length === 1
    ? { do: 'end', outcome: 'found', last, first }
    : { do: 'end', outcome: 'ambiguous', last, first, suspects };
};

describe('decideNext', () => {
  it('finds every change among up to ten candidates, whichever of them do not build', () => {
    const wrong: string[] = [];
    for (let count = 2; count <= 10; count += 1) {
      for (const skips of everySkips(count)) {
        for (let change = 1; change < count; change += 1) {
          const found = JSON.stringify(search(count, change, skips).end);
          const best = JSON.stringify(bestOf(count, change, skips));
          if (found !== best) wrong.push(`${count} ${change} ${[...skips].join()}: ${found} is not ${best}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('asks no more than a search by halves where everything builds, and says how much is left', () => {
    for (const count of [2, 3, 4, 10, 38, 1000]) {
      for (let change = 1; change < count; change += count > 100 ? 37 : 1) {
        const { asked, told } = search(count, change, new Set());
        expect(asked.length).toBeLessThanOrEqual(countSteps(count - 2));
        for (const [index, left] of told.entries()) expect(asked.length - index).toBeLessThanOrEqual(left);
      }
    }
  });

  it('leaves a row of neighbours that do not build long before it has asked all of them', () => {
    // 40 of 200 in the middle, as between a change of CMake files and its repair.
    const row = new Set(Array.from({ length: 40 }, (_, offset) => 80 + offset));
    for (let change = 1; change < 200; change += change === 79 ? 42 : 1) {
      const { end, asked } = search(200, change, row);
      expect(end).toEqual({ do: 'end', outcome: 'found', last: change - 1, first: change });
      expect(asked.filter((index) => row.has(index)).length).toBeLessThanOrEqual(12);
    }
  });

  it('goes on from what is known, and asks nothing again', () => {
    const skips = new Set([4, 5, 9]);
    for (let change = 1; change < 16; change += 1) {
      const whole = search(16, change, skips);
      for (let done = 0; done <= whole.asked.length; done += 1) {
        const known = new Map<number, Standing>(
          whole.asked
            .slice(0, done)
            .map((index) => [index, skips.has(index) ? 'skipped' : index < change ? 'same' : 'changed']),
        );
        expect(search(16, change, skips, known)).toMatchObject({ end: whole.end, asked: whole.asked.slice(done) });
      }
    }
  });

  it('takes the first known change where answers go to and fro', () => {
    const known = new Map<number, Standing>([
      [3, 'same'],
      [4, 'changed'],
      [7, 'same'],
    ]);
    expect(decideNext(10, known)).toEqual({ do: 'end', outcome: 'found', last: 3, first: 4 });
  });

  it('has nothing to ask between neighbours', () => {
    expect(
      decideNext(
        2,
        new Map([
          [0, 'same'],
          [1, 'changed'],
        ]),
      ),
    ).toEqual({ do: 'end', outcome: 'found', last: 0, first: 1 });
  });

  it('names the skipped ones and the one behind them when all between the ends do not build', () => {
    const known = new Map<number, Standing>([
      [1, 'skipped'],
      [2, 'skipped'],
    ]);
    expect(decideNext(4, known)).toEqual({ do: 'end', outcome: 'ambiguous', last: 0, first: 3, suspects: [1, 2, 3] });
  });
});
