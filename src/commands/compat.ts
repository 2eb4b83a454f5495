import { basename, resolve } from 'node:path';
import { readHost, usableCores } from '../io/host.ts';
import type { Line } from '../model/catalogue.ts';
import type { RunEvent } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { prettyJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { PythonChoice } from '../model/source.ts';
import { suggestWord } from '../model/suggest.ts';
import { compareReleases, isOfVersion } from '../model/version.ts';
import { chooseCompilers } from '../plan/tools.ts';
import { isLooseSource, takeAwslcEntry } from '../recipe/resolve.ts';
import { formatCompat } from '../report/compat.ts';
import { adoptSources } from '../run/adopt.ts';
import { surveyCells, type Named } from '../run/compat.ts';
import { loadCatalogue, loadPatches, loadRecipe, loadShims, loadTargets } from '../run/data.ts';
import { openStore } from '../run/store.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { parseJobs, parseMirrors, parseSelection, type SelectionOptions } from './selection.ts';
import { cleanPath, locateStore } from './settings.ts';

/** Options of `compat`. */
export interface CompatOptions extends Pick<
  SelectionOptions,
  'python' | 'awslc' | 'catalogue' | 'store' | 'jobs' | 'offline' | 'mirror'
> {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** A loose source in a table: `path:` and the directory's own name, `git:` and the ref. */
const labelLoose = (asked: string): string =>
  asked.startsWith('path:') ? `path:${basename(asked)}` : `git:${asked.replace(/^.*#/, '')}`;

/** Every version of the catalogue that an asked text names (`3.14` names all of its series), or all when none was asked. */
const chooseVersions = <E extends { readonly version: string; readonly line?: Line }, C>(
  asked: readonly string[] | undefined,
  entries: readonly E[],
  loose: ReadonlyMap<string, C>,
  subject: string,
  choose: (entry: E) => C | undefined,
): Result<readonly Named<C>[], readonly Failure[]> => {
  const sorted = [...entries].sort((a, b) => compareReleases(a.version, b.version));
  const chosen = new Map<string, C>();
  const failures: Failure[] = [];
  for (const text of asked ?? sorted.map(({ version }) => version)) {
    const adopted = loose.get(text);
    if (adopted !== undefined) {
      const label = labelLoose(text);
      // Two directories of one name keep their paths.
      chosen.set(chosen.has(label) ? text : label, adopted);
      continue;
    }
    // `fips` and a line's name are all versions of it here: nothing is built, so none has to be chosen.
    const named = sorted.filter(
      ({ version, line }) =>
        isOfVersion(version, text) || line === text || (text === 'fips' && line !== undefined && line !== 'main'),
    );
    if (named.length === 0) {
      const known = sorted.map(({ version }) => version);
      const suggestion = suggestWord(text, known);
      failures.push({
        code: 'unknown-version',
        subject,
        asked: text,
        known,
        ...(suggestion === undefined ? {} : { suggestion }),
      });
    }
    for (const entry of named) {
      const choice = choose(entry);
      if (choice !== undefined) chosen.set(entry.version, choice);
    }
  }
  return failures.length > 0 ? fail(failures) : ok([...chosen].map(([label, choice]) => ({ label, choice })));
};

/** Sources that are fetched or not are worth a line each; hundreds of checks are not. */
const isShown = (event: RunEvent): boolean =>
  !('id' in event) ||
  (/^(?:fetch|unpack|patch)-/.test(event.id) && !(event.type === 'step-finished' && event.outcome === 'recorded'));

const report = async (
  options: CompatOptions,
  context: CommandContext,
): Promise<Result<readonly Failure[], readonly Failure[]>> => {
  const selection = parseSelection(options, context.cwd);
  const mirrors = parseMirrors(options.mirror);
  const jobs = parseJobs(options.jobs, usableCores());
  const wrong = [selection, mirrors, jobs].flatMap((result) => (result.ok ? [] : result.error));
  if (!selection.ok || !mirrors.ok || !jobs.ok) return fail(wrong);
  const { python, awslc } = selection.value.axes;
  if (options.all === true && (python !== undefined || awslc !== undefined)) {
    return fail([{ code: 'usage', message: '--all is the whole catalogue: leave --python and --awslc out.' }]);
  }
  const catalogueDir = options.catalogue === undefined ? undefined : resolve(context.cwd, options.catalogue);
  const [catalogue, targets, shims, patches] = await Promise.all([
    loadCatalogue(catalogueDir),
    loadTargets(),
    loadShims(),
    loadPatches(),
  ]);
  for (const read of [catalogue, targets, shims, patches]) if (!read.ok) return fail([read.error]);
  if (!catalogue.ok || !targets.ok || !shims.ok || !patches.ok) return fail([]);
  const recipe = await loadRecipe('default', context.cwd, targets.value);
  const store = await openStore(locateStore(options.store, context));
  const path = cleanPath(context);
  const { signal } = context;
  const host = await readHost({ env: { ...context.env, PATH: path }, signal, native: false });
  for (const read of [recipe, store, host]) if (!read.ok) return fail([read.error]);
  if (!recipe.ok || !store.ok || !host.ok) return fail([]);
  const compilers = chooseCompilers(host.value);
  if (compilers === undefined) {
    return fail([
      {
        code: 'tool-missing',
        tool: 'gcc and g++',
        neededFor: 'compile for syntax',
        next: 'Run `cpython-awslc doctor --fix` to install what is missing.',
      },
    ]);
  }
  const fetch = { offline: options.offline === true, mirrors: mirrors.value, callerEnvironment: context.env };
  const looseOf = (asked: readonly string[] | undefined): string[] => (asked ?? []).filter(isLooseSource);
  const loose = await adoptSources({
    ...(catalogueDir === undefined ? {} : { catalogueDir }),
    recipe: recipe.value,
    axes: { python: looseOf(python), awslc: looseOf(awslc) },
    store: store.value,
    fetch,
    path,
    signal,
    notice: (text) => {
      context.err(`${text}\n`);
    },
  });
  if (!loose.ok) return loose;
  const { cpython } = catalogue.value;
  const pythons = chooseVersions(
    python,
    cpython.entries,
    loose.value.python,
    'CPython',
    (entry): PythonChoice | undefined => {
      const series = cpython.series.find((candidate) => candidate.series === entry.series);
      return series === undefined
        ? undefined
        : { version: entry.version, series, source: { kind: 'archive', archive: entry.archive } };
    },
  );
  const awslcs = chooseVersions(awslc, catalogue.value.awslc.entries, loose.value.awslc, 'AWS-LC', takeAwslcEntry);
  if (!pythons.ok || !awslcs.ok)
    return fail([...(pythons.ok ? [] : pythons.error), ...(awslcs.ok ? [] : awslcs.error)]);
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const surveyed = await surveyCells({
    pythons: pythons.value,
    awslcs: awslcs.value,
    shims: shims.value,
    patches: patches.value,
    host: host.value,
    compilers,
    store: store.value,
    fetch,
    path,
    jobs: jobs.value,
    signal,
    listener: (event) => {
      if (isShown(event)) display.listen(event);
    },
  });
  await display.close();
  if (!surveyed.ok) return fail([surveyed.error]);
  context.out(
    options.json === true
      ? prettyJson(surveyed.value.report)
      : formatCompat(surveyed.value.report, { color: context.terminal.color }),
  );
  return ok(surveyed.value.failures);
};

/**
 * Says which CPython compiles against which AWS-LC, with nothing built: over the whole catalogue, or over what was asked
 * for. Failures: `cells-incompatible`, those of fetching, and those of its options.
 */
export const runCompat = async (options: CompatOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const ended = await report(options, context);
  return ended.ok ? ended.value : ended.error;
};
