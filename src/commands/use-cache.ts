import type { SessionOptions } from '../run/session.ts';
import { selectGoals } from '../plan/plan.ts';
import type { CommandContext } from './context.ts';
import type { Opened } from './open.ts';

/** A session's use of a remote cache, and what it ends with. */
export interface CacheUse {
  readonly session: Pick<SessionOptions, 'fetch' | 'sharing'>;
  /** Waits until what is written is there. */
  readonly finish: () => Promise<void>;
}

/** Opens the remote cache of a selection, if it has one: its client costs others nothing. */
export const openCacheUse = async (
  { cache, fetch, prepared, store }: Opened,
  stage: SessionOptions['stage'],
  context: CommandContext,
  notice: (text: string) => void,
): Promise<CacheUse> => {
  if (cache === undefined) return { session: { fetch }, finish: () => Promise.resolve() };
  const { openSharing } = await import('../run/sharing.ts');
  const sharing = openSharing({
    settings: cache,
    plan: prepared.plan,
    store,
    environment: context.env,
    signal: context.signal,
    notice,
  });
  return {
    session: { fetch: { ...fetch, askCache: sharing.cache.getArchive }, sharing },
    finish: () => sharing.finish(selectGoals(prepared.plan, stage)),
  };
};
