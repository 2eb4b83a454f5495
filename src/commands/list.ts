import { resolve } from 'node:path';
import type { Failure } from '../model/failure.ts';
import type { ListReport } from '../model/inventory.ts';
import { prettyJson } from '../model/json.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import { formatList } from '../report/list.ts';
import { listRecipes, loadCatalogue, loadManifest, loadRecipe, loadRoster, loadTargets } from '../run/data.ts';
import { listRunIds, readRun, summarizeRun } from '../run/past-runs.ts';
import { openStore, type Store } from '../run/store.ts';
import { listStoredSteps } from '../run/stored-steps.ts';
import type { CommandContext } from './context.ts';
import { locateStore } from './settings.ts';

export interface ListOptions {
  readonly json?: boolean;
  /** Shows past runs, */
  readonly runs?: boolean;
  /** and finished steps, instead of what is known. */
  readonly storeContents?: boolean;
  readonly store?: string;
  readonly catalogue?: string;
}

type Part<K extends keyof ListReport> = Required<Pick<ListReport, K>>;

const gatherCpython = async (catalogueDir: string | undefined): Promise<Result<Part<'cpython' | 'awslc'>>> => {
  const catalogue = await loadCatalogue(catalogueDir);
  if (!catalogue.ok) return catalogue;
  const byVersion = (a: { readonly version: string }, b: { readonly version: string }): number =>
    compareVersions(a.version, b.version);
  const cpython: Part<'cpython'>['cpython'] = [];
  for (const { version, series, archive } of [...catalogue.value.cpython.entries].sort(byVersion)) {
    const [manifest, roster] = [await loadManifest(series), await loadRoster(version)];
    if (!manifest.ok) return manifest;
    if (!roster.ok) return roster;
    cpython.push({
      version,
      series,
      sha256: archive.sha256,
      origins: archive.origins.map(({ kind }) => kind),
      roster: roster.value !== undefined,
      manifest: manifest.value?.series === series,
    });
  }
  const awslc = [...catalogue.value.awslc.entries].sort(byVersion).map(({ version, line, archive, capabilities }) => ({
    version,
    line,
    sha256: archive.sha256,
    origins: archive.origins.map(({ kind }) => kind),
    capabilities,
  }));
  return ok({ cpython, awslc });
};

const gatherRecipes = async (): Promise<Result<Part<'targets' | 'recipes'>>> => {
  const targets = await loadTargets();
  if (!targets.ok) return targets;
  const recipes: Part<'recipes'>['recipes'] = [];
  for (const name of await listRecipes()) {
    const recipe = await loadRecipe(name, '/', targets.value);
    if (!recipe.ok) return recipe;
    const { description, cells, include, exclude, test } = recipe.value;
    recipes.push({
      name,
      ...(description === undefined ? {} : { description }),
      cells,
      ...(include === undefined ? {} : { include }),
      ...(exclude === undefined ? {} : { exclude }),
      preset: test.preset,
    });
  }
  return ok({ targets: targets.value.targets, recipes });
};

const gatherStore = async (store: Store): Promise<Part<'store'>> => {
  const { steps, unreadable } = await listStoredSteps(store);
  const treeBytes = steps.reduce((sum, step) => sum + step.treeBytes, 0);
  return { store: { path: store.dir, treeBytes, steps: [...steps], unreadable: [...unreadable] } };
};

const gatherRuns = async (store: Store): Promise<Result<Part<'runs' | 'unreadableRuns'>>> => {
  const runs: Part<'runs'>['runs'] = [];
  const unreadableRuns: Part<'unreadableRuns'>['unreadableRuns'] = [];
  for (const id of await listRunIds(store)) {
    const record = await readRun(store, id);
    if (!record.ok) {
      unreadableRuns.push({ id, reason: record.error.reason });
      continue;
    }
    const run = await summarizeRun(record.value);
    if (!run.ok) return run;
    runs.push(run.value);
  }
  return ok({ runs, unreadableRuns });
};

const gather = async (options: ListOptions, context: CommandContext): Promise<Result<ListReport>> => {
  const head = { version: 1, kind: 'list' } as const;
  if (options.runs !== true && options.storeContents !== true) {
    const catalogueDir = options.catalogue === undefined ? undefined : resolve(context.cwd, options.catalogue);
    const known = await gatherCpython(catalogueDir);
    if (!known.ok) return known;
    const recipes = await gatherRecipes();
    return recipes.ok ? ok({ ...head, ...known.value, ...recipes.value }) : recipes;
  }
  const opened = await openStore(locateStore(options.store, context));
  if (!opened.ok) return opened;
  const store = options.storeContents === true ? await gatherStore(opened.value) : {};
  if (options.runs !== true) return ok({ ...head, ...store });
  const runs = await gatherRuns(opened.value);
  return runs.ok ? ok({ ...head, ...store, ...runs.value }) : fail(runs.error);
};

/**
 * Shows the catalogue, targets and recipes; or with options the store's finished steps and past runs, judged by what is
 * expected now. Failures: `file-invalid`, `io-failed`.
 */
export const runList = async (options: ListOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const report = await gather(options, context);
  if (!report.ok) return [report.error];
  context.out(
    options.json === true
      ? prettyJson(report.value)
      : formatList(report.value, { color: context.terminal.color, nowMs: Date.now() }),
  );
  return [];
};
