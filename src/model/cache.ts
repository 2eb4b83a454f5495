import * as z from 'zod';

/** Parts of the store. */
export const storePartSchema = z.enum([
  'downloads',
  'steps',
  'work',
  'kept',
  'runs',
  'answers',
  'bisects',
  'matrices',
  'tmp',
]);
export type StorePart = z.infer<typeof storePartSchema>;

const useSchema = z.strictObject({
  entries: z.int(),
  diskBytes: z.number().describe('space on the disk; what is linked from several places counts once, at the first'),
});

/** What `cache status --json` writes. */
export const cacheStatusSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('cache-status'),
  store: z.string(),
  parts: z.record(storePartSchema, useSchema),
  steps: z.array(useSchema.extend({ kind: z.string().describe('kind of step') })),
  diskBytes: z.number(),
});
export type CacheStatus = z.infer<typeof cacheStatusSchema>;

/** An entry that is not what it was when it was finished. */
export const storeDamageSchema = z.strictObject({
  path: z.string(),
  expected: z.string(),
  found: z.string(),
});
export type StoreDamage = z.infer<typeof storeDamageSchema>;

/** What `cache verify --json` writes. */
export const cacheVerifySchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('cache-verify'),
  store: z.string(),
  downloads: z.int(),
  steps: z.int(),
  hashedBytes: z.number(),
  damaged: z.array(storeDamageSchema).describe('taken out of the store: the next run makes them again'),
});
export type CacheVerify = z.infer<typeof cacheVerifySchema>;

/** What `cache gc --json` writes. */
export const cacheGcSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('cache-gc'),
  store: z.string(),
  removed: z.array(z.strictObject({ path: z.string(), what: z.string(), freedBytes: z.number() })),
  kept: z.array(z.strictObject({ path: z.string(), why: z.string() })).describe('in use, or perhaps in use'),
  freedBytes: z.number(),
});
export type CacheGc = z.infer<typeof cacheGcSchema>;

/** What `cache --json` writes. */
export const cacheReportSchema = z.discriminatedUnion('kind', [cacheStatusSchema, cacheVerifySchema, cacheGcSchema]);
