import { resolve } from 'node:path';
import { lineSchema, type Line } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import { linkSchema, optimizationSchema, presetSchema, type Axes } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { findCipherProblem } from '../recipe/cipher.ts';
import { isLooseSource } from '../recipe/resolve.ts';
import { quoteWord } from '../report/text.ts';
import type { Selection } from '../run/prepare.ts';
import type { Mirror } from '../steps/context.ts';
import type { CacheOptions } from './cache-options.ts';

/** Options of every command that takes a selection, as commander gives them. */
export interface SelectionOptions extends CacheOptions {
  readonly recipe?: string;
  readonly python?: readonly string[];
  readonly awslc?: readonly string[];
  /** A FIPS build: of a line by its year, or of the newest version that a certificate names. */
  readonly fips?: string | boolean;
  readonly target?: readonly string[];
  readonly link?: readonly string[];
  readonly optimization?: readonly string[];
  readonly cipherString?: readonly string[];
  readonly preset?: string;
  readonly tests?: readonly string[];
  readonly match?: readonly string[];
  readonly tryPatches?: boolean;
  readonly clean?: boolean;
  readonly openssl?: string;
  readonly sysroot?: string;
  readonly emulate?: boolean;
  /** Features of the CPU that proof and suites do without. */
  readonly maskCpu?: readonly string[];
  readonly mirror?: readonly string[];
  readonly catalogue?: string;
  readonly jobs?: string;
  readonly store?: string;
}

/** Values of an option that must each be one of a schema's words. */
const oneOf = <T extends string>(
  option: string,
  values: readonly string[] | undefined,
  allowed: readonly T[],
  failures: Failure[],
): T[] | undefined => {
  if (values === undefined) return undefined;
  const isAllowed = (value: string): value is T => (allowed as readonly string[]).includes(value);
  for (const value of values.filter((candidate) => !isAllowed(candidate))) {
    failures.push({ code: 'usage', message: `--${option} ${value}: not one of ${allowed.join(', ')}.` });
  }
  return values.filter(isAllowed);
};

/** Makes `path:DIR` absolute: relative to where the command was typed, not to where anything runs. */
const absolutePath =
  (cwd: string) =>
  (asked: string): string =>
    asked.startsWith('path:') ? `path:${resolve(cwd, asked.slice('path:'.length))}` : asked;

/** What `--fips` asks for: which AWS-LC, or that the loose sources are built as FIPS modules of a line. */
interface FipsRequest {
  readonly awslc?: readonly string[];
  readonly looseFips?: Line;
}

/** `--fips` names an AWS-LC by itself; beside `--awslc` it says that a `path:` or `git:` source is built as a FIPS module. */
const parseFips = ({ fips, awslc }: SelectionOptions): Result<FipsRequest, readonly Failure[]> => {
  if (fips === undefined || fips === false) return ok({});
  const lines = lineSchema.options.filter((line) => line !== 'main');
  const line = fips === true ? undefined : lines.find((candidate) => candidate === `fips-${fips}`);
  if (fips !== true && line === undefined) {
    const years = lines.map((candidate) => candidate.slice('fips-'.length)).join(', ');
    return fail([
      { code: 'usage', message: `--fips ${fips}: not one of ${years}.`, next: 'Or --awslc fips-3.1.0, a version.' },
    ]);
  }
  if (awslc === undefined) return ok({ awslc: [line ?? 'fips'] });
  const named = awslc.filter((asked) => !isLooseSource(asked));
  if (named.length > 0) {
    const next = 'A version says by its name whether it is a FIPS one, as fips-4.2.0; --fips is for path: and git:.';
    return fail([{ code: 'usage', message: `--fips with --awslc ${named.join(', ')}: one of them decides.`, next }]);
  }
  return ok({ looseFips: line ?? 'main' });
};

/** Turns the command line's options into a selection, or says everything that is wrong with them. */
export const parseSelection = (options: SelectionOptions, cwd: string): Result<Selection, readonly Failure[]> => {
  const failures: Failure[] = [];
  const link = oneOf('link', options.link, linkSchema.options, failures);
  const optimization = oneOf('optimization', options.optimization, optimizationSchema.options, failures);
  const preset = oneOf(
    'preset',
    options.preset === undefined ? undefined : [options.preset],
    presetSchema.options,
    failures,
  )?.[0];
  for (const cipherString of options.cipherString ?? []) {
    const problem = findCipherProblem(cipherString);
    if (problem !== undefined) {
      failures.push({ code: 'usage', message: `--cipher-string ${cipherString}: ${problem}.` });
    }
  }
  for (const option of ['python', 'awslc'] as const) {
    for (const asked of options[option] ?? []) {
      if (!/^(?:|path:|git:)$/.test(asked)) continue;
      const next = 'It takes a version, path:DIR or git:URL#REF.';
      failures.push({ code: 'usage', message: `--${option} '${asked}': names nothing.`, next });
    }
  }
  if (preset !== undefined && (options.tests ?? []).length > 0) {
    failures.push({ code: 'usage', message: '--preset and --tests both say what to run.', next: 'Give one of them.' });
  }
  const fips = parseFips(options);
  if (!fips.ok) failures.push(...fips.error);
  if (options.openssl !== undefined && !/^path:./.test(options.openssl)) {
    const next = 'It takes path:DIR, the prefix that an OpenSSL was installed to.';
    failures.push({ code: 'usage', message: `--openssl '${options.openssl}': names no directory.`, next });
  }
  if (!fips.ok || failures.length > 0) return fail(failures);
  const awslc = fips.value.awslc ?? options.awslc;
  const axes: Partial<Axes> = {
    ...(options.python === undefined ? {} : { python: options.python.map(absolutePath(cwd)) }),
    ...(awslc === undefined ? {} : { awslc: awslc.map(absolutePath(cwd)) }),
    ...(options.target === undefined ? {} : { target: [...options.target] }),
    ...(link === undefined ? {} : { link }),
    ...(optimization === undefined ? {} : { optimization }),
    ...(options.cipherString === undefined ? {} : { cipherString: [...options.cipherString] }),
  };
  return ok({
    recipe: options.recipe ?? 'default',
    axes,
    ...(preset === undefined ? {} : { preset }),
    tests: options.tests ?? [],
    match: options.match ?? [],
    tryPatches: options.tryPatches === true,
    clean: options.clean === true,
    ...(fips.value.looseFips === undefined ? {} : { looseFips: fips.value.looseFips }),
    ...(options.maskCpu === undefined ? {} : { maskCpu: options.maskCpu }),
    ...(options.openssl === undefined ? {} : { openssl: absolutePath(cwd)(options.openssl) }),
    ...(options.sysroot === undefined ? {} : { sysroot: resolve(cwd, options.sysroot) }),
  });
};

/** The options that say the same selection again on a command line, each with a space before it; empty for the defaults. */
export const describeSelection = (options: SelectionOptions): string => {
  const lists = {
    python: options.python,
    awslc: options.awslc,
    target: options.target,
    link: options.link,
    optimization: options.optimization,
    'cipher-string': options.cipherString,
  };
  const singles = { recipe: options.recipe, catalogue: options.catalogue, store: options.store };
  return [
    ...Object.entries(singles).flatMap(([name, value]) =>
      value === undefined || (name === 'recipe' && value === 'default') ? [] : [` --${name} ${quoteWord(value)}`],
    ),
    ...Object.entries(lists).flatMap(([name, values]) =>
      (values ?? []).map((value) => ` --${name} ${quoteWord(value)}`),
    ),
    ...(options.fips === undefined || options.fips === false
      ? []
      : [options.fips === true ? ' --fips' : ` --fips ${quoteWord(options.fips)}`]),
    ...(options.tryPatches === true ? [' --try-patches'] : []),
    ...(options.clean === true ? [' --clean'] : []),
  ].join('');
};

/** Parses `--mirror FROM=TO`. */
export const parseMirrors = (values: readonly string[] = []): Result<readonly Mirror[], readonly Failure[]> => {
  const mirrors: Mirror[] = [];
  const failures: Failure[] = [];
  for (const value of values) {
    const [, from, to] = /^(https?:\/\/[^=]+)=(https?:\/\/.+)$/.exec(value) ?? [];
    if (from === undefined || to === undefined) {
      failures.push({
        code: 'usage',
        message: `--mirror ${value}: must be FROM=TO, two beginnings of URLs.`,
        next: 'For instance --mirror https://www.python.org/ftp/=https://mirror.example/python/',
      });
    } else mirrors.push({ from, to });
  }
  return failures.length === 0 ? ok(mirrors) : fail(failures);
};

/** Parses `--jobs N`. */
export const parseJobs = (value: string | undefined, cores: number): Result<number, readonly Failure[]> => {
  if (value === undefined) return ok(cores);
  const jobs = Number(value);
  return Number.isInteger(jobs) && jobs >= 1 && jobs <= 1024
    ? ok(jobs)
    : fail([{ code: 'usage', message: `--jobs ${value}: must be a whole number from 1 to 1024.` }]);
};
