/** A version split into numbers and a pre-release mark: `3.15.0rc1` comes before `3.15.0`. */
const split = (version: string): { numbers: number[]; pre: string } => {
  const match = /^(?:fips-)?(\d+(?:\.\d+)*)([a-z].*)?$/.exec(version);
  return {
    numbers: (match?.[1] ?? '').split('.').map(Number),
    // `~` sorts after every letter, so that a release comes after its pre-releases.
    pre: match?.[2] ?? '~',
  };
};

/** Orders versions by number, pre-releases (`a1`, `b2`, `rc1`) before their release; a `fips-` mark does not count. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [split(a), split(b)];
  for (let index = 0; index < Math.max(left.numbers.length, right.numbers.length); index += 1) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const number = (pre: string): number => Number(/\d+$/.exec(pre)?.[0] ?? 0);
  const letters = (pre: string): string => pre.replace(/\d+$/, '');
  if (letters(left.pre) !== letters(right.pre)) return letters(left.pre) < letters(right.pre) ? -1 : 1;
  return number(left.pre) - number(right.pre);
};

/** Whether `version` is `prefix` or begins with it at a number's end: 3.14.6 is of 3.14, 3.140.1 is not. */
export const isOfVersion = (version: string, prefix: string): boolean =>
  version === prefix || version.startsWith(`${prefix}.`);
