import { join } from 'node:path';
import { acquireLock, type Lock } from '../io/lock.ts';
import { describeSelf } from '../io/owner.ts';
import { endStrays } from '../io/strays.ts';
import type { Listener } from '../model/event.ts';
import type { Failure, FailureOf } from '../model/failure.ts';
import type { Plan, Step, StepKind } from '../model/plan.ts';
import type { Machine, StepRecord } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { CompileCache, FetchPolicy, StepFunction } from '../steps/context.ts';
import { inspectClosely, inspectStep, machineKinds, nameWork, storeKey } from './inspect.ts';
import { runStep } from './run-step.ts';
import { makeSchedule, type Schedule } from './schedule.ts';
import type { Sharing } from './sharing.ts';
import { takeStep } from './take-step.ts';
import { discardStep, lookupStep, type Lookup, type Store, type StoredStep } from './store.ts';

/** How a step of a run came out. */
export interface StepOutcome {
  readonly step: Step;
  readonly outcome: 'done' | 'cached' | 'recorded' | 'failed' | 'not-run';
  readonly durationMs: number;
  readonly stored?: StoredStep;
  readonly failure?: Failure;
}

export interface ExecuteOptions {
  readonly plan: Plan;
  /** Steps to bring about; what they need is run only when they are not in the store. */
  readonly goals: readonly Step[];
  readonly store: Store;
  readonly machine: Machine;
  readonly functions: Readonly<Record<StepKind, StepFunction>>;
  readonly jobs: number;
  /** Whether other goals are still brought about after a failure. */
  readonly keepGoing?: boolean;
  /** Whether what a step gave ends the run as a failure would, where nothing keeps going; never unless given. */
  readonly isUnwanted?: (outcome: StepOutcome) => Promise<boolean>;
  /** Where the checkout of each content is that a build tree is kept for. */
  readonly checkouts?: ReadonlyMap<string, string>;
  /** Directory of the files that run inside the built Python. */
  readonly toolDir: string;
  /** Absolute directories of the caller's PATH, joined. */
  readonly path: string;
  readonly logDir: string;
  readonly fetch: FetchPolicy;
  /** Goes in front of compilers where a plan allows it. */
  readonly compileCache?: CompileCache | undefined;
  /** Takes from a remote cache what the store has not, and gives it what is made here. */
  readonly sharing?: Sharing | undefined;
  /** Kinds whose recorded result is not taken. */
  readonly rerun: readonly StepKind[];
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/**
 * Whether nothing that a step waits for stands in its way. Of what several cells know each for itself, as that they can compile,
 * one is enough: a shared step is of use to that cell, and the others' own steps wait for their own answers.
 */
const mayBegin = (inputs: readonly StepOutcome[], earlier: readonly StepOutcome[]): boolean => {
  const kindOf = ({ step }: StepOutcome): string => `${step.kind}-${step.subject}`;
  const kinds = new Set(earlier.map(kindOf));
  const passed = new Set(earlier.filter(({ stored }) => stored !== undefined).map(kindOf));
  return inputs.every(({ stored }) => stored !== undefined) && kinds.size === passed.size;
};

/** What a person wants to know of a step that was just done. */
const noteOf = ({ origin, kept, compileCache }: StepRecord): string | undefined => {
  if (origin !== undefined) return `from ${origin}`;
  if (compileCache !== undefined) {
    return `ccache had ${compileCache.hits} of ${compileCache.hits + compileCache.misses} files`;
  }
  if (kept === undefined) return undefined;
  const { incremental, since, changedFiles } = kept;
  return incremental
    ? `incremental since ${since}, changed files: ${changedFiles}`
    : 'clean, and kept for the next time';
};

class Executor {
  readonly #options: ExecuteOptions;
  readonly #byId: ReadonlyMap<string, Step>;
  readonly #schedule: Schedule;
  readonly #started = new Map<string, Promise<StepOutcome>>();
  readonly #whole = new Map<string, Promise<StepOutcome>>();
  #failed = false;

  constructor(options: ExecuteOptions) {
    this.#options = options;
    this.#byId = new Map(options.plan.steps.map((step) => [step.id, step]));
    this.#schedule = makeSchedule(options.plan.steps, options.jobs);
  }

  /** Brings a step about once, however many need it. */
  ensure(step: Step): Promise<StepOutcome> {
    const running = this.#started.get(step.id);
    if (running !== undefined) return running;
    const outcome = this.#bring(step);
    this.#started.set(step.id, outcome);
    return outcome;
  }

  async outcomes(): Promise<readonly StepOutcome[]> {
    return Promise.all(this.#started.values());
  }

  async #bring(step: Step): Promise<StepOutcome> {
    const outcome = await this.#bringStep(step);
    const { isUnwanted } = this.#options;
    if (outcome.stored !== undefined && isUnwanted !== undefined && (await isUnwanted(outcome))) this.#failed = true;
    return outcome;
  }

  async #bringStep(step: Step): Promise<StepOutcome> {
    const before = await this.#lookup(step);
    if (before.state === 'present') return this.#recorded(step, before.stored);
    const taken = await this.#take(step);
    if (taken !== undefined) return taken;
    this.#schedule.want(step);
    try {
      return await this.#bringAbsent(step);
    } finally {
      this.#schedule.leave(step);
    }
  }

  async #bringAbsent(step: Step): Promise<StepOutcome> {
    const { listener } = this.#options;
    const find = (id: string): Step => {
      const needed = this.#byId.get(id);
      if (needed === undefined) throw new Error(`step ${step.id} needs ${id}, which the plan lacks`);
      return needed;
    };
    // Before a slot is taken: an input that has to be made again needs slots itself.
    const [inputs, earlier] = await Promise.all([
      Promise.all(Object.values(step.inputs).map((id) => this.#ensureWhole(find(id)))),
      Promise.all((step.after ?? []).map((id) => this.ensure(find(id)))),
    ]);
    if (!mayBegin(inputs, earlier)) return { step, outcome: 'not-run', durationMs: 0 };
    const work = async (niceness: number): Promise<StepOutcome> => {
      if ((this.#failed && this.#options.keepGoing !== true) || this.#options.signal.aborted)
        return { step, outcome: 'not-run', durationMs: 0 };
      const startedAt = performance.now();
      const made = await this.#make(step, inputs, niceness);
      const durationMs = Math.round(performance.now() - startedAt);
      if (!made.ok) {
        return this.#failedBy(step, made.error, durationMs);
      }
      if (made.value.outcome === 'recorded') return this.#recorded(step, made.value.stored);
      this.#options.sharing?.offer(step, made.value.stored);
      const note = noteOf(made.value.stored.record);
      listener({
        type: 'step-finished',
        id: step.id,
        title: step.title,
        outcome: 'done',
        durationMs,
        ...(note === undefined ? {} : { note }),
      });
      return { step, outcome: 'done', durationMs, stored: made.value.stored };
    };
    return this.#schedule.use(step, work);
  }

  /** What a remote cache has of a step: with it nothing is made that only this step needs. Nothing when it has to be made. */
  async #take(step: Step): Promise<StepOutcome | undefined> {
    const { sharing, store, machine, signal, listener, keepGoing } = this.#options;
    if (sharing === undefined || signal.aborted || (this.#failed && keepGoing !== true)) return undefined;
    const found = await sharing.find(step);
    if (found === undefined) return undefined;
    const lock = await this.#lock(step);
    if (!lock.ok) return this.#failedBy(step, lock.error);
    try {
      const meanwhile = await lookupStep(store, storeKey(step, machine));
      if (meanwhile.state === 'present') return this.#recorded(step, meanwhile.stored);
      const { id, title } = step;
      listener({ type: 'step-started', id, title });
      const startedAt = performance.now();
      const taken = await takeStep(step, found, { cache: sharing.cache, store, signal });
      const durationMs = Math.round(performance.now() - startedAt);
      if (!taken.ok) return this.#failedBy(step, taken.error, durationMs);
      if (taken.value === undefined) return undefined;
      const { signedBy } = found;
      const note = signedBy === undefined ? {} : { note: `signed by ${signedBy.slice(0, 12)}` };
      listener({ type: 'step-finished', id, title, outcome: 'cached', durationMs, ...note });
      return { step, outcome: 'cached', durationMs, stored: taken.value };
    } finally {
      await lock.value.release();
    }
  }

  #recorded(step: Step, stored: StoredStep): StepOutcome {
    const note = machineKinds.includes(step.kind) ? `of ${stored.record.startedAt}` : undefined;
    this.#options.listener({
      type: 'step-finished',
      id: step.id,
      title: step.title,
      outcome: 'recorded',
      durationMs: stored.record.durationMs,
      ...(note === undefined ? {} : { note }),
    });
    return { step, outcome: 'recorded', durationMs: stored.record.durationMs, stored };
  }

  /** What the store has; a damaged entry is said, thrown away and taken as absent, as is one that is to be made again. */
  async #lookup(step: Step): Promise<Lookup> {
    const { store, machine, rerun } = this.#options;
    const look = (): Promise<Lookup> => inspectStep(store, step, machine);
    const found = await look();
    // It stays until there is a new one to take its place.
    if (found.state === 'present' && rerun.includes(step.kind)) return { state: 'absent' };
    if (found.state !== 'damaged') return found;
    await this.#discardDamaged(step, found.failure, look);
    return { state: 'absent' };
  }

  /** Says what is damaged and throws it away, unless another run has put it right meanwhile. */
  async #discardDamaged(
    step: Step,
    failure: FailureOf<'store-damaged'>,
    lookAgain: () => Promise<Lookup>,
  ): Promise<void> {
    const { store, machine, listener } = this.#options;
    listener({
      type: 'notice',
      text: `the store's ${step.id} is damaged at ${failure.path} (expected ${failure.expected}, found ${failure.found}): it is made again`,
    });
    const lock = await this.#lock(step);
    if (!lock.ok) return;
    try {
      if ((await lookAgain()).state === 'damaged') await discardStep(store, storeKey(step, machine));
    } finally {
      await lock.value.release();
    }
  }

  /**
   * An input as a step may consume it: brought about, and hashed once per run if it was not made in this run. What is
   * damaged is said, thrown away and made again, once for all who need it.
   */
  #ensureWhole(step: Step): Promise<StepOutcome> {
    const known = this.#whole.get(step.id);
    if (known !== undefined) return known;
    const whole = this.#makeWhole(step);
    this.#whole.set(step.id, whole);
    return whole;
  }

  async #makeWhole(step: Step): Promise<StepOutcome> {
    const outcome = await this.ensure(step);
    const { stored } = outcome;
    if (stored === undefined || outcome.outcome === 'done' || outcome.outcome === 'cached') return outcome;
    const look = (): Promise<Lookup> => inspectClosely(this.#options.store, step, stored);
    const found = await look();
    if (found.state !== 'damaged') return outcome;
    await this.#discardDamaged(step, found.failure, look);
    const again = step.actions.some((action) => action.do === 'adopt')
      ? // Only planning can take such a tree again: the next run does.
        Promise.resolve(this.#failedBy(step, found.failure))
      : this.#bring(step);
    this.#started.set(step.id, again);
    return again;
  }

  #failedBy(step: Step, failure: Failure, durationMs = 0): StepOutcome {
    this.#failed = true;
    this.#options.listener({ type: 'step-failed', id: step.id, title: step.title, failure });
    return { step, outcome: 'failed', durationMs, failure };
  }

  /** The lock of a step's work path: nobody else makes it, or throws it away, while it is held. */
  #lock(step: Step): Promise<Result<Lock>> {
    const { store, signal, listener } = this.#options;
    return acquireLock({
      path: join(store.locks, nameWork(step)),
      owner: describeSelf(store.isShared),
      signal,
      onWait: (owner) => {
        // Whoever has just taken it has not signed yet.
        const who = owner === '' ? '' : ` (${owner})`;
        listener({ type: 'notice', text: `${step.title}: waiting for another run${who} that does the same` });
      },
    });
  }

  async #make(
    step: Step,
    inputs: readonly StepOutcome[],
    niceness: number,
  ): Promise<Result<{ outcome: 'done' | 'recorded'; stored: StoredStep }>> {
    const { store, machine, rerun, listener } = this.#options;
    const lock = await this.#lock(step);
    if (!lock.ok) return lock;
    try {
      const meanwhile = await lookupStep(store, storeKey(step, machine));
      if (meanwhile.state === 'present' && !rerun.includes(step.kind)) {
        return ok({ outcome: 'recorded', stored: meanwhile.stored });
      }
      listener({ type: 'step-started', id: step.id, title: step.title });
      await endStrays(join(store.work, nameWork(step)));
      const trees = new Map(inputs.map(({ step: input, stored }) => [input.id, stored?.tree ?? '']));
      const ran = await runStep(step, { ...this.#options, niceness }, trees);
      return ran.ok ? ok({ outcome: 'done', stored: ran.value }) : ran;
    } finally {
      await lock.value.release();
    }
  }
}

/**
 * Brings the goals of a plan about: takes from the store what is there, runs what is not, in the order of inputs. After
 * a failure nothing new is started, unless it keeps going; what runs already is finished, so that no work is lost.
 */
export const executePlan = async (options: ExecuteOptions): Promise<readonly StepOutcome[]> => {
  const executor = new Executor(options);
  await Promise.all(options.goals.map((goal) => executor.ensure(goal)));
  return executor.outcomes();
};
