import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { CommandContext } from './context.ts';
import { packageDir } from '../run/data.ts';

/** The caller's home: HOME, or what the user database says when a service or a container leaves it out or empty. */
const locateHome = (context: Pick<CommandContext, 'env'>): string => {
  const { HOME } = context.env;
  if (HOME !== undefined && HOME !== '') return HOME;
  try {
    return userInfo().homedir;
  } catch {
    // A user id that the database does not know, as `docker run --user 1234` gives.
    return '/';
  }
};

/** The store's directory: `--store`, else `cpython-awslc` in the XDG cache directory. */
export const locateStore = (asked: string | undefined, context: Pick<CommandContext, 'cwd' | 'env'>): string => {
  if (asked !== undefined) return resolve(context.cwd, asked);
  const cache = context.env['XDG_CACHE_HOME'];
  const base = cache !== undefined && isAbsolute(cache) ? cache : resolve(context.cwd, locateHome(context), '.cache');
  return join(base, 'cpython-awslc');
};

/** The caller's PATH without relative directories: a tool found in `.` would change with where one stands. */
export const cleanPath = (context: CommandContext): string => {
  const given = (context.env['PATH'] ?? '').split(':').filter((directory) => isAbsolute(directory));
  return given.length > 0 ? given.join(':') : '/usr/local/bin:/usr/bin:/bin';
};

/** This tool's version, from package.json. */
export const readToolVersion = (): string => {
  const text: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
};
