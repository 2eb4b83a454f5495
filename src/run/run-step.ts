import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { digestValue } from '../model/digest.ts';
import type { Step } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { StepContext, StepFunction } from '../steps/context.ts';
import type { ExecuteOptions } from './execute.ts';
import { openKept, type KeptTree } from './kept.ts';
import { digestWorkPath, nameWork, storeKey } from './inspect.ts';
import { beginEntry, commitEntry, discardStep, lookupStep, type StoredStep } from './store.ts';

/** What one step is run with: `niceness` is what its programs start at, 0 being as usual. */
export type RunStepOptions = ExecuteOptions & { readonly niceness: number };

const makeContext = (
  step: Step,
  options: RunStepOptions,
  places: {
    readonly work: string;
    readonly tree: string;
    readonly inputs: ReadonlyMap<string, string>;
    readonly kept?: KeptTree | undefined;
  },
): StepContext => ({
  places: {
    work: places.work,
    ...(places.kept === undefined ? {} : { kept: places.kept.path }),
    tree: places.tree,
    tool: options.toolDir,
    downloads: options.store.downloads,
    path: options.path,
    ...Object.fromEntries(Object.entries(step.inputs).map(([role, id]) => [role, places.inputs.get(id) ?? ''])),
  },
  environment: options.plan.environment,
  jobs: step.width === 'all' ? options.jobs : 1,
  niceness: options.niceness,
  logFile: join(options.logDir, `${step.id}.log`),
  downloadsDir: options.store.downloads,
  fetch: options.fetch,
  ...(options.compileCache === undefined ? {} : { compileCache: options.compileCache }),
  answersOf: { directory: options.store.answers, machine: digestValue([options.machine.kernel, options.path]) },
  signal: options.signal,
  ...(places.kept === undefined ? {} : { synchronized: places.kept.synchronized }),
  progress: (text) => {
    options.listener({ type: 'step-progress', id: step.id, text });
  },
});

/** Calls a step's function; an exception is a bug, and is told as one. */
const callStep = async (call: StepFunction, step: Step, context: StepContext): ReturnType<StepFunction> => {
  try {
    return await call(step, context);
  } catch (error) {
    return fail({
      code: 'bug',
      message: `step ${step.id}: ${errorMessage(error)}`,
      ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
    });
  }
};

/** Calls a step in the build tree that is kept for its checkout, when it has one. */
const callHolding = async (
  step: Step,
  options: RunStepOptions,
  places: { readonly work: string; readonly tree: string; readonly inputs: ReadonlyMap<string, string> },
): ReturnType<StepFunction> => {
  const call = options.functions[step.kind];
  if (step.keeps === undefined) return callStep(call, step, makeContext(step, options, places));
  const { key, sourceDigest } = step.keeps;
  const kept = await openKept({
    store: options.store,
    key,
    checkout: options.checkouts?.get(sourceDigest) ?? `content ${sourceDigest}`,
    content: sourceDigest,
    title: step.title,
    signal: options.signal,
    notice: (text) => {
      options.listener({ type: 'notice', text });
    },
  });
  if (!kept.ok) return kept;
  try {
    const found = await callStep(call, step, makeContext(step, options, { ...places, kept: kept.value }));
    const closed = await kept.value.close(found.ok ? undefined : found.error);
    if (!found.ok) return found;
    return closed.ok ? ok({ ...found.value, ...(closed.value === undefined ? {} : { kept: closed.value }) }) : closed;
  } finally {
    await kept.value.release();
  }
};

/**
 * Runs one step in its work path and puts its output into the store, in place of an older one of the same key. The work
 * path's lock must be held. Failures: the step's own, `io-failed`, `disk-full`, `bug`.
 */
export const runStep = async (
  step: Step,
  options: RunStepOptions,
  inputs: ReadonlyMap<string, string>,
): Promise<Result<StoredStep>> => {
  const { store } = options;
  const work = join(store.work, nameWork(step));
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
  const startedAt = new Date().toISOString();
  const started = performance.now();
  const found = await callHolding(step, options, { work, tree: join(entry, 'tree'), inputs });
  if (!found.ok) {
    await removeTree(entry);
    // Else a step that failed leaves its work for whoever wants to look into it.
    if (found.error.code === 'disk-full') await removeTree(work);
    return found;
  }
  const key = storeKey(step, options.machine);
  if ((await lookupStep(store, key)).state !== 'absent') {
    const discarded = await discardStep(store, key);
    if (!discarded.ok) return discarded;
  }
  const stored = await commitEntry(store, key, entry, {
    version: 1,
    kind: 'step',
    id: step.id,
    fingerprint: step.fingerprint,
    title: step.title,
    startedAt,
    durationMs: Math.round(performance.now() - started),
    ...(step.kind === 'configure' ? { workDigest: digestWorkPath(store, step) } : {}),
    ...found.value,
  });
  await removeTree(stored.ok ? work : entry);
  return stored;
};
