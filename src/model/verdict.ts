import * as z from 'zod';

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
  /** Case id, with subtest parameters where one subtest is judged. */
  id: z.string(),
  file: z.string(),
  verdict: verdictNameSchema,
  durationMs: z.number().optional(),
  /** Why: the manifest entry's or class's reason, the skip's reason, or the failure's last line. */
  reason: z.string().optional(),
  /** Traceback of what failed. */
  details: z.string().optional(),
});
export type Verdict = z.infer<typeof verdictSchema>;

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
