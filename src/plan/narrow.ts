import type { Plan, PlannedCell, Step } from '../model/plan.ts';

/** Ids of every step that a cell is made of, what its steps are made from included, so also another machine's parts. */
export const listCellSteps = (steps: readonly Step[], cell: Pick<PlannedCell, 'steps'>): ReadonlySet<string> => {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const input of Object.values(byId.get(id)?.inputs ?? {})) visit(input);
  };
  for (const id of Object.values(cell.steps)) visit(id);
  return found;
};

/**
 * The part of a plan that some of its cells need. What a shared step waits for on behalf of other cells is left out: it is theirs
 * to know.
 */
export const narrowPlan = (plan: Plan, cells: ReadonlySet<string>): Plan => {
  const kept = plan.cells.filter(({ id }) => cells.has(id));
  const needed = new Set(kept.flatMap((cell) => [...listCellSteps(plan.steps, cell)]));
  const steps = plan.steps
    .filter(({ id }) => needed.has(id))
    .map(({ after, ...step }): Step => {
      const still = (after ?? []).filter((id) => needed.has(id));
      return still.length === 0 ? step : { ...step, after: still };
    });
  return { ...plan, cells: kept, steps };
};
