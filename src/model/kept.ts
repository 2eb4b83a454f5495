import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/**
 * kept.json: what is known of a build tree that is kept for a checkout. It is there only while nobody works in the tree
 * and the last work came to an end of its own, so that a tree without it is thrown away.
 */
export const keptBuildSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('kept-build'),
  key: sha256Schema.describe('all that decides the build but the source'),
  checkout: z.string().describe('the directory that it is kept for'),
  content: z.string().describe('tree digest of the content that was last built'),
  past: z.array(z.string()).default([]).describe('contents that were built in it before, the newest last'),
  place: z.string().describe('where the tree was built: what is in it names this path'),
  since: z.string().describe('ISO 8601: when it was begun, clean'),
  usedAt: z.string().describe('ISO 8601: when it was last built in'),
  buildDigest: sha256Schema.describe('tree digest of build/'),
  outsideDigest: sha256Schema.describe(
    'digest of all files outside the tree that were compiled in: headers of the system',
  ),
});
export type KeptBuild = z.infer<typeof keptBuildSchema>;

/** How a step worked in a kept build tree. */
export const keptUseSchema = z.strictObject({
  incremental: z.boolean().describe('false: compiled clean, as the first in the build tree'),
  since: z.string().describe('ISO 8601: when the build tree was begun'),
  changedFiles: z.int().describe('files of the source that differed from the build before'),
});
export type KeptUse = z.infer<typeof keptUseSchema>;

/** What a report says of it: of a step whose record is gone no more is known than that it may have been incremental. */
export const keptFactsSchema = keptUseSchema.partial({ since: true, changedFiles: true });
export type KeptFacts = z.infer<typeof keptFactsSchema>;
