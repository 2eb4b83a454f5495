import type { BenchCase, BenchRow, BenchSamples, Measured, Ratio } from '../model/bench.ts';

/** The value below which a part of the samples lies, between two samples by their distance. NaN of no samples. */
export const quantile = (samples: readonly number[], part: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
};

const median = (samples: readonly number[]): number => quantile(samples, 0.5);

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const measureSubject = (subject: string, samples: readonly number[]): Measured => {
  const middle = median(samples);
  return {
    subject,
    medianNs: round(middle, 1),
    spread: round((quantile(samples, 0.75) - quantile(samples, 0.25)) / 2 / middle, 3),
  };
};

/**
 * A smaller difference is not told, however steady it is: where code and data come to lie makes as much between two objects
 * of the same code.
 */
const leastDifference = 0.02;
/** Fewer turns than this separate nothing. */
const leastTurns = 5;

/**
 * How many times as much a subject does as another in the same time, turn by turn: what slows the machine down for a while
 * is in both samples of a turn. Faster or slower is said only when eight of ten turns show the least difference on the same
 * side: of equal subjects that comes about by chance less than once in 100 times with 15 turns.
 */
export const compareTurns = (
  subject: string,
  samples: readonly number[],
  against: string,
  others: readonly number[],
): Ratio => {
  const ratios = samples.flatMap((ns, turn) => {
    const other = others[turn];
    return other === undefined ? [] : [other / ns];
  });
  const [low, high] = [quantile(ratios, 0.1), quantile(ratios, 0.9)];
  const verdict =
    ratios.length < leastTurns
      ? 'not separated'
      : low > 1 + leastDifference
        ? 'faster'
        : high < 1 - leastDifference
          ? 'slower'
          : 'not separated';
  return { subject, against, ratio: round(median(ratios), 3), low: round(low, 3), high: round(high, 3), verdict };
};

const judgeCase = (
  { id, group, title, bytes, samplesNs, counters, unavailable }: BenchCase,
  pairs: readonly (readonly [subject: string, against: string])[],
): BenchRow => ({
  id,
  group,
  title,
  bytes,
  ratios: pairs.flatMap(([subject, against]) => {
    const [samples, others] = [samplesNs[subject], samplesNs[against]];
    return samples === undefined || others === undefined ? [] : [compareTurns(subject, samples, against, others)];
  }),
  measured: Object.entries(samplesNs).map(([subject, samples]) => measureSubject(subject, samples)),
  counters,
  unavailable,
});

/** Every case with its ratios: of each pair that both subjects can do. */
export const judgeBench = (
  { cases }: Pick<BenchSamples, 'cases'>,
  pairs: readonly (readonly [subject: string, against: string])[],
): readonly BenchRow[] => cases.map((one) => judgeCase(one, pairs));
