import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Spare } from '../model/spare.ts';
import type { EnvironmentFacts, SuiteEvent, SuiteRun } from '../model/suite.ts';
import type { Timings } from '../model/timings.ts';
import { countStarts, type Pace } from '../plan/pace.ts';
import { findLeftover, planShards, type CasesByFile, type Shard } from '../plan/shards.ts';
import { runDriver, type DriverSetting } from './test-driver.ts';

/** Which cases a pass runs. */
export type CaseSelection =
  | {
      readonly from: 'files';
      /** As `python -m test` takes them: `test_ssl`, `test_asyncio`. */
      readonly files: readonly string[];
      /** regrtest's -m: patterns on the whole id or one of its parts; none means all. */
      readonly match: readonly string[];
    }
  | {
      readonly from: 'cases';
      /** From `locateCases`. */
      readonly cases: CasesByFile;
      /** Each case in a process of its own. */
      readonly alone: boolean;
    };

/** How far a pass is. */
export interface SuiteProgress {
  readonly done: number;
  readonly total: number;
  /** The case that each process is at. */
  readonly running: readonly string[];
}

export interface SuitePassRequest extends DriverSetting {
  readonly pass: SuiteRun['pass'];
  readonly selection: CaseSelection;
  readonly timings: Timings;
  /** Into how many processes the cases are shared out. */
  readonly shards: number;
  /** How many of them run at the same time. */
  readonly pace: Pace;
  /** What the machine has left since the last call; nothing is looked at unless given. */
  readonly readSpare?: () => Spare | undefined;
  readonly progress: (progress: SuiteProgress) => void;
}

/** Raw results of a pass, and what it ran in. */
export type SuitePass = SuiteRun & { readonly durationMs: number; readonly environment: EnvironmentFacts };

type Deaths = SuiteRun['deaths'];

interface Listing {
  readonly cases: CasesByFile;
  /** Events of files that no shard will tell about: they skipped themselves, or could not be imported. */
  readonly events: readonly SuiteEvent[];
  readonly deaths: Deaths;
  readonly environment: EnvironmentFacts;
}

/** Imports every file and lists its cases; a file that ends the process is left out and the others are listed anew. */
const listCases = async (request: SuitePassRequest): Promise<Result<Listing>> => {
  const { selection } = request;
  const cases: Record<string, readonly string[]> = {};
  const events: SuiteEvent[] = [];
  const deaths: Deaths = [];
  const begun: string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const args =
      selection.from === 'files'
        ? [
            '--list',
            ...selection.match.flatMap((pattern) => ['--match', pattern]),
            ...begun.flatMap((file) => ['--exclude', file]),
            ...selection.files,
          ]
        : [];
    const listed = await runDriver(request, {
      label: `list-${attempt}`,
      args,
      withFacts: true,
      // Chosen cases are known already, and no file named would mean every file: only the facts are asked for.
      ...(selection.from === 'cases' ? { cases: {} } : {}),
    });
    if (!listed.ok) return listed;
    for (const event of listed.value.events) {
      if (event.event === 'begin') begun.push(event.file);
      if (event.event !== 'collect') events.push(event);
      else if (event.ids.length > 0) cases[event.file] = [...(cases[event.file] ?? []), ...event.ids];
    }
    const { death, facts } = listed.value;
    if (death !== undefined) {
      const { file, place } = findLeftover({}, listed.value.events);
      deaths.push({ file, reason: `${death}, ${place}` });
      continue;
    }
    if (facts === undefined) throw new Error('a listing that ended well has written its facts');
    const shared = selection.from === 'cases' ? selection.cases : cases;
    const silent = events.filter((event) => !('file' in event) || shared[event.file] === undefined);
    return ok({ cases: shared, events: silent, deaths, environment: facts });
  }
};

interface Counters {
  readonly onEvents: (label: string) => (events: readonly SuiteEvent[]) => void;
}

const countProgress = (request: SuitePassRequest, total: number): Counters => {
  const ended = new Set<string>();
  const running = new Map<string, string>();
  return {
    onEvents: (label) => (events) => {
      for (const event of events) {
        if (event.event === 'start') running.set(label, event.id);
        else if (event.event === 'end') {
          running.delete(label);
          ended.add(event.id);
        }
      }
      request.progress({ done: ended.size, total, running: [...running.values()] });
    },
  };
};

/** Runs one shard to its end: after a crash or hang, what had not started goes on in a fresh process. */
const runShard = async (
  request: SuitePassRequest,
  shard: Shard,
  label: string,
  counters: Counters,
): Promise<Result<{ readonly events: readonly SuiteEvent[]; readonly deaths: Deaths }>> => {
  const events: SuiteEvent[] = [];
  const deaths: Deaths = [];
  let cases = shard.cases;
  for (let attempt = 0; Object.keys(cases).length > 0; attempt += 1) {
    const name = attempt === 0 ? label : `${label}-${attempt}`;
    const outcome = await runDriver(request, { label: name, args: [], cases, onEvents: counters.onEvents(label) });
    if (!outcome.ok) return outcome;
    events.push(...outcome.value.events);
    const leftover = findLeftover(cases, outcome.value.events);
    const { death } = outcome.value;
    if (death !== undefined || Object.keys(leftover.cases).length > 0) {
      deaths.push({ file: leftover.file, reason: `${death ?? 'exit code 0'}, ${leftover.place}` });
    }
    cases = leftover.cases;
  }
  return ok({ events, deaths });
};

/** How often a pass looks whether cores are idle, in milliseconds: a start has shown by then what it takes. */
const lookMs = 500;

/**
 * Runs tasks in their order, as many at a time as the pace says of what the machine has left; the first failure stops those
 * that run and starts no more.
 */
const runPool = async <T>(
  tasks: readonly ((signal: AbortSignal) => Promise<Result<T>>)[],
  { pace, readSpare, signal }: Pick<SuitePassRequest, 'pace' | 'readSpare' | 'signal'>,
): Promise<Result<readonly T[]>> => {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  // Every process listens.
  setMaxListeners(0, either);
  const results = new Map<number, T>();
  const running = new Map<number, Promise<void>>();
  let failure: Failure | undefined;
  let next = 0;
  let lookedAt = performance.now();
  readSpare?.();
  const run = async (index: number): Promise<void> => {
    const result = await tasks[index]?.(either);
    running.delete(index);
    if (result === undefined) return;
    if (result.ok) results.set(index, result.value);
    else {
      failure ??= result.error;
      stop.abort('another process failed');
    }
  };
  while (running.size > 0 || (next < tasks.length && failure === undefined)) {
    const waiting = failure === undefined ? tasks.length - next : 0;
    const isLook = readSpare !== undefined && performance.now() - lookedAt >= lookMs;
    if (isLook) lookedAt = performance.now();
    const spare = isLook ? readSpare() : undefined;
    for (let starts = countStarts({ running: running.size, waiting, spare }, pace); starts > 0; starts -= 1) {
      running.set(next, run(next));
      next += 1;
    }
    const look = new AbortController();
    const others =
      readSpare === undefined || next >= tasks.length ? [] : [sleep(lookMs, undefined, { signal: look.signal })];
    await Promise.race([...running.values(), ...others.map((other) => other.catch(() => undefined))]);
    look.abort();
  }
  if (failure !== undefined) return fail(failure);
  return ok([...results].sort(([a], [b]) => a - b).map(([, value]) => value));
};

const planPass = (request: SuitePassRequest, cases: CasesByFile): readonly Shard[] => {
  if (request.selection.from === 'cases' && request.selection.alone) {
    return Object.entries(cases).flatMap(([file, ids]) =>
      ids.map((id) => ({ cases: { [file]: [id] }, estimateMs: 0 })),
    );
  }
  return planShards(cases, request.timings, request.shards);
};

/**
 * Runs suites inside the built Python, shared out among several processes, and returns every event. Crashes and hangs are
 * `deaths`, with only the case that was running left without an end. Failures: those of `runDriver`.
 */
export const runSuitePass = async (request: SuitePassRequest): Promise<Result<SuitePass>> => {
  const startedAt = performance.now();
  const listing = await listCases(request);
  if (!listing.ok) return listing;
  const { cases, environment } = listing.value;
  const total = new Set(Object.values(cases).flat()).size;
  request.progress({ done: 0, total, running: [] });
  const counters = countProgress(request, total);
  const shards = planPass(request, cases);
  const digits = String(shards.length).length;
  const ran = await runPool(
    shards.map(
      (shard, index) => (signal) =>
        runShard({ ...request, signal }, shard, `shard-${String(index + 1).padStart(digits, '0')}`, counters),
    ),
    request,
  );
  if (!ran.ok) return ran;
  return ok({
    pass: request.pass,
    events: [...listing.value.events, ...ran.value.flatMap((part) => part.events)],
    deaths: [...listing.value.deaths, ...ran.value.flatMap((part) => part.deaths)],
    durationMs: Math.round(performance.now() - startedAt),
    environment,
  });
};
