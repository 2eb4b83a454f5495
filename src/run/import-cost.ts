import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import {
  importCostSchema,
  isPlainCounterpart,
  type ImportCost,
  type ImportCostComparison,
} from '../model/import-cost.ts';
import { compareVersions } from '../model/version.ts';
import { listKeys, type Store } from './store.ts';

/** Beside a proof in its step's output. */
const fileName = 'import-cost.json';

const versionOf = ({ library }: ImportCost): string => library.replace(/^AWS-LC /, '');

/** Reads what was measured beside a proof. Nothing when there is none that can be read: it judges nothing, and reports say that it was not measured. */
const readCost = async (tree: string): Promise<ImportCost | undefined> => {
  const read = await readJson(importCostSchema, join(tree, fileName));
  return read.ok ? read.value : undefined;
};

/**
 * What importing a FIPS build costs, and the newest AWS-LC without FIPS that the store has a measurement of, on the same
 * core and processor. Nothing when the proof in `tree` has no measurement beside it.
 */
export const compareImportCost = async (store: Store, tree: string): Promise<ImportCostComparison | undefined> => {
  const own = await readCost(tree);
  if (own === undefined) return undefined;
  const known = await Promise.all((await listKeys(store)).map((key) => readCost(join(store.steps, key, 'tree'))));
  const plain = known
    .flatMap((cost) => (cost !== undefined && isPlainCounterpart(cost, own) ? [cost] : []))
    .sort((a, b) => compareVersions(versionOf(a), versionOf(b)))
    .at(-1);
  return { own, ...(plain === undefined ? {} : { plain }) };
};
