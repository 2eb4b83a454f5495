import { findFileSystem, findLockLimit, isShared } from '../io/file-system.ts';
import type { Finding } from '../model/doctor.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { parseCache, type CacheOptions } from './cache-options.ts';
import type { CommandContext } from './context.ts';

/** What a remote cache said when it was asked. */
export interface CacheState {
  /** Why it cannot be read; nothing when it can. */
  readonly unread?: string;
  /** Whether this run may write, as far as it asked; and why not. */
  readonly write: { readonly asked: boolean; readonly refused?: string };
  /** Credentials go over the network so that everybody on the way can read them. */
  readonly isOpen: boolean;
}

/** The file system of the store, when other machines can have the same files. */
export interface SharedStore {
  readonly type: string;
  readonly mountPoint: string;
  /** Why locks do not hold between machines, as far as the mount tells. */
  readonly limit?: string;
}

/** Asks the remote cache that the options or the environment name, if they name one. Failure: `usage`. */
export const readCacheState = async (
  options: CacheOptions,
  context: CommandContext,
): Promise<Result<CacheState | undefined, readonly Failure[]>> => {
  const parsed = await parseCache(options, context);
  if (!parsed.ok) return parsed;
  const settings = parsed.value;
  if (settings === undefined) return ok(undefined);
  const [{ openCacheLink }, { defaultCachePolicy }] = await Promise.all([
    import('../io/cache-link.ts'),
    import('../io/cache-policy.ts'),
  ]);
  const said: string[] = [];
  const link = openCacheLink({
    ...settings,
    environment: context.env,
    // One answer is wanted, and a person waits for it.
    policy: { ...defaultCachePolicy, stallTimeoutMs: 5000, failures: 1 },
    signal: context.signal,
    notice: (text) => said.push(text),
  });
  try {
    const isRead = (await link.has(`steps/${'0'.repeat(64)}.json`)) !== undefined;
    const mayPut = isRead && settings.mayWrite && (await link.mayPut());
    if (context.signal.aborted) return fail([{ code: 'interrupted', signal: String(context.signal.reason) }]);
    const reason = said
      .map((text) => text.replace(/^the cache (?:is left alone for the rest of this run: )?/, ''))
      .join('; ');
    return ok({
      ...(isRead ? {} : { unread: reason }),
      write: {
        asked: settings.mayWrite && isRead,
        ...(settings.mayWrite && isRead && !mayPut ? { refused: reason } : {}),
      },
      isOpen: settings.authorization !== undefined && settings.url.startsWith('http:'),
    });
  } finally {
    await link.close();
  }
};

/** What the store's file system says of itself; nothing of one that is this machine's only. */
export const readSharedStore = async (store: string, root?: string): Promise<SharedStore | undefined> => {
  const system = await findFileSystem(store, root);
  if (system === undefined || !isShared(system)) return undefined;
  const limit = findLockLimit(system);
  const { type, mountPoint } = system;
  return { type, mountPoint, ...(limit === undefined ? {} : { limit }) };
};

const cacheFindings = ({ unread, write, isOpen }: CacheState): readonly Finding[] => {
  const area = 'cache';
  if (unread !== undefined) {
    const next = 'Builds do without it: they make themselves what it would have.';
    return [{ area, name: 'reading', level: 'note', text: unread, next }];
  }
  return [
    { area, name: 'reading', level: 'ok', text: 'it answers, and may be read' },
    ...(write.asked
      ? write.refused === undefined
        ? [{ area, name: 'writing', level: 'ok', text: 'it may be written to' } as const]
        : [{ area, name: 'writing', level: 'note', text: write.refused } as const]
      : []),
    ...(isOpen
      ? [
          {
            area,
            name: 'credentials',
            level: 'note',
            text: 'they go over the network as they are (http)',
            next: 'Use https, or a network that you trust.',
          } as const,
        ]
      : []),
  ];
};

/** What there is to say of a remote cache, and of a store that machines share. */
export const judgeSharing = (cache: CacheState | undefined, store: SharedStore | undefined): readonly Finding[] => [
  ...(store === undefined
    ? []
    : [
        {
          area: 'resources',
          name: 'store',
          level: store.limit === undefined ? 'ok' : 'note',
          text:
            store.limit === undefined
              ? `on ${store.type} (${store.mountPoint}), which machines can share; every run tries whether locks hold`
              : `on ${store.type} (${store.mountPoint}): locks do not hold between machines, since ${store.limit}`,
          ...(store.limit === undefined ? {} : { next: 'Let one machine at a time use it, or mount it with locks.' }),
        } as const,
      ]),
  ...(cache === undefined ? [] : cacheFindings(cache)),
];
