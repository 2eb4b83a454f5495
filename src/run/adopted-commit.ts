import type { Source } from '../model/source.ts';
import { planSource } from '../plan/sources.ts';
import { listKeys, lookupStep, readStepRecord, type Store } from './store.ts';

/**
 * The tree of a `git:URL#COMMIT` that is in the store already. A whole id says what the commit is, so that no repository
 * has to be asked; nothing for a branch, a tag or an id that is cut short. Contents are hashed when they are used.
 */
export const recallCommit = async (
  asked: string,
  subject: 'awslc' | 'cpython',
  store: Store,
): Promise<{ readonly source: Extract<Source, { kind: 'tree' }>; readonly tree: string } | undefined> => {
  const commit = /^git:.+#([0-9a-f]{40})$/.exec(asked)?.[1];
  if (commit === undefined) return undefined;
  for (const key of await listKeys(store)) {
    const record = await readStepRecord(store, key);
    if (record?.commit !== commit) continue;
    const source = { kind: 'tree', description: 'a commit', treeDigest: record.treeDigest, commit } as const;
    if (planSource(source, subject, subject).tree.fingerprint !== key) continue;
    const found = await lookupStep(store, key);
    if (found.state === 'present') return { source, tree: found.stored.tree };
  }
  return undefined;
};
