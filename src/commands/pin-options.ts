import { basename } from 'node:path';
import {
  debianOriginSchema,
  lineSchema,
  sha256Schema,
  type AwslcEntry,
  type Catalogue,
  type Origin,
} from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import { checkSchema } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { parseVersion } from '../model/version.ts';
import type { PinSubject } from '../run/pin.ts';

export interface PinOptions {
  readonly json?: boolean;
  readonly url?: string;
  readonly crate?: string;
  readonly debian?: string;
  readonly sha256?: string;
  readonly line?: string;
  readonly catalogue?: string;
  readonly store?: string;
  readonly roster?: boolean;
  readonly offline?: boolean;
  readonly mirror?: readonly string[];
}

/** What to pin, from where, and with which digest where one is named. */
export interface PinSelection {
  readonly subject: PinSubject;
  readonly file: string;
  readonly origins: readonly Origin[];
  readonly sha256?: string;
  readonly sizeBytes?: number;
}

const usage = (message: string, next?: string): Failure => ({
  code: 'usage',
  message,
  ...(next === undefined ? {} : { next }),
});

/** Lines of AWS-LC's FIPS versions by their first number. */
const fipsLines: Readonly<Record<number, AwslcEntry['line']>> = {
  2: 'fips-2022',
  3: 'fips-2024',
  4: 'fips-2025',
};

const parseHttps = (url: string): Result<Origin> => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    return fail(usage(`--url ${url}: must be an http or https URL.`));
  }
  return parsed.username === '' && parsed.password === ''
    ? ok({ kind: 'https', url })
    : fail(usage('--url: a URL in the catalogue must hold no user or password.'));
};

const parseCrate = (text: string): Result<Origin> => {
  const [, name, version] = /^([A-Za-z0-9_-]+)@(\d+\.\d+\.\d+\S*)$/.exec(text) ?? [];
  return name === undefined || version === undefined
    ? fail(usage(`--crate ${text}: must be NAME@VERSION.`, 'For instance --crate aws-lc-sys@0.46.0.'))
    : ok({ kind: 'crate', name, version });
};

const parseDebian = (text: string): Result<Origin> => {
  const [name = '', ...path] = text.split('=');
  const origin = checkSchema(debianOriginSchema, { kind: 'debian', package: name, path: path.join('=') });
  return origin.ok
    ? origin
    : fail(
        usage(
          `--debian ${text}: must be PACKAGE=pool/PATH.`,
          'For instance --debian python3.14=pool/main/p/python3.14/python3.14_3.14.5.orig.tar.xz.',
        ),
      );
};

const parseSubject = (
  what: string,
  version: string,
  line: string | undefined,
  catalogue: Catalogue,
): Result<PinSubject> => {
  const parsed = parseVersion(version);
  if (what !== 'cpython' && what !== 'awslc') return fail(usage(`pin ${what}: must be cpython or awslc.`));
  if (parsed === undefined || parsed.numbers.length < 3) {
    return fail(usage(`pin ${what} ${version}: must be a whole version, as 3.14.6, 5.12.0 or fips-4.2.0.`));
  }
  if (what === 'cpython') {
    const series = parsed.numbers.slice(0, 2).join('.');
    const known = catalogue.cpython.series.map((one) => one.series);
    if (line !== undefined) return fail(usage('--line belongs to AWS-LC.'));
    if (known.includes(series)) return ok({ kind: 'cpython', version, series });
    return fail({
      code: 'unsupported',
      what: `pin cpython ${version}`,
      why: `how series ${series} is configured is not known here`,
      next: `Known series: ${known.join(', ')}.`,
    });
  }
  const isFips = parsed.sequence === 'fips';
  const chosen = line ?? (isFips ? fipsLines[parsed.numbers[0] ?? 0] : 'main');
  const checked = lineSchema.safeParse(chosen);
  if (!checked.success) {
    return fail(usage(`--line ${chosen ?? '(none)'}: must be one of ${lineSchema.options.join(', ')}.`));
  }
  if ((checked.data !== 'main') !== isFips) {
    return fail(
      usage(`AWS-LC ${version} is not of line ${checked.data}.`, 'FIPS versions are named fips-…, as fips-4.2.0.'),
    );
  }
  return ok({ kind: 'awslc', version, line: checked.data });
};

const nameFile = (origin: Origin): string => {
  switch (origin.kind) {
    case 'https':
      return decodeURIComponent(basename(new URL(origin.url).pathname));
    case 'debian':
      return basename(origin.path);
    case 'crate':
      return `${origin.name}-${origin.version}.crate`;
    case 'git':
    case 'path':
      throw new Error('pin takes no such origin');
  }
};

const sameOrigin = (a: Origin, b: Origin): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Reads what to pin, or says everything that is wrong with it. */
export const parsePin = (
  what: string,
  version: string,
  options: PinOptions,
  catalogue: Catalogue,
): Result<PinSelection, readonly Failure[]> => {
  const failures: Failure[] = [];
  const take = <T>(result: Result<T> | undefined): T[] => {
    if (result === undefined) return [];
    if (result.ok) return [result.value];
    failures.push(result.error);
    return [];
  };
  const [subject] = take(parseSubject(what, version, options.line, catalogue));
  const given = [
    ...take(options.url === undefined ? undefined : parseHttps(options.url)),
    ...take(options.debian === undefined ? undefined : parseDebian(options.debian)),
    ...take(options.crate === undefined ? undefined : parseCrate(options.crate)),
  ];
  if (options.sha256 !== undefined && !sha256Schema.safeParse(options.sha256).success) {
    failures.push(usage(`--sha256 ${options.sha256}: must be 64 lower-case hexadecimal digits.`));
  }
  if (options.roster === true && (what !== 'cpython' || options.catalogue !== undefined)) {
    failures.push(usage("--roster belongs to a CPython of this tool's own catalogue."));
  }
  if (subject === undefined || failures.length > 0) return fail(failures);
  const known = catalogue[subject.kind].entries.find((entry) => entry.version === version)?.archive;
  const recorded = known?.origins ?? [];
  const origins = [...recorded, ...given.filter((origin) => !recorded.some((other) => sameOrigin(origin, other)))];
  const [first] = origins;
  if (first === undefined) {
    return fail([usage(`pin ${what} ${version}: needs an origin.`, 'Name one by --url, --debian or --crate.')]);
  }
  const file = known?.file ?? nameFile(first);
  if (known !== undefined && options.sha256 !== undefined && options.sha256 !== known.sha256) {
    return fail([
      { code: 'digest-mismatch', subject: file, origin: '--sha256', expected: known.sha256, found: options.sha256 },
    ]);
  }
  const sha256 = known?.sha256 ?? options.sha256;
  return ok({
    subject,
    file,
    origins,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(known === undefined ? {} : { sizeBytes: known.sizeBytes }),
  });
};
