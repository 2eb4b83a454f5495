import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Failure } from '../model/failure.ts';
import type { CheckedManifest, ManifestCheck } from '../model/manifest-check.ts';
import { packagesName } from '../model/packages.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { checkManifestByRuns, checkSharedClasses, type CheckOutcome } from '../verdict/check.ts';
import {
  findManifestSeries,
  listManifestSeries,
  loadEnvironment,
  loadManifest,
  loadPackagesManifest,
  loadRoster,
  loadRostersOf,
} from './data.ts';
import { listRunIds, readRun } from './past-runs.ts';
import { loadRun } from './session.ts';
import type { Store } from './store.ts';
import { gatherSuiteCells, type SuiteCell } from './suite-cells.ts';

export interface CheckRequest {
  /** Run records beside the store's: ids, files, or directories that have a run.json somewhere below. */
  readonly runs: readonly string[];
  /** Only this series' manifest. */
  readonly series?: string;
  readonly store: Store;
  readonly cwd: string;
}

/** What a check found, and manifests that could not be read. */
export interface CheckedByRuns {
  readonly check: ManifestCheck;
  readonly failures: readonly Failure[];
}

/** Files that an argument names: itself, or every run.json below a directory. */
const expand = async (asked: string, cwd: string): Promise<Result<readonly string[]>> => {
  const path = resolve(cwd, asked);
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) return ok([asked]);
  const files = (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name === 'run.json')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return files.length > 0 ? ok(files) : fail({ code: 'unknown-run', asked, reason: 'there is no run.json below it' });
};

interface ReadRuns {
  readonly runs: readonly RunRecord[];
  readonly notes: readonly string[];
}

/** The store's records and those named; the store's own that cannot be read are noted, those named are failures. */
const readAllRuns = async ({ runs, store, cwd }: CheckRequest): Promise<Result<ReadRuns>> => {
  const read = new Map<string, RunRecord>();
  const leftOut = new Map<string, string[]>();
  for (const id of await listRunIds(store)) {
    const run = await readRun(store, id);
    if (run.ok) read.set(id, run.value);
    else if (!run.error.isUnfinished) leftOut.set(run.error.reason, [...(leftOut.get(run.error.reason) ?? []), id]);
  }
  const notes = [...leftOut].map(([reason, ids]) => `Left out: ${ids.join(', ')}: ${reason}.`);
  for (const asked of runs) {
    const files = await expand(asked, cwd);
    if (!files.ok) return files;
    for (const file of files.value) {
      const run = await loadRun(file, store, cwd);
      if (!run.ok) return run;
      read.set(run.value.id, run.value);
    }
  }
  return ok({ runs: [...read.values()], notes });
};

const checkSeries = async (
  series: string,
  sharedCount: number,
  cells: readonly SuiteCell[],
): Promise<Result<CheckOutcome>> => {
  const manifest = await loadManifest(series);
  if (!manifest.ok) return manifest;
  const rosters = await loadRostersOf(series);
  if (!rosters.ok) return rosters;
  if (manifest.value === undefined) throw new Error(`a manifest of ${series} was listed`);
  return ok(
    checkManifestByRuns({
      file: `recipes/manifests/${series}.json`,
      manifest: manifest.value,
      ownClasses: manifest.value.environment.length - sharedCount,
      cells,
      rosters: rosters.value,
    }),
  );
};

/** The package checks have one manifest for every series; classes of CPython's own suites are not theirs. */
const checkPackages = async (cells: readonly SuiteCell[]): Promise<Result<CheckOutcome>> => {
  const manifest = await loadPackagesManifest();
  if (!manifest.ok) return manifest;
  const roster = await loadRoster(packagesName);
  if (!roster.ok) return roster;
  return ok(
    checkManifestByRuns({
      file: `recipes/manifests/${packagesName}.json`,
      manifest: manifest.value,
      ownClasses: manifest.value.environment.length,
      cells,
      rosters: roster.value === undefined ? [] : [roster.value],
    }),
  );
};

const isOfPackages = ({ selection }: SuiteCell): boolean => selection.preset === packagesName;

/** Cells by the series whose manifest judges them. */
const groupCells = async (cells: readonly SuiteCell[]): Promise<ReadonlyMap<string, readonly SuiteCell[]>> => {
  const groups = new Map<string, SuiteCell[]>();
  for (const cell of cells) {
    const series = await findManifestSeries(cell.facts.cell.python.series);
    if (series !== undefined) groups.set(series, [...(groups.get(series) ?? []), cell]);
  }
  return groups;
};

/**
 * Checks the manifests by every run record in the store and those named. A manifest that cannot be read is among the
 * document's failures, and the others are checked all the same. Failures: `unknown-run`, `record-invalid`, `usage`, and
 * `file-invalid` for the shared classes and rosters.
 */
export const checkByRuns = async (request: CheckRequest): Promise<Result<CheckedByRuns>> => {
  const known = await listManifestSeries();
  if (request.series !== undefined && !known.includes(request.series)) {
    const message = `--series ${request.series}: no manifest of that series; there are: ${known.join(', ')}.`;
    return fail({ code: 'usage', message });
  }
  const shared = await loadEnvironment();
  if (!shared.ok) return shared;
  const read = await readAllRuns(request);
  if (!read.ok) return read;
  const cells = await gatherSuiteCells(read.value.runs);
  if (!cells.ok) return cells;
  const groups = await groupCells(cells.value.filter((cell) => !isOfPackages(cell)));
  const outcomes: CheckOutcome[] = [];
  const failures: Failure[] = [];
  for (const series of request.series === undefined ? known : [request.series]) {
    const outcome = await checkSeries(series, shared.value.length, groups.get(series) ?? []);
    if (outcome.ok) outcomes.push(outcome.value);
    else failures.push(outcome.error);
  }
  const packages =
    request.series === undefined ? await checkPackages(cells.value.filter((cell) => isOfPackages(cell))) : undefined;
  if (packages?.ok === false) failures.push(packages.error);
  // What one series leaves unused another may need.
  const environment: readonly CheckedManifest[] =
    request.series === undefined && failures.length === 0
      ? [checkSharedClasses('recipes/manifests/environment.json', outcomes, shared.value)]
      : [];
  const check: ManifestCheck = {
    version: 1,
    kind: 'manifest-check',
    runs: read.value.runs.length,
    manifests: [
      ...outcomes.map(({ checked }) => checked),
      ...(packages?.ok === true ? [packages.value.checked] : []),
      ...environment,
    ],
    notes: [...read.value.notes],
    failures: [],
  };
  return ok({ check, failures });
};
