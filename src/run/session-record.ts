import { randomBytes } from 'node:crypto';
import type { CellRun, StepRecord, TwinResults } from '../model/record.ts';
import type { ComparedSuites } from './compare-twin.ts';
import type { StepOutcome } from './execute.ts';
import { machineKinds, storeKey } from './inspect.ts';
import type { CellSession, SessionOptions } from './session.ts';
import { readStepRecord } from './store.ts';

/** A twin's raw results, without those of the cell that its record has already. */
const recordTwin = ({ suites }: CellSession, comparison: ComparedSuites): TwinResults => ({
  version: comparison.version,
  ranAt: comparison.opensslRanAt,
  runs: [...comparison.openssl],
  again: comparison.awslc.slice(suites?.runs.length ?? 0),
});

/** What a run record says of one cell; of a matrix also what its twin's suites gave. */
export const recordCell = (
  cell: CellSession,
  outcomes: ReadonlyMap<string, StepOutcome>,
  isOfMatrix = false,
): CellRun => ({
  id: cell.planned.id,
  steps: Object.values(cell.planned.steps).map((id) => {
    const outcome = outcomes.get(id);
    return { id, outcome: outcome?.outcome ?? 'not-run', durationMs: outcome?.durationMs ?? 0 };
  }),
  ...(cell.proof === undefined ? {} : { proof: cell.proof }),
  ...(cell.proofOf === undefined ? {} : { proofOf: cell.proofOf }),
  ...(cell.importCost === undefined ? {} : { importCost: cell.importCost.own }),
  ...(cell.suites === undefined ? {} : { suites: cell.suites }),
  ...(cell.suitesOf === undefined ? {} : { suitesOf: cell.suitesOf }),
  ...(!isOfMatrix || cell.twinNote === undefined ? {} : { twinNote: cell.twinNote }),
  ...(!isOfMatrix || cell.comparison === undefined ? {} : { twin: recordTwin(cell, cell.comparison) }),
  ...(cell.failures === undefined ? {} : { failures: cell.failures.map((failure) => ({ ...failure })) }),
});

/**
 * The record of every step of the plan that is finished, also of those that this run did not need: what a goal was made
 * from, and which origin gave it, belongs to what is known of it.
 */
export const gatherRecords = async (
  options: SessionOptions,
  outcomes: ReadonlyMap<string, StepOutcome>,
): Promise<StepRecord[]> => {
  const { plan, host } = options.prepared;
  const records: StepRecord[] = [];
  for (const step of plan.steps) {
    const known = outcomes.get(step.id)?.stored?.record;
    if (known !== undefined) {
      records.push(known);
      continue;
    }
    if (machineKinds.includes(step.kind)) continue;
    const found = await readStepRecord(options.store, storeKey(step, host.machine));
    if (found !== undefined) records.push(found);
  }
  return records;
};

/** A run's id: when it began, and enough random to tell two apart. */
export const nameRun = (startedAt: string): string =>
  `${startedAt.replace(/[-:]|\.\d+/g, '')}-${randomBytes(3).toString('hex')}`;
