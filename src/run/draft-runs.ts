import type { ManifestDraft } from '../model/draft.ts';
import type { Manifest } from '../model/manifest.ts';
import { packagesName } from '../model/packages.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { compareVersions } from '../model/version.ts';
import { draftManifest } from '../verdict/draft.ts';
import { listManifestSeries, loadEnvironment, loadManifest } from './data.ts';
import { listRunIds, readRun } from './past-runs.ts';
import { loadRun } from './session.ts';
import type { Store } from './store.ts';
import { gatherSuiteCells } from './suite-cells.ts';

export interface DraftRequest {
  /** Ids of runs, or paths of their run.json; none means the newest run that ran suites. */
  readonly runs: readonly string[];
  readonly series?: string;
  /** A series whose entries are taken over, reasons included, where they explain the same. */
  readonly reasonsFrom?: string;
  readonly store: Store;
  readonly cwd: string;
}

/** Suites of CPython's own: the manifest of the package checks is written by hand. */
const hasSuites = (run: RunRecord): boolean =>
  run.plan.test.preset !== packagesName && run.cells.some(({ suites }) => suites !== undefined);

const readNewest = async (store: Store): Promise<Result<readonly RunRecord[]>> => {
  for (const id of await listRunIds(store)) {
    const run = await readRun(store, id);
    if (run.ok && hasSuites(run.value)) return ok([run.value]);
  }
  return fail({ code: 'unknown-run', asked: 'the newest', reason: 'no run in this store has run suites' });
};

const readRuns = async ({ runs, store, cwd }: DraftRequest): Promise<Result<readonly RunRecord[]>> => {
  if (runs.length === 0) return readNewest(store);
  const read: RunRecord[] = [];
  for (const asked of runs) {
    const run = await loadRun(asked, store, cwd);
    if (!run.ok) return run;
    if (!hasSuites(run.value)) return fail({ code: 'unknown-run', asked, reason: 'it ran no suites of CPython’s own' });
    read.push(run.value);
  }
  return ok(read);
};

/** What explains something before the draft does: the series' own manifest, else the newest one's classes. */
const loadBase = async (
  series: string,
): Promise<Result<Pick<Parameters<typeof draftManifest>[0], 'manifest' | 'otherClasses'>>> => {
  const known = await listManifestSeries();
  const newest = known.includes(series) ? series : known.at(-1);
  const loaded = newest === undefined ? ok(undefined) : await loadManifest(newest);
  if (!loaded.ok) return loaded;
  if (loaded.value?.series === series) return ok({ manifest: loaded.value, otherClasses: [] });
  const shared = await loadEnvironment();
  if (!shared.ok) return shared;
  const sharedNames = shared.value.map(({ name }) => name);
  const environment = loaded.value?.environment ?? [...shared.value];
  const manifest: Manifest = { version: 1, series, environment, entries: [] };
  return ok({ manifest, otherClasses: environment.filter(({ name }) => !sharedNames.includes(name)) });
};

const loadReasons = async (series: string | undefined): Promise<Result<Manifest | undefined>> => {
  if (series === undefined) return ok(undefined);
  const known = await listManifestSeries();
  if (!known.includes(series)) {
    return fail({
      code: 'usage',
      message: `--reasons-from ${series}: no manifest of that series; there are: ${known.join(', ')}.`,
    });
  }
  return loadManifest(series);
};

/**
 * Drafts a manifest from run records: one series at a time. Failures: `unknown-run`, `record-invalid`, `file-invalid`,
 * `usage` when the runs are of several series and none was chosen.
 */
export const draftFromRuns = async (request: DraftRequest): Promise<Result<ManifestDraft>> => {
  const runs = await readRuns(request);
  if (!runs.ok) return runs;
  const gathered = await gatherSuiteCells(runs.value);
  if (!gathered.ok) return gathered;
  const found = [...new Set(gathered.value.map(({ facts }) => facts.cell.python.series))].sort(compareVersions);
  const series = request.series ?? (found.length === 1 ? found[0] : undefined);
  if (series === undefined || !found.includes(series)) {
    return fail({
      code: 'usage',
      message:
        series === undefined
          ? `The runs are of several series: ${found.join(', ')}.`
          : `The runs have no suites of series ${series}; they are of ${found.join(', ')}.`,
      next: 'Name one with --series: a manifest is of one series.',
    });
  }
  const base = await loadBase(series);
  if (!base.ok) return base;
  const reasons = await loadReasons(request.reasonsFrom);
  if (!reasons.ok) return reasons;
  const cells = gathered.value.filter(({ facts }) => facts.cell.python.series === series);
  const draft = draftManifest({
    series,
    cells,
    ...base.value,
    ...(reasons.value === undefined ? {} : { reasonsFrom: reasons.value }),
  });
  return ok({
    version: 1,
    kind: 'manifest-draft',
    series,
    runs: runs.value.map(({ id }) => id),
    cells: [...new Set(cells.map(({ id }) => id))],
    manifest: draft.manifest,
    openReasons: draft.openReasons,
    notes: [...draft.notes],
  });
};
