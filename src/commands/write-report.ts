import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import type { Failure } from '../model/failure.ts';

/** Writes a report file, its directories too. Failures: `io-failed`, `disk-full`. */
export const writeReport = async (file: string, text: string, cwd: string): Promise<readonly Failure[]> => {
  const path = resolve(cwd, file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return [];
  } catch (error) {
    return [ioFailure(error, path, 'write the report')];
  }
};
