/**
 * A CPython or AWS-LC version in comparable form. `sequence` tells AWS-LC's FIPS releases (`fips-4.2.0`) from its main
 * line: their numbers come from different branches.
 */
export interface ParsedVersion {
  readonly sequence: 'main' | 'fips';
  readonly numbers: readonly number[];
  /** `a1`, `b2`, `rc1` as letters and number; a final release has `~`, which sorts after every letter. */
  readonly prerelease: readonly [letters: string, number: number];
  /** A tree after this version and before the next, as CPython's patchlevel.h says it: `3.16.0a2+`. */
  readonly isAfter: boolean;
}

const finalRelease = ['~', 0] as const;

/** Splits what looks like a version: numbers and dots, then anything that begins with a letter. */
const split = (text: string): ParsedVersion | undefined => {
  const [, fips, numbers, letters, rest = '', after] =
    /^(fips-)?(\d+(?:\.\d+)*)(?:([a-z]+)(.*?))?(\+)?$/.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return {
    sequence: fips === undefined ? 'main' : 'fips',
    numbers: numbers.split('.').map(Number),
    prerelease: letters === undefined ? finalRelease : [letters, Number(/^\d+/.exec(rest)?.[0] ?? 0)],
    isAfter: after !== undefined,
  };
};

/** Reads `3.14.6`, `3.15.0rc1`, `3.16.0a2+`, `5.12`, `fips-4.2.0`; anything else (a `path:` source's id) is undefined. */
export const parseVersion = (text: string): ParsedVersion | undefined =>
  /^(fips-)?\d+(\.\d+)*((a|b|rc)\d+)?\+?$/.test(text) ? split(text) : undefined;

const compareOrder = (a: ParsedVersion, b: ParsedVersion): number => {
  for (let index = 0; index < Math.max(a.numbers.length, b.numbers.length); index += 1) {
    const difference = (a.numbers[index] ?? 0) - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const [[aLetters, aNumber], [bLetters, bNumber]] = [a.prerelease, b.prerelease];
  if (aLetters !== bLetters) return aLetters < bLetters ? -1 : 1;
  return aNumber - bNumber || Number(a.isAfter) - Number(b.isAfter);
};

/**
 * Negative, zero or positive, as `a` is older than, equal to or newer than `b` of the same sequence; FIPS releases come
 * before all of the main line. `3.14` equals `3.14.0`; `3.15.0rc1` is older than `3.15.0`, and
 * that is older than `3.15.0+`.
 */
export const compareParsedVersions = (a: ParsedVersion, b: ParsedVersion): number =>
  a.sequence === b.sequence ? compareOrder(a, b) : a.sequence === 'fips' ? -1 : 1;

const nothing: ParsedVersion = { sequence: 'main', numbers: [0], prerelease: finalRelease, isAfter: false };

/**
 * Orders version texts by number, pre-releases (`a1`, `b2`, `rc1`) before their release; a `fips-` mark does not count, and
 * what is no version comes first.
 */
export const compareVersions = (a: string, b: string): number => compareOrder(split(a) ?? nothing, split(b) ?? nothing);

/** Whether a version lies between two others, both included; without a last one, whether it is not older than the first. */
export const isWithin = (
  version: string,
  { first, last }: { readonly first: string; readonly last?: string | undefined },
): boolean => compareVersions(version, first) >= 0 && (last === undefined || compareVersions(version, last) <= 0);

/** Whether `version` is `prefix` or begins with it at a number's end: 3.14.6 is of 3.14, 3.140.1 is not. */
export const isOfVersion = (version: string, prefix: string): boolean =>
  version === prefix || version.startsWith(`${prefix}.`);

/** Orders versions of every line of AWS-LC: FIPS releases first, then by number. */
export const compareReleases = (a: string, b: string): number => {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left === undefined || right === undefined ? compareVersions(a, b) : compareParsedVersions(left, right);
};
