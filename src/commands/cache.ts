import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import type { CacheVerify } from '../model/cache.ts';
import { formatCacheGc, formatCacheStatus, formatCacheVerify } from '../report/cache.ts';
import { collectGarbage } from '../run/gc.ts';
import { measureStore } from '../run/store-use.ts';
import { openStore, type Store } from '../run/store.ts';
import { verifyStore } from '../run/verify-store.ts';
import type { CommandContext } from './context.ts';
import { locateStore } from './settings.ts';

export interface CacheOptions {
  readonly json?: boolean;
  readonly store?: string;
  /** Days, as a text that is yet to be checked. */
  readonly olderThan?: string;
}

const dayMs = 24 * 60 * 60_000;

type Action = (store: Store, options: CacheOptions, context: CommandContext) => Promise<readonly Failure[]>;

const showStatus: Action = async (store, options, context) => {
  const status = await measureStore(store);
  context.out(options.json === true ? prettyJson(status) : formatCacheStatus(status));
  return [];
};

const verify: Action = async (store, options, context) => {
  let shown = '';
  const progress = (text: string): void => {
    if (!context.terminal.canDraw) return;
    context.err(`\r${text.padEnd(shown.length)}`);
    shown = text;
  };
  const verified = await verifyStore(store, { signal: context.signal, progress });
  if (shown !== '') context.err(`\r${' '.repeat(shown.length)}\r`);
  if (!verified.ok) return [verified.error];
  const { damaged, ...counts } = verified.value;
  const report: CacheVerify = {
    version: 1,
    kind: 'cache-verify',
    store: store.dir,
    ...counts,
    damaged: [...damaged],
  };
  context.out(options.json === true ? prettyJson(report) : formatCacheVerify(report));
  return damaged.map((damage) => ({ code: 'store-damaged', ...damage }));
};

const collect: Action = async (store, options, context) => {
  const days = options.olderThan === undefined ? undefined : Number(options.olderThan);
  if (days !== undefined && !(Number.isFinite(days) && days >= 0 && options.olderThan?.trim() !== '')) {
    return [
      { code: 'usage', message: `--older-than ${options.olderThan ?? ''}: must be a number of days, 0 or more.` },
    ];
  }
  const collected = await collectGarbage(store, {
    ...(days === undefined ? {} : { olderThanMs: days * dayMs }),
    nowMs: Date.now(),
    signal: context.signal,
  });
  if (!collected.ok) return [collected.error];
  context.out(options.json === true ? prettyJson(collected.value) : formatCacheGc(collected.value));
  return [];
};

/**
 * Looks after the store: `status` says what takes how much room, `verify` hashes everything and takes damaged entries out,
 * `gc` removes what is of no use any more. Failures: `usage`, `store-damaged` (one for each entry), `io-failed`.
 */
export const runCache = async (
  action: string,
  options: CacheOptions,
  context: CommandContext,
): Promise<readonly Failure[]> => {
  const actions: Readonly<Record<string, Action>> = { status: showStatus, verify, gc: collect };
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) {
    return [{ code: 'usage', message: `cache ${action}: must be one of ${Object.keys(actions).join(', ')}.` }];
  }
  if (options.olderThan !== undefined && action !== 'gc') {
    return [{ code: 'usage', message: `--older-than belongs to cache gc, not to cache ${action}.` }];
  }
  const store = await openStore(locateStore(options.store, context));
  return store.ok ? run(store.value, options, context) : [store.error];
};
