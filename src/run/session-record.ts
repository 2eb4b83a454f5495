import { randomBytes } from 'node:crypto';
import type { CellRun, StepRecord } from '../model/record.ts';
import type { StepOutcome } from './execute.ts';
import { machineKinds, storeKey } from './inspect.ts';
import type { CellSession, SessionOptions } from './session.ts';
import { readStepRecord } from './store.ts';

/** What a run record says of one cell. */
export const recordCell = (cell: CellSession, outcomes: ReadonlyMap<string, StepOutcome>): CellRun => ({
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
