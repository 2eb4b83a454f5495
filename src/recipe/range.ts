import type { AwslcEntry, Line } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareReleases } from '../model/version.ts';
import { findNewest, unknownVersion } from './resolve-axis.ts';

/** Two ends as they were typed, `GOOD..BAD`: versions of the catalogue, or commits of a repository. */
export interface AskedRange {
  /** A URL, or an absolute path on this machine; absent for the catalogue. May hold credentials: it is never said. */
  readonly repository?: string;
  readonly first: string;
  readonly last: string;
}

/** Every version from one to another, both included. */
export interface VersionRange {
  /** Oldest first; of several lines those of FIPS come first. */
  readonly entries: readonly AwslcEntry[];
  /** Lines that they are of, in that order. */
  readonly lines: readonly Line[];
}

const rangeNext = 'As --awslc 5.5.0..5.12.0, or --awslc git:URL#v5.5.0..main: the older end comes first.';

/** Reads `GOOD..BAD` and `git:URL#GOOD..BAD`. Failure: `usage`. */
export const parseAskedRange = (asked: readonly string[] | undefined): Result<AskedRange> => {
  const [text, ...more] = asked ?? [];
  if (text === undefined || more.length > 0) {
    const message = text === undefined ? 'bisect needs a range of AWS-LC.' : 'bisect takes one range of AWS-LC.';
    return fail({ code: 'usage', message, next: rangeNext });
  }
  const [, repository, first = '', last = ''] = /^(?:git:(.+)#)?([^#]*?)\.\.([^#]*)$/.exec(text) ?? [];
  if (first === '' || last === '' || last.startsWith('.') || text.startsWith('path:')) {
    // A repository's address may hold credentials.
    const shown = text.replace(/^git:.*(?=#)/, 'git:URL').replace(/^git:[^#]*$/, 'git:URL');
    return fail({ code: 'usage', message: `--awslc ${shown}: must be GOOD..BAD, two ends.`, next: rangeNext });
  }
  return ok({ ...(repository === undefined ? {} : { repository }), first, last });
};

/**
 * The catalogue's versions from one to another: of their line when both are of one, else of all lines that lie between.
 * Failures: `unknown-version`, `usage` (the ends are the wrong way round, or the same).
 */
export const chooseRange = (
  asked: AskedRange,
  entries: readonly AwslcEntry[],
): Result<VersionRange, readonly Failure[]> => {
  const [first, last] = [asked.first, asked.last].map((text) => findNewest(entries, text));
  if (first === undefined || last === undefined) {
    const known = entries.map(({ version }) => version);
    const missing = [
      ...(first === undefined ? [asked.first] : []),
      ...(last === undefined && asked.last !== asked.first ? [asked.last] : []),
    ];
    return fail(missing.map((text) => unknownVersion('AWS-LC', text, known)));
  }
  const order = compareReleases(first.version, last.version);
  if (order >= 0) {
    const message =
      order === 0
        ? `Both ends are AWS-LC ${first.version}.`
        : `AWS-LC ${first.version} is newer than ${last.version}: the older end comes first.`;
    const next = order === 0 ? rangeNext : `--awslc ${last.version}..${first.version}`;
    return fail([{ code: 'usage', message, next }]);
  }
  const between = entries
    .filter(
      ({ version, line }) =>
        compareReleases(version, first.version) >= 0 &&
        compareReleases(version, last.version) <= 0 &&
        (first.line !== last.line || line === first.line),
    )
    .sort((a, b) => compareReleases(a.version, b.version));
  return ok({ entries: between, lines: [...new Set(between.map(({ line }) => line))] });
};
