import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import { compareCodeUnits } from '../model/json.ts';
import { runRecordSchema, type RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Store } from './store.ts';

/** A run record, and the file that it was read from: logs lie beside it. */
export interface FoundRun {
  readonly file: string;
  readonly record: RunRecord;
}

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Files named run.json in a directory and below it, in code unit order. */
const listRunFiles = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => compareCodeUnits(a.name, b.name))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) files.push(...(await listRunFiles(path)));
    else if (entry.name === 'run.json') files.push(path);
  }
  return files;
};

/** Whether a word names a directory of run records. */
export const isRunDirectory = (asked: string, cwd: string): Promise<boolean> => isDirectory(resolve(cwd, asked));

/** The run.json files that a word names: a run id, the path of one, or a directory that has some. Failure: `unknown-run`. */
const locateRuns = async (asked: string, store: Store, cwd: string): Promise<Result<readonly string[]>> => {
  const path = resolve(cwd, asked);
  if (await isDirectory(path)) {
    const files = await listRunFiles(path).catch(() => []);
    return files.length > 0 ? ok(files) : fail({ code: 'unknown-run', asked, reason: 'the directory has no run.json' });
  }
  return ok([asked.includes('/') || asked.endsWith('.json') ? path : join(store.runs, asked, 'run.json')]);
};

const readRunFile = async (file: string, asked: string): Promise<Result<RunRecord>> => {
  const read = await readJson(runRecordSchema, file);
  if (read.ok) return read;
  if (read.error.kind === 'absent') {
    return fail({ code: 'unknown-run', asked, reason: 'there is no such run record' });
  }
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: read.error.reason }];
  return fail({ code: 'record-invalid', path: file, problems });
};

/**
 * Reads the runs that some words name, each run once. Failures: `unknown-run`; `record-invalid` of a record that is damaged
 * or, where `tool` is given, was made by another version of this tool.
 */
export const findRuns = async (
  asked: readonly string[],
  { store, cwd, tool }: { readonly store: Store; readonly cwd: string; readonly tool?: string },
): Promise<Result<readonly FoundRun[], readonly Failure[]>> => {
  const failures: Failure[] = [];
  const runs = new Map<string, FoundRun>();
  for (const word of asked) {
    const files = await locateRuns(word, store, cwd);
    if (!files.ok) failures.push(files.error);
    for (const file of files.ok ? files.value : []) {
      const record = await readRunFile(file, word);
      if (!record.ok) failures.push(record.error);
      else if (tool !== undefined && record.value.tool !== tool) {
        const message = `expected a record of cpython-awslc ${tool}, found one of ${record.value.tool}: merge it with that version, or run it again`;
        failures.push({ code: 'record-invalid', path: file, problems: [{ path: '$.tool', message }] });
      } else if (!runs.has(record.value.id)) runs.set(record.value.id, { file, record: record.value });
    }
  }
  return failures.length > 0 ? fail(failures) : ok([...runs.values()]);
};
