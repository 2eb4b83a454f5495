// Numbers of two ways, and what may be said of them.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/**
 * How many times faster `ours` is than `base`: the ratio of medians, with the least and the most that the samples allow.
 * `said` is what the spread permits: a difference only when the slowest of one is faster than the fastest of the other.
 */
export const compareWalls = (base, ours) => {
  const a = base.map(({ wallSeconds }) => wallSeconds);
  const b = ours.map(({ wallSeconds }) => wallSeconds);
  const low = Math.min(...a) / Math.max(...b);
  const high = Math.max(...a) / Math.min(...b);
  const single = a.length < 2 || b.length < 2;
  const said = single ? 'one run: no spread' : low > 1 ? 'faster' : high < 1 ? 'slower' : 'not told apart';
  return { median: median(a) / median(b), low, high, said };
};

/**
 * Holds a part against what design.md asks: `met` and `missed` only when all samples agree, `not sure` when they do not.
 * Of a single run it is said that it was one.
 */
export const judgeTarget = (target, ratio, ours) => {
  if (target === undefined) return undefined;
  const walls = ours.map(({ wallSeconds }) => wallSeconds);
  const [never, always] =
    'atLeast' in target
      ? [ratio.high < target.atLeast, ratio.low >= target.atLeast]
      : [Math.min(...walls) >= target.belowSeconds, Math.max(...walls) < target.belowSeconds];
  const judgement = always ? 'met' : never ? 'missed' : 'not sure';
  return ratio.low === ratio.high ? `${judgement} once` : judgement;
};
