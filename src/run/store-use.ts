import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { measureDiskUse } from '../io/disk-use.ts';
import { storePartSchema, type CacheStatus, type StorePart } from '../model/cache.ts';
import { compareCodeUnits } from '../model/json.ts';
import type { Store } from './store.ts';
import { listStoredSteps } from './stored-steps.ts';

type Use = CacheStatus['parts'][StorePart];

/** Measures what each part of the store, and each kind of step, takes on the disk. */
export const measureStore = async (store: Store): Promise<CacheStatus> => {
  const seen = new Set<string>();
  const kinds = new Map<string, Use>();
  const kindOf = new Map((await listStoredSteps(store)).steps.map(({ key, kind }) => [key, kind]));
  const measurePart = async (part: StorePart): Promise<Use> => {
    const names = (await readdir(store[part])).sort(compareCodeUnits);
    const total = { entries: 0, diskBytes: 0 };
    for (const name of names) {
      const { diskBytes } = await measureDiskUse(join(store[part], name), seen);
      // Names of the newest runs are no run.
      if (name !== 'newest') total.entries += 1;
      total.diskBytes += diskBytes;
      if (part !== 'steps') continue;
      const kind = kindOf.get(name) ?? 'unreadable';
      const known = kinds.get(kind) ?? { entries: 0, diskBytes: 0 };
      kinds.set(kind, { entries: known.entries + 1, diskBytes: known.diskBytes + diskBytes });
    }
    return total;
  };
  const parts = {
    downloads: await measurePart('downloads'),
    steps: await measurePart('steps'),
    work: await measurePart('work'),
    kept: await measurePart('kept'),
    runs: await measurePart('runs'),
    answers: await measurePart('answers'),
    bisects: await measurePart('bisects'),
    matrices: await measurePart('matrices'),
    tmp: await measurePart('tmp'),
  };
  return {
    version: 1,
    kind: 'cache-status',
    store: store.dir,
    parts,
    steps: [...kinds].sort(([, a], [, b]) => b.diskBytes - a.diskBytes).map(([kind, use]) => ({ kind, ...use })),
    diskBytes: storePartSchema.options.reduce((sum, part) => sum + parts[part].diskBytes, 0),
  };
};
