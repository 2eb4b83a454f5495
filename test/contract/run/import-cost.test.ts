import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { prettyJson } from '../../../src/model/json.ts';
import type { ImportCost } from '../../../src/model/import-cost.ts';
import { formatImportCost } from '../../../src/report/import-cost.ts';
import { compareImportCost } from '../../../src/run/import-cost.ts';
import { openStore, type Store } from '../../../src/run/store.ts';

const core = 'a'.repeat(64);
const costOf = (library: string, importMs: number, changes: Partial<ImportCost> = {}): ImportCost => ({
  version: 1,
  kind: 'import-cost',
  library,
  interpreter: core,
  cpu: 'a processor',
  rounds: 15,
  bareMs: 7,
  importMs,
  firstDrawMs: 0.5,
  ...changes,
});

describe('the cost of an import, against a build without FIPS', () => {
  let directory: string;
  let store: Store;
  let keys = 0;
  /** Puts a measurement into the store as a prove step leaves it; gives the step's output. */
  const put = async (text: string): Promise<string> => {
    const tree = join(store.steps, String(keys++).padStart(64, '0'), 'tree');
    await mkdir(tree, { recursive: true });
    await writeFile(join(tree, 'import-cost.json'), text);
    return tree;
  };
  const fips = costOf('AWS-LC FIPS 4.2.0', 8.1, { firstDrawMs: 30 });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cost-'));
    const opened = await openStore(join(directory, 'store'));
    if (!opened.ok) throw new Error(opened.error.code);
    store = opened.value;
  });
  afterEach(() => removeTree(directory));

  it('is held against the newest AWS-LC of the same core and processor, and against nothing else', async () => {
    const own = await put(prettyJson(fips));
    for (const other of [
      costOf('AWS-LC 5.9.0', 9),
      costOf('AWS-LC 5.12.0', 1.3),
      costOf('AWS-LC FIPS 9.9.9', 2),
      costOf('OpenSSL 3.0.19', 3),
      costOf('AWS-LC 6.0.0', 4, { interpreter: 'b'.repeat(64) }),
      costOf('AWS-LC 6.0.1', 5, { cpu: 'another' }),
    ]) {
      await put(prettyJson(other));
    }
    await put('{"version": 1, "kind": "import-cost"');
    const compared = await compareImportCost(store, own);
    expect(compared).toEqual({ own: fips, plain: costOf('AWS-LC 5.12.0', 1.3) });
    expect(compared && formatImportCost(compared)).toBe(
      '8.1 ms, first random bytes 30.0 ms of processor time; AWS-LC 5.12.0: 1.3 ms, first random bytes 0.5 ms',
    );
  });

  it('says that there is nothing to compare with, and that nothing was measured', async () => {
    const compared = await compareImportCost(store, await put(prettyJson(fips)));
    expect(compared).toEqual({ own: fips });
    expect(compared && formatImportCost(compared)).toContain('no measurement of a build without FIPS');
    const nothing = await compareImportCost(store, await put(''));
    expect(nothing).toBeUndefined();
    expect(formatImportCost(nothing)).toBe('not measured');
  });
});
