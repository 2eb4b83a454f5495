import { mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { copyTree } from '../io/copy.ts';
import { errorCode, ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { substituteFiles, type Replacement } from '../io/substitute.ts';
import type { Failure } from '../model/failure.ts';
import { internalPrefix } from '../plan/environment.ts';
import type { CellSession } from './session.ts';

/** Text files that name the prefix. */
const placesOfPrefix = [
  'bin/pip*',
  'bin/idle3*',
  'bin/pydoc3*',
  'bin/python3*-config',
  'lib/pkgconfig/*.pc',
  'lib/python3*/_sysconfigdata_*.py',
  'lib/python3*/_sysconfig_vars_*.json',
  'lib/python3*/build-details.json',
  'lib/python3*/config-*/Makefile',
  'lib/python3*/config-*/python-config.py',
];

/**
 * A script's first line cannot name an interpreter whose path has a space or is long (the kernel cuts it off): then sh
 * starts Python on the script, and Python takes the same two lines for a string, as pip's own launchers do.
 */
const scriptStarts = (prefix: string, series: string): readonly Replacement[] =>
  /\s/.test(prefix) || prefix.length > 100
    ? ['python3', `python${series}`].map((name) => ({
        from: `#!${internalPrefix}/bin/${name}\n`,
        to: `#!/bin/sh\n'''exec' ${quoteShellWord(`${prefix}/bin/${name}`)} "$0" "$@"\n' '''\n`,
      }))
    : [];

/** In double quotes: single ones would end the string that Python sees. */
const quoteShellWord = (word: string): string => `"${word.replaceAll(/["\\$`]/g, '\\$&')}"`;

/**
 * Whether a directory may become a prefix: it must be absent or empty. To be asked before a build starts.
 * Failures: `usage` (something is there), `io-failed` (it cannot be read).
 */
export const checkPrefix = async (prefix: string): Promise<readonly Failure[]> => {
  const occupied = (what: string): readonly Failure[] => [
    {
      code: 'usage',
      message: `--prefix ${prefix}: ${what} is there already.`,
      next: 'Choose a directory that is absent or empty; nothing was changed.',
    },
  ];
  try {
    return (await readdir(prefix)).length > 0 ? occupied('something') : [];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    return errorCode(error) === 'ENOTDIR' ? occupied('a file') : [ioFailure(error, prefix, 'look into')];
  }
};

/** Known as soon as there is a plan. */
export const severalCells: Failure = {
  code: 'usage',
  message: '--prefix takes one cell; this selection has several.',
  next: 'Narrow the axes.',
};

/**
 * Copies the finished Python to a directory that it may be changed in, with that directory as its prefix. The directory
 * must be absent or empty; it appears whole or not at all.
 * Failures: `usage` (several cells, or something is there), `disk-full`, `io-failed`, `interrupted`.
 */
export const exportPrefix = async (
  cells: readonly CellSession[],
  asked: string,
  path: string,
  signal: AbortSignal,
): Promise<readonly Failure[]> => {
  const [cell, second] = cells;
  if (cell?.prefix === undefined || second !== undefined) {
    return [severalCells];
  }
  const occupied = await checkPrefix(asked);
  if (occupied.length > 0) return occupied;
  // An empty directory that a symbolic link names is filled; the link stays.
  const prefix = await realpath(asked).catch(() => asked);
  const temporary = join(dirname(prefix), `.${basename(prefix)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(prefix), { recursive: true });
    const copied = await copyTree({
      from: cell.prefix,
      to: temporary,
      linked: false,
      env: { PATH: path },
      signal,
    });
    if (!copied.ok) return [copied.error];
    const { series } = cell.planned.cell.python;
    const edited = await substituteFiles(
      placesOfPrefix.map((pattern) => join(temporary, pattern)),
      [...scriptStarts(prefix, series), { from: internalPrefix, to: prefix }],
      'optional',
    );
    if (!edited.ok) return [edited.error];
    await removeTree(join(temporary, 'lib', `python${series}`, 'EXTERNALLY-MANAGED'));
    await rename(temporary, prefix);
    return [];
  } catch (error) {
    return [ioFailure(error, prefix, 'copy the Python to')];
  } finally {
    await removeTree(temporary);
  }
};
