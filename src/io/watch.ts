import { watch, type FSWatcher } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareCodeUnits } from '../model/json.ts';
import { buildMark } from './origins/path.ts';
import { isAborted } from './process.ts';

/** What is in directories by names, sizes and times: each path with what tells it from what it was. */
export type Glance = ReadonlyMap<string, string>;

/** Looks at every file below directories without reading any; version control's own files and build directories are left out. */
export const glanceAt = async (directories: readonly string[]): Promise<Glance> => {
  const seen = new Map<string, string>();
  const visit = async (directory: string): Promise<void> => {
    // What goes away meanwhile is not there.
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    // As it is not copied either.
    if (!directories.includes(directory) && entries.some(({ name }) => name === buildMark)) return;
    for (const entry of entries) {
      if (entry.name === '.git') continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        await visit(path);
        continue;
      }
      const stat = await lstat(path, { bigint: true }).catch(() => undefined);
      if (stat !== undefined) seen.set(path, `${stat.size} ${stat.mtimeNs} ${stat.ino} ${stat.mode}`);
    }
  };
  for (const directory of directories) await visit(directory);
  return seen;
};

/** Paths that differ between two glances, in order. */
export const comparePaths = (before: Glance, after: Glance): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort(compareCodeUnits);

export interface WatchOptions {
  readonly directories: readonly string[];
  /** What was there when the last work began: only a difference from it is a change. */
  readonly since: Glance;
  /** How long nothing may change before it is believed that all is saved, in milliseconds. */
  readonly quietMs: number;
  /** How often is looked where the system does not tell of changes, in milliseconds. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
}

/** Calls back on anything that the system tells of the directories; says whether it will tell of all of them. */
const listen = (directories: readonly string[], wake: () => void): { tells: () => boolean; close: () => void } => {
  let tells = true;
  const watchers: FSWatcher[] = [];
  for (const directory of directories) {
    try {
      const watcher = watch(directory, { recursive: true }, wake);
      // No more watches to be had, or the directory went away.
      watcher.on('error', () => {
        tells = false;
        wake();
      });
      watchers.push(watcher);
    } catch {
      tells = false;
    }
  }
  return {
    tells: () => tells,
    close: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
};

/** Between two looks where the system tells of changes: it may miss some, as on a network's file system. */
const seldomFactor = 10;

/**
 * Waits until something in the directories differs from what was there, and nothing has changed any more for a while. Says
 * which paths differ, or nothing when the signal came first. The system's word only wakes it: what counts is what is there.
 */
export const waitForChange = async (options: WatchOptions): Promise<readonly string[] | undefined> => {
  const { directories, since, quietMs, pollMs, signal } = options;
  let wake = new AbortController();
  const listening = listen(directories, () => {
    wake.abort();
  });
  const pause = (ms: number, ...until: readonly AbortSignal[]): Promise<void> =>
    sleep(ms, undefined, { signal: AbortSignal.any([signal, ...until]) }).catch(() => undefined);
  try {
    let wasWoken = false;
    while (!isAborted(signal)) {
      wake = new AbortController();
      let seen = await glanceAt(directories);
      while (!isAborted(signal) && comparePaths(since, seen).length > 0) {
        await pause(quietMs);
        const again = await glanceAt(directories);
        const settled = comparePaths(seen, again).length === 0;
        seen = again;
        const changed = comparePaths(since, seen);
        if (settled && changed.length > 0 && !isAborted(signal)) return changed;
      }
      // It was woken for nothing: a build in a directory that is left out would wake it without a break.
      if (wasWoken) await pause(quietMs);
      await pause(listening.tells() ? pollMs * seldomFactor : pollMs, wake.signal);
      wasWoken = wake.signal.aborted;
    }
    return undefined;
  } finally {
    listening.close();
  }
};
