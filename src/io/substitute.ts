import { chmod, readFile, stat } from 'node:fs/promises';
import { fail, ok, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';
import { writeFileAtomic } from './files.ts';
import { expandPattern } from './pattern.ts';

/** An exact text and what replaces it. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/**
 * Replaces exact texts in the files that patterns name. An edited file is a new file under the old name: the old one may
 * be a hard link of the store's. A pattern that names nothing is a failure unless `missing` is `optional`.
 * Failures: `io-failed`, `disk-full`.
 */
export const substituteFiles = async (
  patterns: readonly string[],
  replacements: readonly Replacement[],
  missing: 'optional' | 'failure',
): Promise<Result<void>> => {
  for (const pattern of patterns) {
    const files = await expandPattern(pattern);
    if (files.length === 0 && missing === 'failure') {
      return fail({ code: 'io-failed', path: pattern, operation: 'edit', reason: 'no such file' });
    }
    for (const file of files) {
      try {
        const before = await readFile(file, 'utf8');
        // A function's answer is taken as it is; in a text, $& and the like would stand for something.
        const after = replacements.reduce((text, { from, to }) => text.replaceAll(from, () => to), before);
        if (after === before) continue;
        const { mode } = await stat(file);
        const written = await writeFileAtomic(file, after);
        if (!written.ok) return written;
        await chmod(file, mode | 0o200);
      } catch (error) {
        return fail(ioFailure(error, file, 'edit'));
      }
    }
  }
  return ok(undefined);
};
