import { readdir, readFile, readlink, rename, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { errorCode, ioFailure } from '../io/failure.ts';
import { readJson, removeTree } from '../io/files.ts';
import { findOwner } from '../io/owner.ts';
import { fetchedSchema } from '../model/fetched.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { storeKey } from './inspect.ts';
import type { GcLog } from './gc-log.ts';
import { listRunIds, readRun } from './past-runs.ts';
import type { Store } from './store.ts';
import { listStoredSteps } from './stored-steps.ts';

/** What a run on another machine may still be writing is taken for left behind after this long, in milliseconds. */
const foreignRunMs = 24 * 60 * 60_000;

/** Whether a run without a record still goes on; on another machine only its age tells. */
const isRunGoingOn = async (runDir: string, log: GcLog): Promise<boolean> => {
  const mark = (await readFile(join(runDir, 'owner'), 'utf8').catch(() => '')).trim();
  const owner = findOwner(mark);
  return owner === 'foreign' ? !(await log.isQuiet(runDir, foreignRunMs)) : owner !== 'gone';
};

/** Keys of every step that a run's cells have, taken from the store or made. */
const keysOf = (run: RunRecord): readonly string[] => {
  const named = new Set(run.plan.cells.flatMap(({ steps }) => Object.values(steps)));
  return run.plan.steps.filter(({ id }) => named.has(id)).map((step) => storeKey(step, run.machine));
};

/** Programs that run from the store: a built Python that somebody has started. */
const listRunningPrograms = async (): Promise<readonly string[]> => {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readlink(`/proc/${pid}/exe`).catch(() => '')));
};

/** Renamed away first: whoever looks for it finds all of it or nothing. */
const removeEntry = async (store: Store, path: string, what: string, log: GcLog): Promise<Result<void>> => {
  const away = join(store.tmp, `discarded-${randomUUID()}`);
  try {
    await rename(path, away);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? ok(undefined) : fail(ioFailure(error, path, 'take out of the store'));
  }
  return log.remove(away, what, path);
};

/** Removes the names of the newest runs of a plan that point to runs which are gone. */
const dropPointers = async (store: Store, gone: ReadonlySet<string>): Promise<void> => {
  const directory = join(store.runs, 'newest');
  for (const name of await readdir(directory).catch(() => [])) {
    const id = (await readFile(join(directory, name), 'utf8').catch(() => '')).trim();
    if (gone.has(id)) await removeTree(join(directory, name));
  }
};

const dropOldSteps = async (
  store: Store,
  cutoff: string,
  newerKeys: ReadonlySet<string>,
  log: GcLog,
): Promise<Result<void>> => {
  const { steps } = await listStoredSteps(store);
  const programs = await listRunningPrograms();
  for (const { key, kind, subject, startedAt } of steps) {
    if (startedAt >= cutoff || newerKeys.has(key)) continue;
    const path = join(store.steps, key);
    if (programs.some((program) => program.startsWith(`${path}/`))) {
      log.keep(path, 'a program runs from it');
      continue;
    }
    const removed = await removeEntry(store, path, `${kind} ${subject} of ${startedAt.slice(0, 10)}`, log);
    if (!removed.ok) return removed;
  }
  return ok(undefined);
};

/** Downloads that are older, and that no fetch step which is left names. */
const dropOldDownloads = async (store: Store, cutoff: string, log: GcLog): Promise<Result<void>> => {
  const { steps } = await listStoredSteps(store);
  const named = new Set<string>();
  for (const { key } of steps.filter(({ kind }) => kind === 'fetch')) {
    const fetched = await readJson(fetchedSchema, join(store.steps, key, 'tree', 'fetched.json'));
    if (fetched.ok) for (const { sha256 } of fetched.value.files) named.add(sha256);
  }
  for (const name of await readdir(store.downloads)) {
    const path = join(store.downloads, name);
    if (!/^[0-9a-f]{64}$/.test(name) || named.has(name)) continue;
    const { mtime } = await stat(path);
    if (mtime.toISOString() >= cutoff) continue;
    const removed = await removeEntry(store, path, `download of ${mtime.toISOString().slice(0, 10)}`, log);
    if (!removed.ok) return removed;
  }
  return ok(undefined);
};

/**
 * Removes what killed runs have left among the run records; with an age also runs that are older, and steps that are older
 * and that no newer run names. While a run goes on, every step is kept: it may have looked at any of them.
 * Failures: `io-failed`, `interrupted`.
 */
export const dropOldRecords = async (
  store: Store,
  olderThanMs: number | undefined,
  log: GcLog,
  signal: AbortSignal,
): Promise<Result<void>> => {
  const cutoff = olderThanMs === undefined ? '' : new Date(log.nowMs - olderThanMs).toISOString();
  const newerKeys = new Set<string>();
  const gone = new Set<string>();
  let goingOn: string | undefined;
  for (const id of await listRunIds(store)) {
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
    const path = join(store.runs, id);
    const run = await readRun(store, id);
    if (run.ok && run.value.startedAt >= cutoff) {
      for (const key of keysOf(run.value)) newerKeys.add(key);
      continue;
    }
    if (!run.ok && !run.error.isUnfinished) {
      log.keep(path, run.error.reason);
      continue;
    }
    if (!run.ok && (await isRunGoingOn(path, log))) {
      goingOn = id;
      log.keep(path, 'a run that goes on');
      continue;
    }
    const what = run.ok
      ? `${run.value.command} of ${run.value.startedAt.slice(0, 10)}`
      : 'left by a run that was ended';
    const removed = await removeEntry(store, path, what, log);
    if (!removed.ok) return removed;
    gone.add(id);
  }
  await dropPointers(store, gone);
  if (olderThanMs === undefined) return ok(undefined);
  if (goingOn !== undefined) {
    log.keep(store.steps, `run ${goingOn} goes on`);
    return ok(undefined);
  }
  const dropped = await dropOldSteps(store, cutoff, newerKeys, log);
  return dropped.ok ? dropOldDownloads(store, cutoff, log) : dropped;
};
