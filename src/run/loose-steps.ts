import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import type { Listener } from '../model/event.ts';
import type { Host } from '../model/host.ts';
import type { Plan, Step } from '../model/plan.ts';
import { fail, type Result } from '../model/result.ts';
import { buildEnvironment } from '../plan/environment.ts';
import type { FetchPolicy } from '../steps/context.ts';
import { toolDir } from './data.ts';
import { executePlan, type StepOutcome } from './execute.ts';
import { stepFunctions } from './step-functions.ts';
import type { Store } from './store.ts';

/** What runs steps that are of no recipe. */
export interface LooseStepsInput {
  readonly host: Host;
  readonly store: Store;
  readonly fetch: FetchPolicy;
  /** The caller's PATH, absolute directories only. */
  readonly path: string;
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/**
 * Runs steps that belong to no cell and no run record, as many at once as there are jobs: one that fails does not stop
 * the others. Their logs lie in a scratch directory that `use` may write in and that is gone after it. Failures: those of
 * `use`, and `io-failed` or `disk-full` for the directory.
 */
export const runLooseSteps = async <T>(
  name: string,
  steps: readonly Step[],
  goals: readonly Step[],
  input: LooseStepsInput,
  use: (outcomes: readonly StepOutcome[], scratch: string) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const { host, store, jobs } = input;
  const plan: Plan = {
    version: 1,
    kind: 'plan',
    recipe: name,
    resolved: [],
    notes: [],
    platform: host.platform,
    tools: [...host.tools],
    assets: [],
    environment: { ...buildEnvironment },
    test: { preset: 'quick', files: [], match: [] },
    cells: [],
    steps: [...new Map(steps.map((step) => [step.id, step])).values()],
  };
  const scratch = join(store.tmp, `${name}-${randomUUID()}`);
  try {
    await mkdir(scratch, { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, scratch, 'make'));
  }
  try {
    const outcomes = await executePlan({
      plan,
      goals,
      store,
      machine: host.machine,
      functions: stepFunctions,
      jobs,
      keepGoing: true,
      toolDir,
      path: input.path,
      logDir: scratch,
      fetch: input.fetch,
      rerun: [],
      signal: input.signal,
      listener: input.listener,
    });
    return await use(outcomes, scratch);
  } finally {
    await removeTree(scratch);
  }
};
