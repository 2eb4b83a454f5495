import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheEntry } from '../../src/model/cache-entry.ts';
import type { StepRecord } from '../../src/model/record.ts';
import type { CacheServer } from './cache-server.ts';
import type { CliResult } from './cli.ts';

/** Calls of a small world's tools that a whole entry spares. */
export const compiling = ['cmake --build', 'cmake -G', 'gcc -E', 'gcc -fsyntax-only', 'make -f', 'make install'];

/** Tree digests of a store's finished steps, by kind and subject. */
export const digestsOf = async (store: string): Promise<Readonly<Record<string, string>>> => {
  const steps = join(store, 'v1/steps');
  const records = await Promise.all(
    (await readdir(steps)).map(
      async (key) => JSON.parse(await readFile(join(steps, key, 'record.json'), 'utf8')) as StepRecord,
    ),
  );
  return Object.fromEntries(records.map(({ id, treeDigest }) => [id.replace(/-[0-9a-f]{12}$/, ''), treeDigest]));
};

/** How many steps of the first cell came how. */
export const stepsOf = (result: CliResult): unknown =>
  (JSON.parse(result.stdout) as { cells: readonly { steps: unknown }[] }).cells[0]?.steps;

/** The entry of a step on a server: `compile-core`. */
export const findEntry = (server: CacheServer, id: string): { readonly path: string; readonly entry: CacheEntry } => {
  for (const [path, bytes] of server.files) {
    if (!path.startsWith('/v1/steps/')) continue;
    const entry = JSON.parse(bytes.toString('utf8')) as CacheEntry;
    if (entry.record.id.startsWith(`${id}-`)) return { path, entry };
  }
  throw new Error(`no entry of ${id}`);
};

/** Changes what a server says of a step. */
export const editEntry = (server: CacheServer, id: string, change: Partial<CacheEntry>): void => {
  const { path, entry } = findEntry(server, id);
  server.files.set(path, Buffer.from(JSON.stringify({ ...entry, ...change })));
};

/** Puts another blob in the place of an entry's own, as a cache does that lies consistently. */
export const swapBlob = (server: CacheServer, id: string, blob: Buffer): void => {
  const sha256 = createHash('sha256').update(blob).digest('hex');
  server.files.set(`/v1/blobs/${sha256}`, blob);
  editEntry(server, id, { blob: { sha256, sizeBytes: blob.length } });
};
