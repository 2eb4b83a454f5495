import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../model/failure.ts';
import { compareCodeUnits } from '../model/json.ts';
import { suggestWord } from '../model/suggest.ts';

/** Names of the test files and packages that a Python has: `test_ssl`, `test_asyncio`. */
const listTestFiles = async (library: string): Promise<readonly string[]> =>
  (await readdir(join(library, 'test')).catch(() => []))
    .filter((name) => /^test_\w+(?:\.py)?$/.test(name))
    .map((name) => name.replace(/\.py$/, ''))
    .sort(compareCodeUnits);

/**
 * Checks chosen test files against those that the Python has, before anything runs. `test_asyncio.test_ssl` is a file of
 * the package `test_asyncio`. A Python whose suite was left out has nothing to check against. Failure: `usage`, with the
 * name that was probably meant.
 */
export const checkTestFiles = async (asked: readonly string[], library: string): Promise<Failure | undefined> => {
  const known = await listTestFiles(library);
  if (known.length === 0) return undefined;
  const wrong = asked.filter((name) => !known.includes(name.split('.')[0] ?? name));
  const [first] = wrong;
  if (first === undefined) return undefined;
  const suggestion = suggestWord(first, known);
  return {
    code: 'usage',
    message: `No test file ${wrong.join(', ')} in this CPython.`,
    next:
      suggestion === undefined
        ? '--tests takes names as `python -m test` does: test_ssl,test_hashlib.'
        : `Did you mean ${suggestion}?`,
  };
};
