import { access, constants } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/**
 * Every program of a name in the directories of a PATH, in order, by absolute path. A later one may answer where the first
 * is a shim that cannot: rustup's `cargo` without a toolchain, as in a HOME of its own.
 */
export const listOnPath = async (name: string, path: string | undefined): Promise<readonly string[]> => {
  const candidates = (path ?? '')
    .split(':')
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name));
  const isThere = await Promise.all(
    candidates.map((candidate) =>
      access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return candidates.filter((candidate, index) => isThere[index] === true && candidates.indexOf(candidate) === index);
};
