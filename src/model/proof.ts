import * as z from 'zod';

/** One thing that the built Python must be, how it was checked, what was expected and what was found. */
export const claimSchema = z.strictObject({
  id: z.string(),
  /** A sentence that a person can read. */
  title: z.string(),
  how: z.string(),
  expected: z.json(),
  found: z.json(),
  holds: z.boolean(),
});
export type Claim = z.infer<typeof claimSchema>;

/** Facts that the proof reports without judging. */
export const factSchema = z.strictObject({ id: z.string(), title: z.string(), found: z.json() });

export const proofSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('proof'),
  claims: z.array(claimSchema),
  facts: z.array(factSchema),
  /** What this proof cannot know. */
  notChecked: z.array(z.string()),
});
export type Proof = z.infer<typeof proofSchema>;
