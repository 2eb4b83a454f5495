import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { acquireLock, type Lock } from '../io/lock.ts';
import { endStrays } from '../io/strays.ts';
import { hashFile } from '../io/tree.ts';
import { digestText, digestValue } from '../model/digest.ts';
import type { Listener } from '../model/event.ts';
import type { Failure, FailureOf } from '../model/failure.ts';
import type { Plan, Step, StepKind } from '../model/plan.ts';
import type { Machine } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { FetchPolicy, StepContext, StepFunction } from '../steps/context.ts';
import { makeSlots, type Slots } from './slots.ts';
import {
  beginEntry,
  commitEntry,
  discardStep,
  lookupStep,
  verifyStored,
  type Lookup,
  type Store,
  type StoredStep,
} from './store.ts';

/** Steps that run at the same time: one that waits (configure) beside one that keeps the cores busy. */
const stepsAtOnce = 2;

/** Results of these kinds are true of one machine only; they are kept apart by its facts. */
const machineKinds: readonly StepKind[] = ['prove', 'test'];

/** How a step of a run came out. */
export interface StepOutcome {
  readonly step: Step;
  readonly outcome: 'done' | 'recorded' | 'failed' | 'not-run';
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
  /** Directory of the files that run inside the built Python. */
  readonly toolDir: string;
  /** Absolute directories of the caller's PATH, joined. */
  readonly path: string;
  readonly logDir: string;
  readonly fetch: FetchPolicy;
  /** Kinds whose recorded result is not taken. */
  readonly rerun: readonly StepKind[];
  readonly signal: AbortSignal;
  readonly listener: Listener;
}

/** The store's key of a step: its fingerprint, and for proofs and test results the machine too. */
export const storeKey = (step: Step, machine: Machine): string =>
  machineKinds.includes(step.kind) ? digestValue({ fingerprint: step.fingerprint, machine }) : step.fingerprint;

/** The name of a step's work path and lock: steps whose tools write absolute paths into what they make share one. */
const nameWork = (step: Step): string => step.workKey.slice(0, 12);

/** A tree that cannot be read at all is as good as damaged. */
const damagedBy = (path: string, failure: Failure): Lookup => ({
  state: 'damaged',
  failure: {
    code: 'store-damaged',
    path,
    expected: 'a tree that can be read',
    found: failure.code === 'io-failed' ? failure.reason : failure.code,
  },
});

class Executor {
  readonly #options: ExecuteOptions;
  readonly #byId: ReadonlyMap<string, Step>;
  readonly #slots: Slots;
  readonly #started = new Map<string, Promise<StepOutcome>>();
  readonly #whole = new Map<string, Promise<StepOutcome>>();
  readonly #rerunDone = new Set<string>();
  #failed = false;

  constructor(options: ExecuteOptions) {
    this.#options = options;
    this.#byId = new Map(options.plan.steps.map((step) => [step.id, step]));
    this.#slots = makeSlots(stepsAtOnce);
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
    const { machine, listener } = this.#options;
    const key = storeKey(step, machine);
    const before = await this.#lookup(step, key);
    if (before.state === 'present') return this.#recorded(step, before.stored);
    // Before a slot is taken: an input that has to be made again needs slots itself.
    const inputs = await Promise.all(
      Object.values(step.inputs).map((id) => {
        const input = this.#byId.get(id);
        if (input === undefined) throw new Error(`step ${step.id} needs ${id}, which the plan lacks`);
        return this.#ensureWhole(input);
      }),
    );
    if (inputs.some(({ stored }) => stored === undefined)) return { step, outcome: 'not-run', durationMs: 0 };
    const work = async (): Promise<StepOutcome> => {
      if (this.#failed || this.#options.signal.aborted) return { step, outcome: 'not-run', durationMs: 0 };
      const startedAt = performance.now();
      const made = await this.#make(step, key, inputs);
      const durationMs = Math.round(performance.now() - startedAt);
      if (!made.ok) {
        return this.#failedBy(step, made.error, durationMs);
      }
      if (made.value.outcome === 'recorded') return this.#recorded(step, made.value.stored);
      const origin = made.value.stored.record.origin;
      listener({
        type: 'step-finished',
        id: step.id,
        title: step.title,
        outcome: 'done',
        durationMs,
        ...(origin === undefined ? {} : { note: `from ${origin}` }),
      });
      return { step, outcome: 'done', durationMs, stored: made.value.stored };
    };
    return this.#slots.use(work);
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
  async #lookup(step: Step, key: string): Promise<Lookup> {
    const { store, rerun } = this.#options;
    const found = await this.#look(step, key);
    if (found.state === 'present' && rerun.includes(step.kind) && !this.#rerunDone.has(key)) {
      this.#rerunDone.add(key);
      await discardStep(store, key);
      return { state: 'absent' };
    }
    if (found.state !== 'damaged') return found;
    await this.#discardDamaged(step, key, found.failure, () => this.#look(step, key));
    return { state: 'absent' };
  }

  /** Looks by names, sizes and times; a proof or a result, which is shown as it is, by every byte. */
  async #look(step: Step, key: string): Promise<Lookup> {
    const looked = await lookupStep(this.#options.store, key);
    if (looked.state !== 'present') return looked;
    const elsewhere = this.#checkPlace(step, looked);
    if (elsewhere !== undefined) return elsewhere;
    return machineKinds.includes(step.kind) ? this.#lookClosely(step, looked) : this.#checkDownloads(step, looked);
  }

  /** What configure wrote is full of its work path: in a store that was moved or copied it would compile somewhere else. */
  #checkPlace(step: Step, { stored }: Extract<Lookup, { state: 'present' }>): Lookup | undefined {
    if (step.kind !== 'configure' || stored.record.workDigest === this.#workDigest(step)) return undefined;
    return {
      state: 'damaged',
      failure: {
        code: 'store-damaged',
        path: stored.tree,
        expected: "the work path of this store's own place",
        found: 'the path of a store at another place',
      },
    };
  }

  #workDigest(step: Step): string {
    return digestText(join(this.#options.store.work, nameWork(step)));
  }

  /** Hashes everything that the store has of a step. */
  async #lookClosely(step: Step, looked: Extract<Lookup, { state: 'present' }>): Promise<Lookup> {
    const verified = await verifyStored(looked.stored);
    if (!verified.ok) {
      return verified.error.code === 'store-damaged'
        ? { state: 'damaged', failure: verified.error }
        : damagedBy(looked.stored.tree, verified.error);
    }
    return this.#checkDownloads(step, looked, true);
  }

  /** Says what is damaged and throws it away, unless another run has put it right meanwhile. */
  async #discardDamaged(
    step: Step,
    key: string,
    failure: FailureOf<'store-damaged'>,
    lookAgain: () => Promise<Lookup>,
  ): Promise<void> {
    const { store, listener } = this.#options;
    listener({
      type: 'notice',
      text: `the store's ${step.id} is damaged at ${failure.path} (expected ${failure.expected}, found ${failure.found}): it is made again`,
    });
    const lock = await this.#lock(step);
    if (!lock.ok) return;
    try {
      if ((await lookAgain()).state === 'damaged') await discardStep(store, key);
    } finally {
      await lock.value.release();
    }
  }

  /** A fetch step's output is the download beside the store's entries: without it the record is worth nothing. */
  async #checkDownloads(step: Step, found: Lookup, closely = false): Promise<Lookup> {
    for (const action of step.actions) {
      if (action.do !== 'fetch') continue;
      const { sha256, sizeBytes } = action.archive;
      const path = join(this.#options.store.downloads, sha256);
      const size = await stat(path).then(
        (seen) => seen.size,
        () => undefined,
      );
      if (size !== sizeBytes) {
        const sizeFound = size === undefined ? 'no file' : `${size} bytes`;
        return {
          state: 'damaged',
          failure: { code: 'store-damaged', path, expected: `${sizeBytes} bytes`, found: sizeFound },
        };
      }
      const digest = closely ? await hashFile(path, size).catch(() => 'unreadable') : sha256;
      if (digest === sha256) continue;
      return {
        state: 'damaged',
        failure: { code: 'store-damaged', path, expected: `sha256 ${sha256}`, found: `sha256 ${digest}` },
      };
    }
    return found;
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
    if (stored === undefined || outcome.outcome === 'done') return outcome;
    const look = (): Promise<Lookup> => this.#lookClosely(step, { state: 'present', stored });
    const found = await look();
    if (found.state !== 'damaged') return outcome;
    await this.#discardDamaged(step, stored.key, found.failure, look);
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
      owner: `process ${process.pid}`,
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
    key: string,
    inputs: readonly StepOutcome[],
  ): Promise<Result<{ outcome: 'done' | 'recorded'; stored: StoredStep }>> {
    const { store, listener } = this.#options;
    const lock = await this.#lock(step);
    if (!lock.ok) return lock;
    try {
      const meanwhile = await lookupStep(store, key);
      if (meanwhile.state === 'present') return ok({ outcome: 'recorded', stored: meanwhile.stored });
      listener({ type: 'step-started', id: step.id, title: step.title });
      const work = join(store.work, nameWork(step));
      await endStrays(work);
      return await this.#run(step, key, work, inputs);
    } finally {
      await lock.value.release();
    }
  }

  async #run(
    step: Step,
    key: string,
    work: string,
    inputs: readonly StepOutcome[],
  ): Promise<Result<{ outcome: 'done'; stored: StoredStep }>> {
    const { store, plan, functions, listener } = this.#options;
    const removed = await removeTree(work);
    if (!removed.ok) return removed;
    const begun = await beginEntry(store, nameWork(step));
    if (!begun.ok) return begun;
    const entry = begun.value;
    try {
      await mkdir(join(work, 'tmp'), { recursive: true });
    } catch (error) {
      return fail(ioFailure(error, work, 'make'));
    }
    const trees = new Map(inputs.map(({ step: input, stored }) => [input.id, stored?.tree]));
    const context: StepContext = {
      places: {
        work,
        tree: join(entry, 'tree'),
        tool: this.#options.toolDir,
        downloads: store.downloads,
        path: this.#options.path,
        ...Object.fromEntries(Object.entries(step.inputs).map(([role, id]) => [role, trees.get(id) ?? ''])),
      },
      environment: plan.environment,
      jobs: this.#options.jobs,
      logFile: join(this.#options.logDir, `${step.id}.log`),
      downloadsDir: store.downloads,
      fetch: this.#options.fetch,
      signal: this.#options.signal,
      progress: (text) => {
        listener({ type: 'step-progress', id: step.id, text });
      },
    };
    const startedAt = new Date().toISOString();
    const started = performance.now();
    let found: Awaited<ReturnType<StepFunction>>;
    try {
      found = await functions[step.kind](step, context);
    } catch (error) {
      found = fail({
        code: 'bug',
        message: `step ${step.id}: ${errorMessage(error)}`,
        ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
      });
    }
    if (!found.ok) {
      await removeTree(entry);
      // Else a step that failed leaves its work for whoever wants to look into it.
      if (found.error.code === 'disk-full') await removeTree(work);
      return found;
    }
    const stored = await commitEntry(store, key, entry, {
      version: 1,
      kind: 'step',
      id: step.id,
      fingerprint: step.fingerprint,
      title: step.title,
      startedAt,
      durationMs: Math.round(performance.now() - started),
      ...(step.kind === 'configure' ? { workDigest: this.#workDigest(step) } : {}),
      ...found.value,
    });
    if (!stored.ok) {
      await removeTree(entry);
      return stored;
    }
    await removeTree(work);
    return ok({ outcome: 'done', stored: stored.value });
  }
}

/**
 * Brings the goals of a plan about: takes from the store what is there, runs what is not, in the order of inputs. After
 * a failure nothing new is started; what runs already is finished, so that no work is lost.
 */
export const executePlan = async (options: ExecuteOptions): Promise<readonly StepOutcome[]> => {
  const executor = new Executor(options);
  await Promise.all(options.goals.map((goal) => executor.ensure(goal)));
  return executor.outcomes();
};
