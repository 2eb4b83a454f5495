import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import type { Plan, PlannedCell } from '../model/plan.ts';
import { suiteResultsSchema, type SuiteResults } from '../model/record.ts';
import { listCellSteps, narrowPlan } from '../plan/narrow.ts';
import type { CellSession } from './cell-session.ts';
import type { StepOutcome } from './execute.ts';

/** What a session is told of a matrix. */
export interface MatrixOptions {
  /** Ids of the cells that this run is to do, those of other machines included. */
  readonly asked: readonly string[];
  /** Cells of the plan that cannot run here, by id, and why: nothing of them is begun. */
  readonly refused: ReadonlyMap<string, Failure>;
  /** Fail fast: whether a cell's suites are not as expected. Without it a failure ends only what needs it. */
  readonly isUnexpected?: (cell: PlannedCell, suites: SuiteResults) => Promise<boolean>;
}

/** The part of a plan that a matrix runs: what the asked cells need that can run here. */
export const chooseCells = (plan: Plan, { asked, refused }: MatrixOptions): Plan =>
  narrowPlan(plan, new Set(asked.filter((id) => !refused.has(id))));

/** The asked cells of the plan that cannot run here, with nothing but the reason. */
export const listRefused = (plan: Plan, matrix: MatrixOptions | undefined): readonly CellSession[] =>
  plan.cells.flatMap((planned): readonly CellSession[] => {
    const failure = matrix?.asked.includes(planned.id) === true ? matrix.refused.get(planned.id) : undefined;
    return failure === undefined ? [] : [{ planned, suitesAreNew: false, failures: [failure] }];
  });

/** Why a cell is not whole: what its steps failed with, those that it shares included. An interruption says nothing of it. */
export const listCellFailures = (
  plan: Plan,
  cell: PlannedCell,
  outcomes: readonly StepOutcome[],
): readonly Failure[] => {
  const own = listCellSteps(plan.steps, cell);
  const failed = outcomes.flatMap(({ step, failure }) =>
    failure === undefined || failure.code === 'interrupted' || !own.has(step.id) ? [] : [[step.id, failure] as const],
  );
  return [...new Map(failed).values()];
};

/** Looks at each cell's suites as soon as they have run. What cannot be read is told when cells are gathered. */
export const judgeOutcomes =
  (plan: Plan, isUnexpected: NonNullable<MatrixOptions['isUnexpected']>) =>
  async ({ step, stored }: StepOutcome): Promise<boolean> => {
    const cell = plan.cells.find(({ steps }) => steps['test-cell'] === step.id);
    if (cell === undefined || stored === undefined) return false;
    const suites = await readJson(suiteResultsSchema, join(stored.tree, 'suites.json'));
    return suites.ok && (await isUnexpected(cell, suites.value));
  };
