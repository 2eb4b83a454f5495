import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import { storedStepSchema, type StoredStepFacts } from '../model/inventory.ts';
import { checkSchema, compareCodeUnits } from '../model/json.ts';
import { stepRecordSchema } from '../model/record.ts';
import { listKeys, type Store } from './store.ts';

/** Finished steps as their records tell them, oldest first, and keys whose record cannot be read. No tree is looked at. */
export const listStoredSteps = async (
  store: Store,
): Promise<{ readonly steps: readonly StoredStepFacts[]; readonly unreadable: readonly string[] }> => {
  const steps: StoredStepFacts[] = [];
  const unreadable: string[] = [];
  for (const key of await listKeys(store)) {
    const record = await readJson(stepRecordSchema, join(store.steps, key, 'record.json'));
    if (!record.ok) {
      unreadable.push(key);
      continue;
    }
    const { id, title, startedAt, durationMs, treeBytes, treeFiles } = record.value;
    const [, kind, subject] = /^([a-z]+)-(.+)-[0-9a-f]{12}$/.exec(id) ?? [];
    const facts = checkSchema(storedStepSchema, {
      key,
      kind,
      subject,
      title,
      startedAt,
      durationMs,
      treeBytes,
      treeFiles,
    });
    if (facts.ok) steps.push(facts.value);
    else unreadable.push(key);
  }
  return { steps: steps.sort((a, b) => compareCodeUnits(a.startedAt, b.startedAt)), unreadable };
};
