import * as z from 'zod';

/** How one patch fits one version. */
export const patchCheckSchema = z.strictObject({
  python: z.string(),
  patch: z.string().describe('path below patches/: 3.13/0001-tls-without-pha.patch'),
  state: z.enum(['applies', 'offset', 'fuzz', 'rejected', 'not-fetched']),
  /** Whether `series.json` says that the patch is for this version. */
  inRange: z.boolean(),
  hunks: z.array(
    z.strictObject({
      number: z.int(),
      line: z.int(),
      offsetLines: z.int().describe('how far from where the patch says it was found'),
      fuzz: z.int().describe('lines of context that were ignored; a build ignores none'),
      rejected: z.boolean(),
    }),
  ),
  why: z.string().optional().describe('why the source could not be fetched'),
});
export type PatchCheck = z.infer<typeof patchCheckSchema>;

/** `patches verify --json` */
export const patchReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('patches'),
  checks: z.array(patchCheckSchema),
  /** Series that have patches and no version in the catalogue: nothing was tried. */
  untried: z.array(z.string()),
});
export type PatchReport = z.infer<typeof patchReportSchema>;
