import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { CommandContext } from './context.ts';
import { packageDir } from '../run/data.ts';

/** The store's directory: `--store`, else `cpython-awslc` in the XDG cache directory. */
export const locateStore = (asked: string | undefined, context: CommandContext): string => {
  if (asked !== undefined) return resolve(context.cwd, asked);
  const cache = context.env['XDG_CACHE_HOME'];
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(context.env['HOME'] ?? '/', '.cache');
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
