import * as z from 'zod';
import { outcomeSchema } from './suite.ts';

/** What `python -m test -v` printed of a case; `subtests` when it printed outcomes of subtests only. */
export const plainOutcomeSchema = z.enum([...outcomeSchema.options, 'subtests']);
export type PlainOutcome = z.infer<typeof plainOutcomeSchema>;

/** One case that the two runs do not agree on. */
export const plainDifferenceSchema = z.strictObject({
  id: z.string(),
  plain: z.enum([...plainOutcomeSchema.options, 'absent']),
  driver: z.enum([...outcomeSchema.options, 'absent', 'unended']).describe('unended: started, and never ended'),
});
export type PlainDifference = z.infer<typeof plainDifferenceSchema>;

/** What `python -m test -v` and the driver say of the same files of the same Python, case by case. */
export const plainComparisonSchema = z.strictObject({
  cases: z.int().describe('cases that either of the two ran'),
  agree: z.int().describe('cases that they agree on at once: presence and outcome'),
  differences: z
    .array(plainDifferenceSchema)
    .readonly()
    .describe('cases that they do not agree on, also when each was run again alone'),
  unsteady: z
    .array(plainDifferenceSchema)
    .readonly()
    .describe('cases that differed at first, and agreed when each was run again alone; as they were at first'),
  retestLeftOut: z.boolean().describe('there were too many differences to run each again alone'),
  plain: z.strictObject({
    durationMs: z.number(),
    jobs: z.int().describe("regrtest's own worker processes"),
    ran: z.int().describe('how many cases unittest says it ran: more than were read would be a fault of ours'),
    read: z.int().describe('how many cases were read from its output'),
    outputFile: z.string().describe('what it printed'),
  }),
  driver: z.strictObject({
    durationMs: z.number(),
    of: z.string().optional().describe("ISO 8601: when the driver's results were taken, if not in this run"),
  }),
});
export type PlainComparison = Readonly<z.infer<typeof plainComparisonSchema>>;
