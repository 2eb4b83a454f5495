import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeTree } from '../io/files.ts';
import { copySourceTree } from '../io/origins/path.ts';
import { listTree } from '../io/tree.ts';
import type { Line, Series } from '../model/catalogue.ts';
import type { Failure } from '../model/failure.ts';
import type { Axes, Recipe } from '../model/recipe.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { AwslcChoice, LooseSources, PythonChoice, Source } from '../model/source.ts';
import { compareVersions } from '../model/version.ts';
import { planSource } from '../plan/sources.ts';
import { listAxisValues } from '../recipe/blocks.ts';
import { isLooseSource, nameLooseSource } from '../recipe/resolve.ts';
import { chooseSeries } from '../recipe/series.ts';
import type { FetchPolicy } from '../steps/context.ts';
import { recallCommit } from './adopted-commit.ts';
import { loadCatalogue } from './data.ts';
import { readAwslcHeaders, readPythonVersion } from './source-facts.ts';
import { beginEntry, commitEntry, discardStep, lookupStep, openStore, verifyStored, type Store } from './store.ts';

export interface AdoptInput {
  /** Where the catalogue lies, whose series are known; this tool's own unless given. */
  readonly catalogueDir?: string;
  readonly recipe: Recipe;
  readonly axes: Partial<Axes>;
  /** The line whose FIPS module a `path:` or `git:` AWS-LC is built as; a plain build unless given. */
  readonly looseFips?: Line;
  readonly store: Store;
  readonly fetch: FetchPolicy;
  readonly path: string;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/** A tree that is in the store now, and what a plan says of it. */
export interface Adopted {
  readonly source: Extract<Source, { kind: 'tree' }>;
  readonly tree: string;
}

/** A file that every source of it has: asked before a wrong directory is copied. */
const markerOf = { awslc: 'include/openssl/base.h', cpython: 'Include/patchlevel.h' } as const;
const nameOf = { awslc: 'AWS-LC', cpython: 'CPython' } as const;

/** Copies a directory, or gets a commit, into a new entry. */
const takeTree = async (
  asked: string,
  subject: 'awslc' | 'cpython',
  into: string,
  input: AdoptInput,
): Promise<Result<{ description: string; commit?: string }>> => {
  if (asked.startsWith('path:')) {
    const from = asked.slice('path:'.length);
    const isDirectory = await stat(from).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isDirectory) {
      const marker = markerOf[subject];
      const isMarked = await stat(join(from, marker)).then(
        () => true,
        () => false,
      );
      if (!isMarked) {
        return fail({
          code: 'usage',
          message: `${asked}: does not look like the source of ${nameOf[subject]}: there is no ${marker}.`,
          next: 'path: takes the top directory of a source tree.',
        });
      }
    } else {
      return fail({ code: 'usage', message: `${asked}: no such directory.`, next: 'path: takes a source directory.' });
    }
    const [top, store] = await Promise.all([realpath(from), realpath(input.store.dir)]);
    if (`${store}/`.startsWith(`${top}/`)) {
      return fail({
        code: 'usage',
        message: `${asked}: the store ${input.store.dir} lies in it, and would be taken for a part of the source.`,
        next: 'Choose a store elsewhere: --store DIR.',
      });
    }
    const copied = await copySourceTree(from, into, input.signal);
    return copied.ok ? ok({ description: 'a directory' }) : copied;
  }
  const [, repository, ref] = /^git:(.+)#([^#]+)$/.exec(asked) ?? [];
  if (repository === undefined || ref === undefined) {
    return fail({ code: 'usage', message: `${asked}: must be git:URL#REF, where REF is a branch, tag or commit.` });
  }
  if (input.fetch.offline) {
    return fail({
      code: 'offline',
      subject: asked,
      next: 'Leave --offline out: a git source is asked what its ref is.',
    });
  }
  const { fetchFromGit } = await import('../io/origins/git.ts');
  const got = await fetchFromGit({ repository, ref }, into, {
    downloadsDir: input.store.downloads,
    offline: false,
    mirrors: input.fetch.mirrors,
    callerEnvironment: input.fetch.callerEnvironment,
    signal: input.signal,
  });
  return got.ok ? ok({ description: 'a commit', commit: got.value.commit }) : got;
};

/**
 * Puts what `take` writes into a directory into the store, under the key of the step that a plan has for it. Failures:
 * those of `take`, `io-failed`, `disk-full`.
 */
export const adoptTree = async (
  subject: 'awslc' | 'cpython' | 'openssl' | 'sysroot',
  take: (into: string) => Promise<Result<{ description: string; commit?: string }>>,
  input: Pick<AdoptInput, 'store' | 'notice'>,
): Promise<Result<Adopted>> => {
  const { store } = input;
  const begun = await beginEntry(store, `adopt-${process.pid}`);
  if (!begun.ok) return begun;
  try {
    const startedAt = new Date();
    const taken = await take(join(begun.value, 'tree'));
    if (!taken.ok) return taken;
    const listed = await listTree(join(begun.value, 'tree'));
    if (!listed.ok) return listed;
    const source: Adopted['source'] = { kind: 'tree', treeDigest: listed.value.digest, ...taken.value };
    const { tree: step } = planSource(source, subject, subject);
    const known = await lookupStep(store, step.fingerprint);
    if (known.state === 'present' && (await verifyStored(known.stored)).ok)
      return ok({ source, tree: known.stored.tree });
    if (known.state !== 'absent') {
      input.notice(`the store's ${step.id} is damaged: it is taken again`);
      const discarded = await discardStep(store, step.fingerprint);
      if (!discarded.ok) return discarded;
    }
    const stored = await commitEntry(store, step.fingerprint, begun.value, {
      version: 1,
      kind: 'step',
      id: step.id,
      fingerprint: step.fingerprint,
      title: step.title,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      commands: [],
      ...(source.commit === undefined ? {} : { commit: source.commit }),
    });
    return stored.ok ? ok({ source, tree: stored.value.tree }) : stored;
  } finally {
    await removeTree(begun.value);
  }
};

/** What a text names, in the store: a commit that is there already, or what is copied or fetched now. */
const takeSource = async (asked: string, subject: 'awslc' | 'cpython', input: AdoptInput): Promise<Result<Adopted>> => {
  const known = await recallCommit(asked, subject, input.store);
  return known === undefined ? adoptTree(subject, (into) => takeTree(asked, subject, into, input), input) : ok(known);
};

const adoptAwslc = async (asked: string, input: AdoptInput): Promise<Result<AwslcChoice>> => {
  const adopted = await takeSource(asked, 'awslc', input);
  if (!adopted.ok) return adopted;
  const { path, signal } = input;
  const facts = await readAwslcHeaders({ tree: adopted.value.tree, path, signal });
  if (!facts.ok) return facts;
  const { version, capabilities } = facts.value;
  if (version === undefined) {
    return fail({
      code: 'unsupported',
      what: nameLooseSource(asked),
      why: 'its headers state no AWSLC_VERSION_NUMBER_STRING: it does not look like AWS-LC',
      next: 'Name the directory that holds AWS-LC’s include/, crypto/ and ssl/.',
    });
  }
  input.notice(`${nameLooseSource(asked)} is AWS-LC ${version}, ${describeSource(adopted.value.source)}`);
  const { looseFips: line = 'main' } = input;
  return ok({
    // What is of a FIPS line is ordered with that line's versions.
    version: line === 'main' ? version : `fips-${version}`,
    line,
    fips: input.looseFips !== undefined,
    capabilities,
    source: adopted.value.source,
  });
};

const describeSource = ({ commit, treeDigest }: Adopted['source']): string =>
  `${commit === undefined ? '' : `commit ${commit}, `}content ${treeDigest.slice(0, 12)}`;

const adoptPython = async (
  asked: string,
  known: readonly Series[],
  input: AdoptInput,
): Promise<Result<PythonChoice>> => {
  const adopted = await takeSource(asked, 'cpython', input);
  if (!adopted.ok) return adopted;
  const version = await readPythonVersion(adopted.value.tree);
  const choice = version === undefined ? undefined : chooseSeries(version, known);
  if (version === undefined || choice === undefined) {
    const series = known.map((candidate) => candidate.series).sort(compareVersions);
    return fail({
      code: 'unsupported',
      what: nameLooseSource(asked),
      why:
        version === undefined
          ? 'it has no Include/patchlevel.h that states PY_VERSION: it does not look like CPython'
          : `CPython ${version} is older than every series that is known here`,
      next: `Known series: ${series.join(', ')}; a newer one is configured as the newest of them.`,
    });
  }
  input.notice(`${nameLooseSource(asked)} is CPython ${version}, ${describeSource(adopted.value.source)}`);
  if (choice.seriesDataOf !== undefined) {
    input.notice(`series ${choice.series.series} is not in the catalogue: it is configured as ${choice.seriesDataOf}`);
  }
  // What is after a release says so with a plus sign, which sys.version_info does not have.
  return ok({ version: version.replace(/\+$/, ''), ...choice, source: adopted.value.source });
};

/** Puts every `path:` and `git:` source of a selection into the store, and finds out what version it is. */
export const adoptSources = async (input: AdoptInput): Promise<Result<LooseSources, readonly Failure[]>> => {
  const asked = {
    python: listAxisValues(input.recipe, input.axes, 'python').filter(isLooseSource),
    awslc: listAxisValues(input.recipe, input.axes, 'awslc').filter(isLooseSource),
  };
  const python = new Map<string, PythonChoice>();
  const awslc = new Map<string, AwslcChoice>();
  const failures: Failure[] = [];
  if (asked.python.length + asked.awslc.length === 0) return ok({ python, awslc });
  const opened = await openStore(dirname(input.store.dir));
  if (!opened.ok) return fail([opened.error]);
  const catalogue = await loadCatalogue(input.catalogueDir);
  if (!catalogue.ok) return fail([catalogue.error]);
  for (const source of asked.python) {
    const choice = await adoptPython(source, catalogue.value.cpython.series, input);
    if (choice.ok) python.set(source, choice.value);
    else failures.push(choice.error);
  }
  for (const source of asked.awslc) {
    const choice = await adoptAwslc(source, input);
    if (choice.ok) awslc.set(source, choice.value);
    else failures.push(choice.error);
  }
  return failures.length === 0 ? ok({ python, awslc }) : fail(failures);
};
