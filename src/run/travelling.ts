import type { Plan, Step, StepKind } from '../model/plan.ts';

/**
 * What takes long to make and holds nothing of the place where it was made. Sources come as archives, which a catalogue's digest
 * proves; what configure wrote is full of its work path; checks, proofs and suites are of the machine that ran them.
 */
const kinds: readonly StepKind[] = ['compile', 'modules', 'install'];

/**
 * Ids of the steps of a plan that may come from another machine, or go to one. Nothing that is made from a build tree which
 * is kept for a checkout is among them: that it is what a clean build gives rests on that tree.
 */
export const findTravelling = (plan: Pick<Plan, 'steps'>): ReadonlySet<string> => {
  const kept = new Set<string>();
  // Inputs come before what needs them.
  for (const { id, keeps, inputs } of plan.steps) {
    if (keeps !== undefined || Object.values(inputs).some((input) => kept.has(input))) kept.add(id);
  }
  return new Set(plan.steps.filter(({ id, kind }) => kinds.includes(kind) && !kept.has(id)).map(({ id }) => id));
};

/** Steps and all that they are made from, inputs first. */
export const withInputs = (plan: Pick<Plan, 'steps'>, goals: readonly Step[]): readonly Step[] => {
  const wanted = new Set(goals.map(({ id }) => id));
  return plan.steps
    .toReversed()
    .flatMap((step) => {
      if (!wanted.has(step.id)) return [];
      for (const input of Object.values(step.inputs)) wanted.add(input);
      return [step];
    })
    .toReversed();
};
