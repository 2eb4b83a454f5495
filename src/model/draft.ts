import * as z from 'zod';
import { environmentClassSchema, manifestEntrySchema } from './manifest.ts';

/** An entry that a run proposes: like a manifest's, but its reason is open until a person has written it. */
export const draftEntrySchema = manifestEntrySchema.extend({
  reason: z.string().describe('empty: a person must write it; a manifest with an empty reason is refused'),
});
export type DraftEntry = z.infer<typeof draftEntrySchema>;

/** A manifest as proposed: `recipes/manifests/<series>.json` when its reasons are written. */
export const draftManifestSchema = z.strictObject({
  $schema: z.string(),
  version: z.literal(1),
  series: z.string(),
  environment: z.array(environmentClassSchema),
  entries: z.array(draftEntrySchema),
});
export type DraftManifest = z.infer<typeof draftManifestSchema>;

/** `manifest draft --json`. */
export const manifestDraftSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('manifest-draft'),
  series: z.string(),
  runs: z.array(z.string()).describe('ids of the runs that it was made from'),
  cells: z.array(z.string()).describe('cells of these runs whose suites were read'),
  manifest: draftManifestSchema,
  openReasons: z.int().describe('entries whose reason a person must write'),
  notes: z.array(z.string()).describe('what no entry can explain, and what else to know'),
});
export type ManifestDraft = z.infer<typeof manifestDraftSchema>;
