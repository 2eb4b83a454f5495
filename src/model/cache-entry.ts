import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';
import { stepRecordSchema } from './record.ts';

/** What a signature covers, and what is told without one: a finished step, and the packed tree that belongs to it. */
export const cacheEntrySchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('cache-entry'),
  key: sha256Schema.describe('the step’s fingerprint'),
  record: stepRecordSchema,
  blob: z.strictObject({
    sha256: sha256Schema,
    sizeBytes: z.int().positive().describe('of the tree, packed as tar.gz below `tree/`'),
  }),
  signature: z
    .strictObject({
      key: sha256Schema.describe('sha256 of the public key (SPKI, DER)'),
      ed25519: z.base64().describe('over the canonical JSON of all the other members'),
    })
    .optional(),
});
export type CacheEntry = z.infer<typeof cacheEntrySchema>;
