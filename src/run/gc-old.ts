import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, removeTree } from '../io/files.ts';
import { fetchedSchema } from '../model/fetched.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { storeKey } from './inspect.ts';
import type { GcLog } from './gc-log.ts';
import { readKeptContents } from './gc-kept.ts';
import { dropSteps, isRunGoingOn, removeEntry } from './gc-steps.ts';
import { listRunIds, readRun } from './past-runs.ts';
import type { Store } from './store.ts';
import { listStoredSteps } from './stored-steps.ts';
import { findSuperseded } from './superseded.ts';

/** Keys of every step that a run's cells have, taken from the store or made. */
const keysOf = (run: RunRecord): readonly string[] => {
  const named = new Set(run.plan.cells.flatMap(({ steps }) => Object.values(steps)));
  return run.plan.steps.filter(({ id }) => named.has(id)).map((step) => storeKey(step, run.machine));
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
  const old = steps.filter(({ key, startedAt }) => startedAt < cutoff && !newerKeys.has(key));
  const names = new Map(
    old.map(({ key, kind, subject, startedAt }) => [key, `${kind} ${subject} of ${startedAt.slice(0, 10)}`]),
  );
  return dropSteps(store, [...names.keys()], (key) => names.get(key) ?? key, log);
};

/** Removes what was made from contents that checkouts have no more, unless another run names it too. */
const dropSuperseded = async (
  store: Store,
  runs: { readonly superseded: ReadonlySet<string>; readonly needed: ReadonlySet<string> },
  log: GcLog,
): Promise<Result<void>> =>
  dropSteps(
    store,
    [...runs.superseded].filter((key) => !runs.needed.has(key)),
    () => 'of a content that its directory has no more',
    log,
  );

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
 * Removes what killed runs have left among the run records, and what was made from contents that a checkout with a kept
 * build tree has no more; with an age also runs that are older, and steps that are older
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
  const current = await readKeptContents(store);
  const superseded = new Set<string>();
  const needed = new Set<string>();
  const gone = new Set<string>();
  let goingOn: string | undefined;
  for (const id of await listRunIds(store)) {
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
    const path = join(store.runs, id);
    const run = await readRun(store, id);
    if (run.ok && run.value.startedAt >= cutoff) {
      const old = new Set(findSuperseded(run.value, current));
      for (const key of old) superseded.add(key);
      for (const key of keysOf(run.value)) {
        newerKeys.add(key);
        if (!old.has(key)) needed.add(key);
      }
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
  if (goingOn !== undefined) {
    if (olderThanMs !== undefined || superseded.size > 0) log.keep(store.steps, `run ${goingOn} goes on`);
    return ok(undefined);
  }
  const tidied = await dropSuperseded(store, { superseded, needed }, log);
  if (!tidied.ok || olderThanMs === undefined) return tidied;
  const dropped = await dropOldSteps(store, cutoff, newerKeys, log);
  return dropped.ok ? dropOldDownloads(store, cutoff, log) : dropped;
};
