import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../io/tree.ts';
import { digestText, digestValue } from '../model/digest.ts';
import type { Failure } from '../model/failure.ts';
import type { Step, StepKind } from '../model/plan.ts';
import type { Machine } from '../model/record.ts';
import { lookupStep, verifyStored, type Lookup, type Store, type StoredStep } from './store.ts';

/** Results of these kinds are true of one machine only; they are kept apart by its facts. */
export const machineKinds: readonly StepKind[] = ['prove', 'test'];

/** The store's key of a step: its fingerprint, and for proofs and test results the machine too. */
export const storeKey = (step: Step, machine: Machine): string =>
  machineKinds.includes(step.kind) ? digestValue({ fingerprint: step.fingerprint, machine }) : step.fingerprint;

/** The name of a step's work path and lock: steps whose tools write absolute paths into what they make share one. */
export const nameWork = (step: Step): string => step.workKey.slice(0, 12);

/** What the record of a step that writes its work path into its output says of that path. */
export const digestWorkPath = (store: Store, step: Step): string => digestText(join(store.work, nameWork(step)));

const damaged = (path: string, expected: string, found: string): Lookup => ({
  state: 'damaged',
  failure: { code: 'store-damaged', path, expected, found },
});

/** A tree that cannot be read at all is as good as damaged. */
const damagedBy = (path: string, failure: Failure): Lookup =>
  failure.code === 'store-damaged'
    ? { state: 'damaged', failure }
    : damaged(path, 'a tree that can be read', failure.code === 'io-failed' ? failure.reason : failure.code);

/** What configure wrote is full of its work path: in a store that was moved or copied it would compile somewhere else. */
const checkPlace = (store: Store, step: Step, stored: StoredStep): Lookup | undefined =>
  step.kind !== 'configure' || stored.record.workDigest === digestWorkPath(store, step)
    ? undefined
    : damaged(stored.tree, "the work path of this store's own place", 'the path of a store at another place');

/** A fetch step's output is the download beside the store's entries: without it the record is worth nothing. */
const checkDownloads = async (store: Store, step: Step, closely: boolean): Promise<Lookup | undefined> => {
  const wanted = step.actions.flatMap((action): readonly { readonly sha256: string; readonly sizeBytes?: number }[] => {
    if (action.do === 'fetch') return [action.archive];
    // Of wheels a plan knows no sizes.
    return action.do === 'fetch-wheels' ? action.wheels.map(({ sha256 }) => ({ sha256 })) : [];
  });
  for (const { sha256, sizeBytes } of wanted) {
    const path = join(store.downloads, sha256);
    const size = await stat(path).then(
      (seen) => seen.size,
      () => undefined,
    );
    if (size === undefined || (sizeBytes !== undefined && size !== sizeBytes)) {
      return damaged(
        path,
        sizeBytes === undefined ? 'a wheel' : `${sizeBytes} bytes`,
        size === undefined ? 'no file' : `${size} bytes`,
      );
    }
    const digest = closely ? await hashFile(path).catch(() => 'unreadable') : sha256;
    if (digest !== sha256) return damaged(path, `sha256 ${sha256}`, `sha256 ${digest}`);
  }
  return undefined;
};

/** Looks at everything that the store has of a step, by every byte: before something is made from it. */
export const inspectClosely = async (store: Store, step: Step, stored: StoredStep): Promise<Lookup> => {
  const verified = await verifyStored(stored);
  if (!verified.ok) return damagedBy(stored.tree, verified.error);
  return (await checkDownloads(store, step, true)) ?? { state: 'present', stored };
};

/** Looks a step up by names, sizes and times; a proof or a result, which is shown as it is, by every byte. */
export const inspectStep = async (store: Store, step: Step, machine: Machine): Promise<Lookup> => {
  const looked = await lookupStep(store, storeKey(step, machine));
  if (looked.state !== 'present') return looked;
  if (machineKinds.includes(step.kind)) return inspectClosely(store, step, looked.stored);
  return checkPlace(store, step, looked.stored) ?? (await checkDownloads(store, step, false)) ?? looked;
};
