import type { CriticalPath } from '../model/critical-path.ts';
import type { Step } from '../model/plan.ts';

/** What a step is thought to cost. */
interface Cost {
  /** Seconds on one core that nothing shortens. */
  readonly serial: number;
  /** CPU-seconds that all cores share. */
  readonly shared: number;
}

/**
 * Measured on two cores of an x86-64 machine of 2025, in seconds (`npm run bench`): only their order of size matters, since they
 * decide what is begun first and what yields, and nothing of what is built.
 */
const costs: Readonly<Record<string, Cost>> = {
  'fetch-awslc': { serial: 2, shared: 0 },
  'fetch-cpython': { serial: 3, shared: 0 },
  'unpack-awslc': { serial: 3, shared: 0 },
  'unpack-cpython': { serial: 4, shared: 0 },
  'configure-awslc': { serial: 3, shared: 0 },
  'configure-core': { serial: 28, shared: 0 },
  'compile-awslc': { serial: 5, shared: 95 },
  'compile-core': { serial: 15, shared: 240 },
  'install-cell': { serial: 6, shared: 0 },
  'prove-cell': { serial: 10, shared: 0 },
  'test-cell': { serial: 31, shared: 0 },
};

const unknownCost: Cost = { serial: 2, shared: 0 };

/** What a step is thought to take on so many cores, in seconds, by its kind and subject: `compile-core`. */
export const estimateSeconds = (step: string, jobs: number): number => {
  const { serial, shared } = costs[step] ?? unknownCost;
  return serial + shared / jobs;
};

const estimateStep = ({ kind, subject }: Step, jobs: number): number => estimateSeconds(`${kind}-${subject}`, jobs);

const neededBy = (step: Step): readonly string[] => [...Object.values(step.inputs), ...(step.after ?? [])];

/**
 * How many seconds of work hang on each step, by id: its own and the longest chain of what waits for it, on so many cores. What
 * is greatest is begun first, and what is less yields to it. Steps come in an order that respects inputs, as plans have them.
 */
export const rankSteps = (steps: readonly Step[], jobs: number): ReadonlyMap<string, number> => {
  const after = new Map<string, number>();
  const ranks = new Map<string, number>();
  // A step that several cells share may wait for one that stands after it: what is known last is greatest.
  const visit = (step: Step): void => {
    const rank = estimateStep(step, jobs) + (after.get(step.id) ?? 0);
    if (rank <= (ranks.get(step.id) ?? 0)) return;
    ranks.set(step.id, rank);
    for (const id of neededBy(step)) {
      if (rank <= (after.get(id) ?? 0)) continue;
      after.set(id, rank);
      const needed = byId.get(id);
      if (needed !== undefined) visit(needed);
    }
  };
  const byId = new Map(steps.map((step) => [step.id, step]));
  for (const step of steps.toReversed()) visit(step);
  return ranks;
};

/** The longest chain of the steps, from its first to its last, when nothing is recorded. */
export const findCriticalPath = (steps: readonly Step[], jobs: number): CriticalPath => {
  const ranks = rankSteps(steps, jobs);
  const longest = (candidates: readonly Step[]): Step | undefined =>
    candidates.reduce<Step | undefined>(
      (best, step) => (best === undefined || (ranks.get(step.id) ?? 0) > (ranks.get(best.id) ?? 0) ? step : best),
      undefined,
    );
  const path: Step[] = [];
  for (let at = longest(steps); at !== undefined;) {
    path.push(at);
    const { id } = at;
    at = longest(steps.filter((step) => neededBy(step).includes(id)));
  }
  const parts = path.map((step) => ({ id: step.id, title: step.title, seconds: estimateStep(step, jobs) }));
  return { steps: parts, seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0), jobs };
};
