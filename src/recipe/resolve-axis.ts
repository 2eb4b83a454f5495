import type { Failure } from '../model/failure.ts';
import { suggestWord } from '../model/suggest.ts';
import { compareVersions, isOfVersion } from '../model/version.ts';

/** A loose selection and the exact version that it was resolved to. */
export interface Resolution {
  readonly axis: string;
  readonly asked: string;
  readonly got: string;
  readonly why: string;
}

/** The version that a name stands for, and why it is this one. */
export interface NamedVersion {
  readonly version: string;
  readonly why: string;
}

/** The newest entry that an asked text names: `5.12` is the newest 5.12.x; nothing when there is none. */
export const findNewest = <T extends { readonly version: string }>(
  entries: readonly T[],
  asked: string,
): T | undefined =>
  entries
    .filter(({ version }) => isOfVersion(version, asked))
    .sort((a, b) => compareVersions(a.version, b.version))
    .at(-1);

/** The newest known version that agrees with the asked one in its first numbers, as many as possible; else one spelled alike. */
const suggestVersion = (asked: string, known: readonly string[]): string | undefined => {
  const numbers = asked.split('.');
  for (let count = numbers.length - 1; count > 0; count -= 1) {
    const start = numbers.slice(0, count).join('.');
    const newest = known.filter((version) => isOfVersion(version, start)).at(-1);
    if (newest !== undefined) return newest;
  }
  return suggestWord(asked, known);
};

/** Says that a version is not known, which ones are, and what was probably meant. */
export const unknownVersion = (subject: string, asked: string, versions: readonly string[]): Failure => {
  const known = [...versions].sort(compareVersions);
  const suggestion = suggestVersion(asked, known);
  return { code: 'unknown-version', subject, asked, known, ...(suggestion === undefined ? {} : { suggestion }) };
};

/** Adds a choice for each asked text, or the failure that says why there is none. */
export const resolveAxis = <T extends { readonly version: string }, C>(options: {
  readonly axis: string;
  readonly subject: string;
  readonly asked: readonly string[];
  readonly entries: readonly T[];
  readonly loose: ReadonlyMap<string, C>;
  readonly named: ReadonlyMap<string, NamedVersion>;
  readonly choose: (entry: T) => C;
  readonly resolutions: Resolution[];
  readonly failures: Failure[];
}): readonly C[] => {
  const chosen = new Map<string, C>();
  for (const asked of options.asked) {
    const loose = options.loose.get(asked);
    if (loose !== undefined) {
      chosen.set(asked, loose);
      continue;
    }
    const named = options.named.get(asked);
    const entry = findNewest(options.entries, named?.version ?? asked);
    if (entry === undefined) {
      const versions = options.entries.map(({ version }) => version);
      options.failures.push(unknownVersion(options.subject, asked, versions));
      continue;
    }
    if (entry.version !== asked) {
      options.resolutions.push({
        axis: options.axis,
        asked,
        got: entry.version,
        why: named?.why ?? 'the newest in the catalogue',
      });
    }
    chosen.set(entry.version, options.choose(entry));
  }
  return [...chosen.values()];
};
