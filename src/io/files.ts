import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Problem } from '../model/failure.ts';
import { parseJson, prettyJson, type Schema } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { errorCode, ioFailure } from './failure.ts';

/**
 * Writes a file whole or not at all: a temporary beside it, synced, then renamed. Makes missing directories.
 * Failures: `disk-full`, `io-failed`; the temporary is removed.
 */
export const writeFileAtomic = async (path: string, content: string | Uint8Array): Promise<Result<void>> => {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    return ok(undefined);
  } catch (error) {
    await rm(temporary, { force: true });
    return fail(ioFailure(error, path, 'write'));
  }
};

/** `writeFileAtomic` of a value as readable JSON. */
export const writeJsonAtomic = (path: string, value: unknown): Promise<Result<void>> =>
  writeFileAtomic(path, prettyJson(value));

/** Why a JSON file could not be had. */
export type ReadProblem =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads and checks a JSON file. The caller decides what a missing or invalid file means. */
export const readJson = async <T>(schema: Schema<T>, path: string): Promise<Result<T, ReadProblem>> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? fail({ kind: 'absent' })
      : fail({ kind: 'unreadable', reason: String(error) });
  }
  const parsed = parseJson(schema, text);
  return parsed.ok ? parsed : fail({ kind: 'invalid', problems: parsed.error });
};

const makeWritable = async (path: string): Promise<void> => {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
};

/** Removes a tree, read-only directories included; a missing one is fine. Failure: `io-failed`. */
export const removeTree = async (path: string): Promise<Result<void>> => {
  try {
    await rm(path, { recursive: true, force: true });
    return ok(undefined);
  } catch (error) {
    if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM') return fail(ioFailure(error, path, 'remove'));
  }
  try {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
    return ok(undefined);
  } catch (error) {
    return fail(ioFailure(error, path, 'remove'));
  }
};
