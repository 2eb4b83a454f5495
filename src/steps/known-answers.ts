import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { writeFileAtomic } from '../io/files.ts';
import { digestText, digestValue } from '../model/digest.ts';
import type { Action } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { StepContext } from './context.ts';
import { fillPlaces } from './places.ts';

/** Outside the build directory: nothing of it is in what configure leaves. */
const cacheFile = '{work}/config.cache';
const siteFile = '{work}/config.site';

/** The first line of what is kept: the digest of the rest, since a shell would take whatever is there. */
const seal = (text: string): string => `# sha256 ${digestText(text)}\n${text}`;

const unseal = (sealed: string): string | undefined => {
  const end = sealed.indexOf('\n') + 1;
  const text = sealed.slice(end);
  return sealed.slice(0, end) === `# sha256 ${digestText(text)}\n` ? text : undefined;
};

/** What configure needs to take known answers, and what is to be done when it has succeeded. */
export interface KnownAnswers {
  readonly env: Readonly<Record<string, string>>;
  /** Keeps what was answered for the next one. Failures: `io-failed`, `disk-full`. */
  readonly keep: () => Promise<Result<void>>;
}

/**
 * Lays answers of an earlier configure where autoconf looks for them: in a site file, since an argument would be recorded in
 * sysconfig. What was damaged is found anew. Failures: `io-failed`, `disk-full`.
 */
export const useKnownAnswers = async (
  action: Extract<Action, { do: 'known-answers' }>,
  context: StepContext,
): Promise<Result<KnownAnswers>> => {
  const [cache, site] = [fillPlaces(cacheFile, context), fillPlaces(siteFile, context)];
  const kept = join(context.answersOf.directory, digestValue([action.of, context.answersOf.machine]));
  const known = unseal(await readFile(kept, 'utf8').catch(() => ''));
  for (const [path, text] of [
    ...(known === undefined ? [] : [[cache, known] as const]),
    [site, `cache_file=${cache}\n`] as const,
  ]) {
    const written = await writeFileAtomic(path, text);
    if (!written.ok) return written;
  }
  const keep = async (): Promise<Result<void>> => {
    if (known !== undefined) return ok(undefined);
    let text: string;
    try {
      text = await readFile(cache, 'utf8');
    } catch (error) {
      // A configure that writes none has nothing to keep.
      return errorCode(error) === 'ENOENT' ? ok(undefined) : fail(ioFailure(error, cache, 'read'));
    }
    const shared = text.split('\n').filter((line) => !action.anew.some((name) => line.startsWith(`${name}=`)));
    return writeFileAtomic(kept, seal(shared.join('\n')));
  };
  return ok({ env: { CONFIG_SITE: site }, keep });
};
