import { mkdtemp, readdir } from 'node:fs/promises';
import { mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import { beginGcLog } from '../../../src/run/gc-log.ts';
import { collectGarbage } from '../../../src/run/gc.ts';
import { findRunGoingOn } from '../../../src/run/gc-steps.ts';
import { runSession } from '../../../src/run/session.ts';
import { openStore, type Store } from '../../../src/run/store.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

let directory: string;
let store: Store;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'session-'));
  const opened = await openStore(directory);
  if (!opened.ok) throw new Error(opened.error.code);
  store = opened.value;
});
afterEach(() => removeTree(directory));

it('a run that cannot write its record does not go on, though its process lives', async () => {
  const session = await runSession({
    prepared: {
      plan: { ...planWith(), cells: [], steps: [] },
      host: fixedHost,
      assets: [],
      checkouts: new Map(),
    },
    stage: 'build',
    command: 'build',
    version: '1.0.0',
    store,
    jobs: 1,
    path: '/usr/bin:/bin',
    fetch: { offline: true, mirrors: [], callerEnvironment: {} },
    rerun: false,
    signal: new AbortController().signal,
    listener: (event) => {
      // In its place something else: no file can be put there.
      if (event.type !== 'run-finished') return;
      for (const id of readdirSync(store.runs)) mkdirSync(join(store.runs, id, 'run.json'));
    },
  });
  expect(session.failures.map(({ code }) => code)).toEqual(['io-failed']);
  const [id = ''] = await readdir(store.runs);
  await removeTree(join(store.runs, id, 'run.json'));
  expect(await findRunGoingOn(store, beginGcLog(store, Date.now()))).toBeUndefined();
  const collected = await collectGarbage(store, { nowMs: Date.now(), signal: new AbortController().signal });
  expect(collected).toMatchObject({ value: { removed: [{ path: `runs/${id}` }], kept: [] } });
});
