import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Plan, Step } from '../../../src/model/plan.ts';
import type { Result } from '../../../src/model/result.ts';
import { makeStep } from '../../../src/plan/step.ts';
import type { StepOutcome } from '../../../src/run/execute.ts';
import { readKeptContents } from '../../../src/run/gc-kept.ts';
import { storeKey } from '../../../src/run/inspect.ts';
import { openKept } from '../../../src/run/kept.ts';
import { beginEntry, commitEntry, openStore, type Store, type StoredStep } from '../../../src/run/store.ts';
import { findSuperseded, makeForgetting } from '../../../src/run/superseded.ts';
import { fixedHost, planWith } from '../../rig/plan-inputs.ts';

const { machine } = fixedHost;
let directory: string;
let store: Store;
const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'superseded-'));
  store = unwrap(await openStore(directory));
});
afterEach(() => removeTree(directory));

/** The source of a content and the library that is compiled of it. */
const stepsOf = (content: string): { readonly source: Step; readonly library: Step } => {
  const source = makeStep({
    kind: 'unpack',
    subject: 'awslc',
    title: 'take AWS-LC',
    inputs: {},
    actions: [{ do: 'adopt', source: 'a directory', treeDigest: content }],
    alsoDependsOn: '',
  });
  const library = makeStep({
    kind: 'compile',
    subject: 'awslc',
    title: 'compile AWS-LC',
    inputs: { awslc: source },
    actions: [],
    keepsFor: { role: 'awslc', content },
    alsoDependsOn: '',
  });
  return { source, library };
};
const planOf = (...steps: readonly Step[]): Plan => ({ ...planWith(), cells: [], steps: [...steps] });

const commit = async (step: Step, startedAt: Date): Promise<StoredStep> => {
  const entry = unwrap(await beginEntry(store, step.id));
  const { id, fingerprint, title } = step;
  return unwrap(
    await commitEntry(store, storeKey(step, machine), entry, {
      version: 1,
      kind: 'step',
      id,
      fingerprint,
      title,
      startedAt: startedAt.toISOString(),
      durationMs: 5,
      commands: [],
    }),
  );
};

describe('what checkouts have no more', () => {
  /** Builds contents of a checkout, all in one way, in the tree that is kept for it. */
  const buildIn = async (checkout: string, ...contents: readonly string[]): Promise<void> => {
    for (const content of contents) {
      const tree = unwrap(
        await openKept({
          store,
          key: stepsOf(content).library.keeps?.key ?? '',
          checkout,
          content,
          title: 'compile AWS-LC',
          signal: new AbortController().signal,
          notice: () => undefined,
        }),
      );
      await mkdir(join(tree.path, 'build'), { recursive: true });
      unwrap(await tree.close(undefined));
      await tree.release();
    }
  };
  /** Those of the contents whose outputs are superseded. */
  const superseded = async (...contents: readonly string[]): Promise<readonly string[]> => {
    const kept = await readKeptContents(store);
    return contents.filter((content) => {
      const steps = Object.values(stepsOf(content));
      const keys = findSuperseded({ plan: planOf(...steps), machine }, kept);
      expect([[], steps.map((step) => storeKey(step, machine))]).toContainEqual(keys);
      return keys.length > 0;
    });
  };

  it('is what a kept tree was of before, not what a checkout has whose own tree was lost', async () => {
    await buildIn('/mine', 'a', 'b');
    // Of another checkout, built in the same way: its next build was ended, so that nothing is known of its tree.
    expect(await superseded('a', 'b', 'c')).toEqual(['a']);
    await buildIn('/other', 'a');
    expect(await superseded('a', 'b', 'c')).toEqual([]);
  });
});

describe('a watch', () => {
  it('forgets what it made itself of contents long ago, and leaves what others made', async () => {
    const forget = makeForgetting(store, machine);
    const round = async (content: string, madeBy: 'watch' | 'other'): Promise<void> => {
      const { source, library } = stepsOf(content);
      const startedAt = madeBy === 'watch' ? new Date() : new Date(performance.timeOrigin - 60_000);
      const outcome = async (step: Step, how: StepOutcome['outcome']): Promise<StepOutcome> => ({
        step,
        outcome: how,
        durationMs: 5,
        stored: await commit(step, startedAt),
      });
      // Planning puts a source into the store.
      const outcomes = [
        await outcome(source, 'recorded'),
        await outcome(library, madeBy === 'watch' ? 'done' : 'recorded'),
      ];
      unwrap(await forget(planOf(source, library), outcomes));
    };
    await round('a', 'other');
    for (const content of ['b', 'c', 'd', 'e', 'f']) await round(content, 'watch');
    const left = ['a', 'd', 'e', 'f'].flatMap((content) => Object.values(stepsOf(content)));
    expect(await readdir(store.steps)).toEqual(left.map((step) => storeKey(step, machine)).sort());
  });
});
