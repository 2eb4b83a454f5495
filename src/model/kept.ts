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
  place: z.string().describe('where the tree was built: what is in it names this path'),
  since: z.string().describe('ISO 8601: when it was begun, clean'),
  usedAt: z.string().describe('ISO 8601: when it was last built in'),
  buildDigest: sha256Schema.describe('tree digest of build/'),
});
export type KeptBuild = z.infer<typeof keptBuildSchema>;
