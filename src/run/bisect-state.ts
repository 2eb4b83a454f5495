import { join } from 'node:path';
import { readJson, writeJsonAtomic } from '../io/files.ts';
import { bisectStateSchema, type BisectQuestion, type BisectState } from '../model/bisect.ts';
import type { Result } from '../model/result.ts';
import type { Store } from './store.ts';

const fileOf = (store: Store, id: string): string => join(store.bisects, `${id}.json`);

/** A bisect that has asked nothing. `id` is the digest of its question and range. */
export const beginBisectState = (id: string, question: BisectQuestion): BisectState => ({
  version: 1,
  kind: 'bisect-state',
  id,
  question,
  asked: [],
});

/** What a bisect has asked so far. It only spares work: one that cannot be read is said, and begun anew. */
export const loadBisectState = async (
  store: Store,
  id: string,
  question: BisectQuestion,
  notice: (text: string) => void,
): Promise<BisectState> => {
  const read = await readJson(bisectStateSchema, fileOf(store, id));
  if (read.ok) return read.value;
  if (read.error.kind !== 'absent') {
    notice(`what this bisect asked before cannot be read (${fileOf(store, id)}): it begins anew`);
  }
  return beginBisectState(id, question);
};

/** Keeps what was asked, in place of what is known of the same candidate. Failures: `io-failed`, `disk-full`. */
export const keepAsked = async (
  store: Store,
  state: BisectState,
  asked: BisectState['asked'][number],
): Promise<Result<void>> => {
  state.asked = [...state.asked.filter(({ candidate }) => candidate !== asked.candidate), asked];
  return writeJsonAtomic(fileOf(store, state.id), state);
};
