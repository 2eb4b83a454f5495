import * as z from 'zod';
import { awslcEntrySchema, cpythonEntrySchema } from './catalogue.ts';

/** What `pin --json` writes. */
export const pinReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('pin'),
  subject: z.enum(['cpython', 'awslc']),
  entry: z.union([awslcEntrySchema, cpythonEntrySchema]),
  change: z.enum(['added', 'changed', 'none']).describe('what became of the catalogue'),
  origins: z
    .array(z.strictObject({ origin: z.string(), gave: z.boolean(), reason: z.string().optional() }))
    .describe('which origins gave the bytes now, and why the others did not'),
  roster: z.string().optional().describe('the roster that was made'),
});
export type PinReport = z.infer<typeof pinReportSchema>;
