import { chmod, lstat, mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ok, fail, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';
import { expandPattern } from './pattern.ts';
import { runProgram } from './process.ts';

/** Gives the owner back the right to write: in directories always, in files unless they are hard links of a store's. */
const makeWritable = async (path: string, files: boolean): Promise<void> => {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return;
  if (stat.isDirectory() || files) await chmod(path, stat.mode | 0o200);
  if (!stat.isDirectory()) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    // A linked Python has thousands of files that need no look.
    if (files || entry.isDirectory()) await makeWritable(join(path, entry.name), files);
  }
};

export interface CopyOptions {
  /** A path, or a pattern whose `*` stands for any text within one name; then `to` must end in `/`. */
  readonly from: string;
  /** The copy's path; a directory to copy into when it ends in `/`. Missing parents are made. */
  readonly to: string;
  /** Hard links instead of copies: only for what never changes again. */
  readonly linked: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Copies a file or tree with its times, modes and links, by the system's cp (reflinks where the file system has them).
 * Failures: `command-failed`, `disk-full`, `io-failed` (nothing there), `interrupted`.
 */
export const copyTree = async (options: CopyOptions): Promise<Result<void>> => {
  const { from, to, linked } = options;
  const sources = await expandPattern(from);
  if (sources.length === 0)
    return fail({ code: 'io-failed', path: from, operation: 'copy', reason: 'nothing is there' });
  try {
    await mkdir(to.endsWith('/') ? to : dirname(to), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, to, 'copy to'));
  }
  const copied = await runProgram(['cp', linked ? '-al' : '-a', ...sources, to], {
    purpose: `copy ${from}`,
    cwd: '/',
    env: options.env,
    signal: options.signal,
  });
  if (!copied.ok) {
    const full =
      copied.error.code === 'command-failed' && copied.error.lastLines.some((line) => line.includes('No space left'));
    return full
      ? fail({ code: 'disk-full', path: to, next: 'Free some space, or choose another disk with --store DIR.' })
      : copied;
  }
  try {
    for (const source of sources) await makeWritable(to.endsWith('/') ? join(to, basename(source)) : to, !linked);
    return ok(undefined);
  } catch (error) {
    return fail(ioFailure(error, to, 'make writable'));
  }
};
