import type { CpuArchitecture, CpuBit, CpuMask } from '../model/cpu.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** For each word the bits of a list, as an unsigned number. */
const gatherBits = (bits: readonly CpuBit[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, word) =>
    bits.filter((bit) => bit.word === word).reduce((sum, { bit }) => (sum | (1 << bit)) >>> 0, 0),
  );

const hex = (word: number): string => word.toString(16).padStart(8, '0');

/**
 * The value of AWS-LC's variable that takes bits away: `~` and a number whose bits are cleared. On x86-64 one 64-bit
 * number for two words, the lower one first, two numbers with a colon (crypto/fipsmodule/cpucap/cpu_intel.c); on aarch64
 * one 32-bit number.
 */
const writeValue = (words: readonly number[]): string => {
  const [first] = words;
  if (words.length === 1 && first !== undefined) return `~0x${hex(first)}`;
  const pairs = Array.from({ length: words.length / 2 }, (_, index) => words.slice(2 * index, 2 * index + 2));
  return pairs.map(([low = 0, high = 0]) => `~0x${hex(high)}${hex(low)}`).join(':');
};

/**
 * What `--mask-cpu` asks for: masks by name, as the environment variable of the proof's and the suites' processes. Nothing
 * else than taking bits away is ever asked of AWS-LC: a bit that this CPU does not have is no error then.
 * Failures: `usage`, for each name that is not known.
 */
export const chooseMask = (
  asked: readonly string[],
  architecture: CpuArchitecture | undefined,
  arch: string,
): Result<CpuMask, readonly Failure[]> => {
  if (architecture === undefined) {
    return fail([{ code: 'usage', message: `--mask-cpu: what AWS-LC looks at on ${arch} is not known.` }]);
  }
  const known = new Map(architecture.masks.map((mask) => [mask.name, mask]));
  const names = [...new Set(asked)].sort();
  const chosen = names.flatMap((name) => known.get(name) ?? []);
  if (chosen.length < names.length) {
    return fail(
      names
        .filter((name) => !known.has(name))
        .map((name): Failure => ({
          code: 'usage',
          message: `--mask-cpu ${name}: not one of ${[...known.keys()].join(', ')}.`,
        })),
    );
  }
  const bitsOf = new Map(architecture.features.map((feature) => [feature.name, feature.bits]));
  const bits = chosen.flatMap((mask) => [
    ...mask.features.flatMap((feature) => bitsOf.get(feature) ?? []),
    ...(mask.bits ?? []),
  ]);
  const words = gatherBits(bits, architecture.words);
  return ok({ names, variable: architecture.environment, value: writeValue(words), words: [...words] });
};

/**
 * The mask of all cells of a plan, by the rules of the machine that runs them; nothing when none is asked for. Failures:
 * `usage`, also when the cells run on machines of several architectures, whose features have other names.
 */
export const chooseCellMask = (
  asked: readonly string[],
  archs: readonly string[],
  architectures: readonly CpuArchitecture[],
): Result<CpuMask | undefined, readonly Failure[]> => {
  if (asked.length === 0) return ok(undefined);
  const [arch = '', ...more] = [...new Set(archs)].sort();
  if (more.length > 0) {
    return fail([
      {
        code: 'usage',
        message: `--mask-cpu: the cells are for ${[arch, ...more].join(' and ')}, whose features have other names.`,
        next: 'Ask for targets of one architecture.',
      },
    ]);
  }
  return chooseMask(
    asked,
    architectures.find((architecture) => architecture.arch === arch),
    arch,
  );
};

/** The variables that a masked process gets. */
export const maskEnvironment = (mask: CpuMask | undefined): Readonly<Record<string, string>> =>
  mask === undefined ? {} : { [mask.variable]: mask.value };
