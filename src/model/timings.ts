import * as z from 'zod';

/**
 * recipes/timings/<series>.json: how long suites take, measured once on some machine. Only the plan of shards reads it: a
 * wrong or missing number makes a run slower, never different.
 */
export const timingsSchema = z.strictObject({
  version: z.literal(1),
  python: z.string(),
  /** Class id to the sum of its cases, in milliseconds. */
  classesMs: z.record(z.string(), z.number()),
  /** Case id to milliseconds, for the long ones. */
  casesMs: z.record(z.string(), z.number()),
});
export type Timings = z.infer<typeof timingsSchema>;
