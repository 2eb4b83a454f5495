import * as z from 'zod';
import { cellSchema } from './cell.ts';
import { keptFactsSchema } from './kept.ts';
import { testSelectionSchema } from './plan.ts';
import { failureSchema } from './failure-schema.ts';

/** What became of a case or subtest on one of two Pythons. `absent`: its file ran, and has no such case there. */
export const sideOutcomeSchema = z.strictObject({
  outcome: z.enum(['passed', 'failed', 'skipped', 'not ended', 'not started', 'absent']),
  /** The failure's last line, or the skip's reason. */
  text: z.string().optional(),
  /** Traceback of what failed. */
  details: z.string().optional(),
});
export type SideOutcome = z.infer<typeof sideOutcomeSchema>;

/** How a case differs, in the order in which reports draw it. */
export const differenceKindSchema = z.enum([
  'fails-on-awslc',
  'fails-on-openssl',
  'fails-otherwise',
  'skipped-on-awslc',
  'skipped-on-openssl',
  'skipped-otherwise',
  'only-on-awslc',
  'only-on-openssl',
]);
export type DifferenceKind = z.infer<typeof differenceKindSchema>;

export const differenceSchema = z.strictObject({
  /** Case id, with subtest parameters where one subtest differs. */
  id: z.string(),
  file: z.string(),
  kind: differenceKindSchema,
  awslc: sideOutcomeSchema,
  openssl: sideOutcomeSchema,
  reason: z
    .string()
    .optional()
    .describe("the manifest's reason, where an entry or class explains what AWS-LC's side did"),
});
export type Difference = z.infer<typeof differenceSchema>;

/** What differs between a cell and its twin: the same core, the same suites, AWS-LC and OpenSSL. */
export const cellDiffSchema = z.strictObject({
  id: z.string().describe('the cell'),
  cell: cellSchema,
  kept: keptFactsSchema.optional().describe('of an AWS-LC that was compiled in a build tree which is kept'),
  openssl: z.string().describe('what the twin says it runs on'),
  selection: testSelectionSchema,
  /** Series of the manifest whose reasons are shown; null when there is none. */
  manifest: z.string().nullable(),
  awslcRanAt: z.string().optional().describe('ISO 8601: when the suites ran on AWS-LC'),
  opensslRanAt: z.string().optional().describe('ISO 8601: when the suites ran on OpenSSL'),
  /** Cases that either side has. */
  cases: z.int(),
  /** Cases that came out alike: of these, how many failed and how many were skipped on both. */
  same: z.strictObject({ cases: z.int(), failed: z.int(), skipped: z.int() }),
  differences: z.array(differenceSchema),
  unsteady: z.array(differenceSchema).describe('differed once, but came out otherwise when run again alone'),
});
export type CellDiff = z.infer<typeof cellDiffSchema>;

/** `diff --json`. */
export const diffDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('diff'),
  run: z.string().nullable(),
  cells: z.array(cellDiffSchema),
  failures: z.array(failureSchema),
});
export type DiffDocument = z.infer<typeof diffDocumentSchema>;
