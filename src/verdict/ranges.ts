import { fail, ok, type Result } from '../model/result.ts';
import { compareParsedVersions, parseVersion, type ParsedVersion } from '../model/version.ts';

interface Bound {
  readonly version: ParsedVersion;
  readonly inclusive: boolean;
}

/** All versions of one sequence between two bounds; an absent bound is open. */
interface Interval {
  readonly sequence: ParsedVersion['sequence'];
  readonly low?: Bound;
  readonly high?: Bound;
}

/** A version range: the union of its intervals. */
export type VersionRange = readonly Interval[];

const comparatorPattern = /^(>=|<=|>|<|=)?\s*(\S+)$/;

const higherLow = (a: Bound | undefined, b: Bound | undefined): Bound | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compareParsedVersions(a.version, b.version);
  if (order === 0) return { version: a.version, inclusive: a.inclusive && b.inclusive };
  return order > 0 ? a : b;
};

const lowerHigh = (a: Bound | undefined, b: Bound | undefined): Bound | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compareParsedVersions(a.version, b.version);
  if (order === 0) return { version: a.version, inclusive: a.inclusive && b.inclusive };
  return order < 0 ? a : b;
};

const intersect = (a: Interval, b: Interval): Interval | undefined => {
  if (a.sequence !== b.sequence) return undefined;
  const low = higherLow(a.low, b.low);
  const high = lowerHigh(a.high, b.high);
  if (low !== undefined && high !== undefined) {
    const order = compareParsedVersions(low.version, high.version);
    if (order > 0 || (order === 0 && !(low.inclusive && high.inclusive))) return undefined;
  }
  return {
    sequence: a.sequence,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
};

const parseComparator = (text: string): Result<Interval, string> => {
  const [, operator = '=', version = ''] = comparatorPattern.exec(text) ?? [];
  const parsed = parseVersion(version);
  if (parsed === undefined) return fail(`${JSON.stringify(text)} is not a comparison with a version, as >=3.14.0`);
  const { sequence } = parsed;
  switch (operator) {
    case '>=':
      return ok({ sequence, low: { version: parsed, inclusive: true } });
    case '>':
      return ok({ sequence, low: { version: parsed, inclusive: false } });
    case '<=':
      return ok({ sequence, high: { version: parsed, inclusive: true } });
    case '<':
      return ok({ sequence, high: { version: parsed, inclusive: false } });
    default:
      return ok({
        sequence,
        low: { version: parsed, inclusive: true },
        high: { version: parsed, inclusive: true },
      });
  }
};

const parseAlternative = (text: string): Result<Interval | undefined, string> => {
  const comparators = text
    .replace(/([<>=])\s+/g, '$1')
    .split(/\s+/)
    .filter((part) => part !== '');
  if (comparators.length === 0) return fail('a range, or a part of it between ||, is empty');
  let interval: Interval | undefined;
  for (const [index, comparator] of comparators.entries()) {
    const parsed = parseComparator(comparator);
    if (!parsed.ok) return parsed;
    if (index === 0) interval = parsed.value;
    else if (interval !== undefined) interval = intersect(interval, parsed.value);
  }
  return ok(interval);
};

/**
 * Reads a version range: comparisons (`>= > <= < =`, none means `=`) that all hold, alternatives between `||`:
 * `">=3.14.0 <3.14.8"`, `">=5.0.0 || >=fips-4.0.0"`. A prerelease is simply older than its release: `<3.15.0` holds for
 * 3.15.0rc1. Fails with a sentence when it cannot be read or no version can satisfy it.
 */
export const parseRange = (text: string): Result<VersionRange, string> => {
  const intervals: Interval[] = [];
  for (const alternative of text.split('||')) {
    const parsed = parseAlternative(alternative);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) intervals.push(parsed.value);
  }
  return intervals.length === 0 ? fail(`no version satisfies ${JSON.stringify(text)}`) : ok(intervals);
};

/** Whether some version is in both ranges. */
export const rangesOverlap = (a: VersionRange, b: VersionRange): boolean =>
  a.some((one) => b.some((other) => intersect(one, other) !== undefined));

/** Whether a version is in a range; a version or range that cannot be read is in none. */
export const isInRange = (version: string, range: string): boolean => {
  const point = parseComparator(version);
  const parsed = parseRange(range);
  return point.ok && parsed.ok && rangesOverlap([point.value], parsed.value);
};
