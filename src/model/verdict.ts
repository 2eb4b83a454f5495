import * as z from 'zod';
import { cellSchema } from './cell.ts';
import { keptFactsSchema } from './kept.ts';
import { packageFactsSchema } from './packages.ts';
import { testSelectionSchema } from './plan.ts';
import { environmentFactsSchema } from './suite.ts';

/** One case's outcome judged by the manifest (design: exit 0 for the first five, else 3). */
export const verdictNameSchema = z.enum([
  'PASS',
  'SKIP',
  'XFAIL',
  'XSKIP',
  'XFLAKY',
  'COMMON',
  'FLAKY',
  'FAIL',
  'XPASS',
  'NEWSKIP',
  'LOST',
  'UNRESOLVED',
]);
export type VerdictName = z.infer<typeof verdictNameSchema>;

export const verdictSchema = z.strictObject({
  /**
   * Case id, with subtest parameters where one subtest is judged (`id (i=1)`). A fixture that failed beside its cases is
   * `class id (tearDownClass)`; a file that has no case to name is the file's name.
   */
  id: z.string(),
  file: z.string(),
  verdict: verdictNameSchema,
  durationMs: z.number().optional(),
  /** Why: the manifest entry's or class's reason, the skip's reason, or the failure's last line. */
  reason: z.string().optional(),
  /** Traceback of what failed, or the skip's own reason. */
  details: z.string().optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** The case that a verdict's id belongs to: the id without subtest parameters. */
export const caseIdOf = (id: string): string => id.split(' ', 1)[0] ?? id;

/** The verdicts that end a run with exit 3. */
export const unexpectedVerdicts: readonly VerdictName[] = [
  'COMMON',
  'FLAKY',
  'FAIL',
  'XPASS',
  'NEWSKIP',
  'LOST',
  'UNRESOLVED',
];

/** Whether a verdict is as expected. */
export const isExpected = (name: VerdictName): boolean => !unexpectedVerdicts.includes(name);

/** How many verdicts of each name. */
export const verdictCountsSchema = z.record(verdictNameSchema, z.int());
export type VerdictCounts = z.infer<typeof verdictCountsSchema>;

/** What a manifest entry did in one judgement. */
export const entryUseSchema = z.strictObject({
  /** Position in the manifest's `entries`. */
  index: z.int(),
  id: z.string(),
  expect: z.enum(['fail', 'skip', 'flaky']),
  use: z
    .enum(['used', 'unused', 'no-case', 'not-applicable'])
    .describe(
      'used: it explained something; unused: its cases ran and it explained nothing; no-case: no judged case has its id; not-applicable: its conditions do not hold',
    ),
});
export type EntryUse = z.infer<typeof entryUseSchema>;

/** A case whose verdict is another than in the baseline; `from` is absent for what the baseline does not have. */
export const verdictChangeSchema = z.strictObject({
  id: z.string(),
  file: z.string(),
  from: verdictNameSchema.optional(),
  to: verdictNameSchema,
  reason: z.string().optional(),
});
export type VerdictChange = z.infer<typeof verdictChangeSchema>;

/** What changed against an earlier run. */
export const baselineComparisonSchema = z.strictObject({
  /** Unexpected now, and expected or less bad then. These fail the run. */
  worse: z.array(verdictChangeSchema),
  better: z.array(verdictChangeSchema),
  /** Another expected verdict than before: SKIP instead of PASS. */
  changed: z.array(verdictChangeSchema),
  /** Not in the baseline. Those that are unexpected fail the run. */
  new: z.array(verdictChangeSchema),
  /** In the baseline only. */
  gone: z.array(z.strictObject({ id: z.string(), file: z.string(), from: verdictNameSchema })),
  same: z.int(),
  /** Unexpected verdicts that the baseline has alike: they do not fail the run. */
  sameUnexpected: z.int(),
});
export type BaselineComparison = z.infer<typeof baselineComparisonSchema>;

/** The suites' result as a document: what every report of it is drawn from. */
export const verdictReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('verdicts'),
  /** True when nothing is unexpected and something was judged. */
  asExpected: z.boolean(),
  cell: cellSchema,
  environment: environmentFactsSchema,
  selection: testSelectionSchema,
  /** Series of the manifest and version of the roster that judged; null when there was none. */
  manifest: z.string().nullable(),
  roster: z.string().nullable(),
  ranAt: z.string().optional().describe('ISO 8601: when the suites ran'),
  /** Taken from an earlier run of the same thing, not run now. */
  recorded: z.boolean(),
  durationMs: z.number(),
  kept: keptFactsSchema.optional().describe('of an AWS-LC that was compiled in a build tree which is kept'),
  packages: packageFactsSchema.optional().describe('of the preset packages: whose crypto each package runs on'),
  /** Cases judged; a case with several judged subtests has several verdicts. */
  cases: z.int(),
  files: z.int(),
  counts: verdictCountsSchema,
  verdicts: z.array(verdictSchema),
  entries: z.array(entryUseSchema),
  /** What was not judged, and what else to know. */
  notes: z.array(z.string()),
  baseline: z.strictObject({ run: z.string(), comparison: baselineComparisonSchema }).optional(),
});
export type VerdictReport = z.infer<typeof verdictReportSchema>;
