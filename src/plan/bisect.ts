/** What is known of a candidate: it answers as the first one does, otherwise, or it could not be asked. */
export type Standing = 'same' | 'changed' | 'skipped';

/** What a search does next. Candidates are named by their places, the first one being 0. */
export type SearchStep =
  | {
      readonly do: 'ask';
      readonly index: number;
      /** Candidates that may still be asked. */
      readonly open: number;
      /** How many of them must be asked if none has to be skipped. */
      readonly stepsLeft: number;
    }
  /** `first` is the first that answers otherwise, `last` its neighbour, the last that answers as before. */
  | { readonly do: 'end'; readonly outcome: 'found'; readonly last: number; readonly first: number }
  /** Of `suspects`, in order, one is the first that answers otherwise: all but the last of them were skipped. */
  | {
      readonly do: 'end';
      readonly outcome: 'ambiguous';
      readonly last: number;
      readonly first: number;
      readonly suspects: readonly number[];
    };

/** How many questions it takes at most to find one place among `open` candidates and the one behind them. */
export const countSteps = (open: number): number => Math.ceil(Math.log2(open + 1));

/**
 * The candidate to ask: the one in the middle, but at a distance from what was skipped, since what does not build is mostly a
 * row of neighbours. A place between two such promises less than one beside them, so that the ends of the row are found first.
 */
const chooseCandidate = (
  open: readonly number[],
  low: number,
  high: number,
  skipped: readonly number[],
): number | undefined => {
  const isBetween = (index: number): boolean =>
    skipped.some((other) => other < index) && skipped.some((other) => other > index);
  const gain = (index: number): number => {
    const nearest = Math.min(...skipped.map((other) => Math.abs(index - other)));
    return Math.min(index - low, high - index, (isBetween(index) ? 1 / 2 : 2) * nearest);
  };
  let best: number | undefined;
  // Of two that are as good the first is taken, so that the same answers always lead to the same question.
  for (const index of open) if (best === undefined || gain(index) > gain(best)) best = index;
  return best;
};

/**
 * Chooses the next candidate of a search for the first that answers otherwise than candidate 0, given all that is known.
 * The ends need not be told: 0 is the `same`, the last one `changed`. Only what is known counts, not the order in which it
 * became known, so that a search goes on where it was. Where answers go to and fro, the first known change is looked for.
 */
export const decideNext = (count: number, known: ReadonlyMap<number, Standing>): SearchStep => {
  const isInside = (index: number): boolean => index > 0 && index < count - 1;
  const placesOf = (standing: Standing): readonly number[] =>
    [...known].flatMap(([index, is]) => (is === standing && isInside(index) ? [index] : []));
  const high = Math.min(count - 1, ...placesOf('changed'));
  const low = Math.max(0, ...placesOf('same').filter((index) => index < high));
  const between = Array.from({ length: high - low - 1 }, (_, offset) => low + 1 + offset);
  const skipped = between.filter((index) => known.get(index) === 'skipped');
  const open = between.filter((index) => known.get(index) === undefined);
  const index = chooseCandidate(open, low, high, skipped);
  if (index !== undefined) {
    return { do: 'ask', index, open: open.length, stepsLeft: countSteps(open.length) };
  }
  return skipped.length === 0
    ? { do: 'end', outcome: 'found', last: low, first: high }
    : { do: 'end', outcome: 'ambiguous', last: low, first: high, suspects: [...skipped, high] };
};
