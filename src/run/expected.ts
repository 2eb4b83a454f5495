import { packagesName } from '../model/packages.ts';
import type { PlannedCell } from '../model/plan.ts';
import type { Preset } from '../model/recipe.ts';
import { ok, type Result } from '../model/result.ts';
import { loadManifest, loadPackagesManifest, loadRoster, loadTimings } from './data.ts';
import type { Expected } from './suites.ts';

/**
 * What is expected of a cell: its series' manifest and times, its version's roster; of package checks, their own manifest and
 * roster, whatever the CPython.
 */
export const loadExpected = async (cell: PlannedCell, preset: Preset): Promise<Result<Expected>> => {
  const { series, version } = cell.cell.python;
  const isOfPackages = preset === packagesName;
  const [manifest, roster, timings] = await Promise.all([
    isOfPackages ? loadPackagesManifest() : loadManifest(series),
    // A roster lists what one released version starts; a working tree may have other cases.
    isOfPackages || cell.cell.python.tree === undefined
      ? loadRoster(isOfPackages ? packagesName : version)
      : ok(undefined),
    loadTimings(series),
  ]);
  if (!manifest.ok) return manifest;
  if (!roster.ok) return roster;
  if (!timings.ok) return timings;
  return ok({
    ...(manifest.value === undefined ? {} : { manifest: manifest.value }),
    ...(roster.value === undefined ? {} : { roster: roster.value }),
    timings: timings.value,
  });
};
