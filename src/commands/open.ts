import { resolve } from 'node:path';
import { usableCores } from '../io/host.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Stage } from '../plan/plan.ts';
import { findMissing } from '../plan/toolchain.ts';
import { findRuntime } from '../io/host.ts';
import { readToolchainKnowledge } from '../io/host-knowledge.ts';
import { adoptSources } from '../run/adopt.ts';
import { adoptOpenssl } from '../run/adopt-openssl.ts';
import { adoptSysroot } from '../run/adopt-sysroot.ts';
import { preparePlan, type Prepared } from '../run/prepare.ts';
import { isAllRecorded } from '../run/session.ts';
import { nameStore, openStore, type Store } from '../run/store.ts';
import type { FetchPolicy } from '../steps/context.ts';
import type { CacheSettings } from '../run/sharing.ts';
import { parseCache } from './cache-options.ts';
import type { CommandContext } from './context.ts';
import { describeMissing } from './doctor-fix.ts';
import { parseJobs, parseMirrors, parseSelection, type SelectionOptions } from './selection.ts';
import { cleanPath, locateStore } from './settings.ts';

/** A selection resolved to a plan, with the store that it works in. */
export interface Opened {
  readonly prepared: Prepared;
  readonly store: Store;
  readonly jobs: number;
  readonly path: string;
  readonly fetch: FetchPolicy;
  /** The remote cache that a run uses. */
  readonly cache?: CacheSettings;
}

/**
 * Parses the options, opens the store, and makes the plan; or says everything that is wrong. Whoever asks for the plan
 * only needs no store, unless a `path:` or `git:` source must be put into it. Of a matrix, cells that this machine cannot build may be
 * elsewhere: the plan tells them apart.
 */
export const openSelection = async (
  options: SelectionOptions,
  context: CommandContext,
  purpose: 'run' | 'plan' = 'run',
  mayBeElsewhere = false,
): Promise<Result<Opened, readonly Failure[]>> => {
  const selection = parseSelection(options, context.cwd);
  const mirrors = parseMirrors(options.mirror);
  const jobs = parseJobs(options.jobs, usableCores());
  const cache = purpose === 'plan' ? ok(undefined) : await parseCache(options, context);
  const wrong = [selection, mirrors, jobs, cache].flatMap((result) => (result.ok ? [] : result.error));
  if (!selection.ok || !mirrors.ok || !jobs.ok || !cache.ok) return fail(wrong);
  const storeDir = locateStore(options.store, context);
  const opened = purpose === 'plan' ? ok(nameStore(storeDir)) : await openStore(storeDir);
  if (!opened.ok) return fail([opened.error]);
  const store = opened.value;
  if (store.caution !== undefined) context.err(`note   ${store.caution}\n`);
  const path = cleanPath(context);
  const fetch: FetchPolicy = {
    offline: options.offline === true,
    mirrors: mirrors.value,
    callerEnvironment: context.env,
  };
  const catalogue = options.catalogue === undefined ? {} : { catalogueDir: resolve(context.cwd, options.catalogue) };
  const prepared = await preparePlan({
    selection: selection.value,
    ...catalogue,
    cwd: context.cwd,
    env: context.env,
    path,
    signal: context.signal,
    mayBeElsewhere,
    adopt: (recipe, { axes, looseFips }) =>
      adoptSources({
        ...catalogue,
        recipe,
        axes,
        ...(looseFips === undefined ? {} : { looseFips }),
        store,
        fetch,
        path,
        signal: context.signal,
        notice: noticeTo(context),
      }),
    adoptSysroot: (triple, target, asked) =>
      adoptSysroot(triple, target, asked, { store, signal: context.signal, notice: noticeTo(context) }),
    adoptOpenssl: (asked) => adoptOpenssl(asked, { store, signal: context.signal, notice: noticeTo(context) }),
  });
  if (!prepared.ok) return prepared;
  const shared = cache.value === undefined ? {} : { cache: cache.value };
  return ok({ prepared: prepared.value, store, jobs: jobs.value, path, fetch, ...shared });
};

const noticeTo =
  (context: CommandContext) =>
  (text: string): void => {
    context.err(`${text}\n`);
  };

/**
 * What this machine lacks for a stage: required tools and -dev packages, all at once and before anything starts. Nothing
 * when all of the stage is in the store.
 */
export const checkToolchain = async (opened: Opened, stage: Stage): Promise<readonly Failure[]> => {
  if (stage === 'fetch' || stage === 'probe' || (await isAllRecorded(opened.prepared, stage, opened.store))) return [];
  // What CPython's makefiles, compiler flags and sysconfig can carry: of a letter beyond ASCII it writes two spellings.
  if (!/^[A-Za-z0-9/._+@~-]+$/.test(opened.store.dir)) {
    return [
      {
        code: 'unsupported',
        what: `A build in ${opened.store.dir}`,
        why: 'make and compiler flags do not carry a path with a space, a letter beyond ASCII or a sign like $',
        next: 'Choose a store without them: --store DIR, or XDG_CACHE_HOME. What is built there already can be used.',
      },
    ];
  }
  const knowledge = await readToolchainKnowledge();
  if (!knowledge.ok) return [knowledge.error];
  const missing = findMissing(opened.prepared.host, knowledge.value, findRuntime(knowledge.value));
  const hasFips = opened.prepared.plan.cells.some(({ cell }) => cell.awslc.fips);
  return describeMissing(
    missing.filter(({ need }) => need === 'required' || (hasFips && need === 'fips')),
    'Run `cpython-awslc doctor --fix` to install what is missing.',
  );
};
