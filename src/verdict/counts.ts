import { verdictNameSchema, type Verdict, type VerdictCounts } from '../model/verdict.ts';

/** Sums up verdicts: every name, zeros included. */
export const countVerdicts = (verdicts: readonly Pick<Verdict, 'verdict'>[]): VerdictCounts => {
  const counts = new Map(verdictNameSchema.options.map((name) => [name, 0]));
  for (const { verdict } of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  // fromEntries forgets the keys' type; all names are there.
  return Object.fromEntries(counts) as VerdictCounts;
};
