import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { hostMark } from '../../../src/io/owner.ts';
import { collectGarbage } from '../../../src/run/gc.ts';
import { digestWorkPath } from '../../../src/run/inspect.ts';
import { beginEntry, openStore, shareStore, type Store } from '../../../src/run/store.ts';
import { planWith } from '../../rig/plan-inputs.ts';

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'shared-store-'));
  const opened = await openStore(directory);
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  store = opened.value;
});
afterEach(() => removeTree(directory));

const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
const work = 'abcdef012345';
const other = hostMark === '00000000' ? '11111111' : '00000000';
const make = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'file'), 'x');
};
const hour = 60 * 60_000;

describe('a store that several machines share', () => {
  it('on a disk of this machine is what it was', () => {
    expect([store.isShared, store.caution, store.work]).toEqual([false, undefined, join(store.dir, 'work')]);
  });

  it('has a work path for each machine: whoever outlived a run is found on its own', () => {
    const shared = shareStore(store);
    expect(shared.work).toBe(join(store.dir, `work-${hostMark}`));
    const [step] = planWith().steps;
    if (step === undefined) throw new Error('a plan has steps');
    expect(digestWorkPath(shared, step)).not.toBe(digestWorkPath(store, step));
  });

  it('keeps a half-made entry of another machine when the same work begins here', async () => {
    const [theirs, ours, longer] = [
      `${work}-${other}-${uuid}`,
      `${work}-${hostMark}-${uuid}`,
      `${work}9-${hostMark}-${uuid}`,
    ];
    for (const name of [theirs, ours, longer]) await mkdir(join(store.tmp, name));
    const begun = await beginEntry(store, work);
    if (!begun.ok) throw new Error(JSON.stringify(begun.error));
    const left = await readdir(store.tmp);
    expect([left.includes(theirs), left.includes(ours), left.includes(longer)]).toEqual([true, false, true]);
  });

  it('gc takes another machine’s scratch by its age only, our own when its lock is free', async () => {
    const shared = shareStore(store);
    const [ours, theirs] = [`${work}-${hostMark}-${uuid}`, `${work}-${other}-${uuid}`];
    for (const name of [ours, theirs]) await make(join(store.tmp, name));
    for (const host of [hostMark, other]) await make(join(store.dir, `work-${host}`, work));
    const collect = async (inHours: number): Promise<{ removed: readonly string[]; kept: readonly string[] }> => {
      const nowMs = Date.now() + inHours * hour;
      const collected = await collectGarbage(shared, { nowMs, signal: new AbortController().signal });
      if (!collected.ok) throw new Error(JSON.stringify(collected.error));
      return {
        removed: collected.value.removed.map(({ path, what }) => `${path}: ${what}`).sort(),
        kept: collected.value.kept.map(({ path }) => path).sort(),
      };
    };
    expect(await collect(2)).toEqual({
      removed: [`tmp/${ours}`, `work-${hostMark}/${work}`].map((path) => `${path}: left by a run that was ended`),
      kept: [`tmp/${theirs}`, `work-${other}/${work}`],
    });
    expect(await collect(30)).toEqual({
      removed: [`tmp/${theirs}`, `work-${other}/${work}`].map((path) => `${path}: left by another machine`),
      kept: [],
    });
  });
});
