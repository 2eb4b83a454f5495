import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../../src/io/files.ts';
import type { Plan, Step } from '../../../src/model/plan.ts';
import type { Result } from '../../../src/model/result.ts';
import { makeStep } from '../../../src/plan/step.ts';
import type { StepOutcome } from '../../../src/run/execute.ts';
import { storeKey } from '../../../src/run/inspect.ts';
import { beginEntry, commitEntry, openStore, type Store, type StoredStep } from '../../../src/run/store.ts';
import { makeForgetting } from '../../../src/run/superseded.ts';
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
