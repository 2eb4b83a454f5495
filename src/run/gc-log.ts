import { measureDiskUse } from '../io/disk-use.ts';
import { removeTree } from '../io/files.ts';
import type { CacheGc } from '../model/cache.ts';
import { ok, type Result } from '../model/result.ts';
import type { Store } from './store.ts';

/** What a collection of garbage removed and kept, gathered as it goes. */
export interface GcLog {
  /** Removes a path, measured first; `shown` is its name before it was renamed away. Nothing is said when it is gone. */
  readonly remove: (path: string, what: string, shown?: string) => Promise<Result<void>>;
  readonly keep: (path: string, why: string) => void;
  /** Whether nothing was written below a path for so many milliseconds. */
  readonly isQuiet: (path: string, quietForMs: number) => Promise<boolean>;
  /** What counts as now, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly report: () => CacheGc;
}

/** Begins a log. Paths are shown relative to the store. */
export const beginGcLog = (store: Store, nowMs: number): GcLog => {
  const removed: CacheGc['removed'] = [];
  const kept: CacheGc['kept'] = [];
  const relative = (path: string): string => path.slice(store.dir.length + 1);
  return {
    remove: async (path, what, shown = path) => {
      const { freedBytes, newestMs } = await measureDiskUse(path);
      if (newestMs === 0) return ok(undefined);
      const gone = await removeTree(path);
      if (gone.ok) removed.push({ path: relative(shown), what, freedBytes });
      return gone;
    },
    keep: (path, why) => {
      kept.push({ path: relative(path), why });
    },
    isQuiet: async (path, quietForMs) => nowMs - (await measureDiskUse(path)).newestMs > quietForMs,
    nowMs,
    report: () => {
      const freedBytes = removed.reduce((sum, one) => sum + one.freedBytes, 0);
      return { version: 1, kind: 'cache-gc', store: store.dir, removed, kept, freedBytes };
    },
  };
};
