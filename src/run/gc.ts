import type { CacheGc } from '../model/cache.ts';
import { ok, type Result } from '../model/result.ts';
import { dropOldAnswers, dropOldBisects, dropOldMatrices } from './gc-answers.ts';
import { beginGcLog } from './gc-log.ts';
import { cleanKept } from './gc-kept.ts';
import { dropOldRecords } from './gc-old.ts';
import { cleanDownloads, cleanScratch } from './gc-scratch.ts';
import type { Store } from './store.ts';

export interface GcOptions {
  /** Also drops steps and runs whose record is older than this, in milliseconds, and that no newer run names. */
  readonly olderThanMs?: number;
  /** What ages are counted from, in milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Removes what ended runs have left: work directories, half-made entries, build trees of checkouts that are gone, scratch of
 * downloads; on demand also old steps, runs, build trees, what bisects have asked, and what engines were given. What a living process uses is kept, and said. Failures: `io-failed`, `interrupted`, `tool-missing` (no flock).
 */
export const collectGarbage = async (store: Store, options: GcOptions): Promise<Result<CacheGc>> => {
  const log = beginGcLog(store, options.nowMs);
  for (const clean of [
    () => cleanScratch(store, log, options.signal),
    () => cleanKept(store, options.olderThanMs, log, options.signal),
    () => cleanDownloads(store, log),
    () => dropOldAnswers(store, options.olderThanMs, log),
    () => dropOldBisects(store, options.olderThanMs, log),
    () => dropOldMatrices(store, options.olderThanMs, log),
    () => dropOldRecords(store, options.olderThanMs, log, options.signal),
  ]) {
    const cleaned = await clean();
    if (!cleaned.ok) return cleaned;
  }
  return ok(log.report());
};
