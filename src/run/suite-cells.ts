import { packagesName } from '../model/packages.ts';
import type { RunRecord } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { DraftCell } from '../verdict/draft-seen.ts';
import { loadRoster } from './data.ts';

/** A cell of a run whose suites ran. */
export interface SuiteCell extends DraftCell {
  readonly id: string;
}

/**
 * The cells of runs whose suites ran, with the rosters of their versions; results that several records hold (a run that
 * had nothing to do names an earlier one's) once. Failure: `file-invalid`.
 */
export const gatherSuiteCells = async (runs: readonly RunRecord[]): Promise<Result<readonly SuiteCell[]>> => {
  const cells = new Map<string, SuiteCell>();
  for (const run of runs) {
    for (const { id, suites, suitesOf } of run.cells) {
      const planned = run.plan.cells.find((candidate) => candidate.id === id);
      const ranAt = suitesOf ?? run.startedAt;
      const key = `${id} ${ranAt}`;
      if (suites === undefined || planned === undefined || cells.has(key)) continue;
      const { cell, capabilities } = planned;
      // A roster lists what one released version starts; a working tree may have other cases.
      const isOfPackages = run.plan.test.preset === packagesName;
      const roster =
        isOfPackages || cell.python.tree === undefined
          ? await loadRoster(isOfPackages ? packagesName : cell.python.version)
          : ok(undefined);
      if (!roster.ok) return roster;
      cells.set(key, {
        id,
        facts: { cell, capabilities, environment: suites.environment },
        runs: suites.runs,
        selection: run.plan.test,
        ...(roster.value === undefined ? {} : { roster: roster.value }),
        ranAt,
      });
    }
  }
  return ok([...cells.values()]);
};
