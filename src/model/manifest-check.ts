import * as z from 'zod';

/** One thing wrong with a manifest, in the light of the runs. */
export const manifestFindingSchema = z.strictObject({
  kind: z
    .enum(['stale', 'unknown-case', 'overlap', 'stale-class'])
    .describe(
      'stale: its cases ran where it holds, and it explained nothing; unknown-case: no roster has its case, and no run; ' +
        'overlap: another entry explains the same; stale-class: it explained no skip of any run',
    ),
  path: z.string().describe('JSON path in the file'),
  id: z.string().describe("the entry's id, or the class's name"),
  message: z.string(),
});
export type ManifestFinding = z.infer<typeof manifestFindingSchema>;

/** An entry or class that the runs say nothing of. */
export const notJudgedSchema = z.strictObject({ path: z.string(), id: z.string(), why: z.string() });
export type NotJudged = z.infer<typeof notJudgedSchema>;

/** One file of recipes/manifests in the light of the runs. */
export const checkedManifestSchema = z.strictObject({
  file: z.string(),
  cells: z.array(z.string()).describe('cells whose suites it judged'),
  entries: z.int().describe('entries and classes in it'),
  used: z.int().describe('those that explained something in a run'),
  findings: z.array(manifestFindingSchema),
  notJudged: z.array(notJudgedSchema),
});
export type CheckedManifest = z.infer<typeof checkedManifestSchema>;

/** `manifest check --json`. */
export const manifestCheckSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('manifest-check'),
  runs: z.int().describe('run records that were read'),
  manifests: z.array(checkedManifestSchema),
  notes: z.array(z.string()),
  failures: z.array(z.looseObject({ code: z.string() })),
});
export type ManifestCheck = z.infer<typeof manifestCheckSchema>;
