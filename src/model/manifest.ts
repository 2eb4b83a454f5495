import * as z from 'zod';

/** When an entry or class applies; every given condition must hold. */
export const whenSchema = z.strictObject({
  python: z.string().optional().describe('version range, as ">=3.14.0 <3.14.8"'),
  awslc: z.string().optional().describe('version range of AWS-LC, as ">=5.0.0"'),
  line: z.array(z.string()).optional(),
  capability: z
    .record(z.string(), z.boolean())
    .optional()
    .describe('pha, pskTls13, pskWithoutCertificate, hash:NAME, hmac:NAME, group:NAME, function:NAME, macro:NAME'),
  fips: z.boolean().optional(),
  link: z.array(z.string()).optional(),
  arch: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  system: z
    .array(z.string())
    .optional()
    .describe('sys.platform of the built Python: linux, which every cell is built for'),
  freeThreading: z
    .boolean()
    .optional()
    .describe('whether CPython is built without the GIL: no cell is, as no plan says --disable-gil'),
  optimization: z.array(z.string()).optional(),
  emulated: z.boolean().optional(),
  network: z.boolean().optional(),
  ipv6: z.boolean().optional(),
  root: z.boolean().optional(),
  resourceEnabled: z.string().optional().describe('holds when this regrtest resource is enabled'),
  resourceMissing: z.string().optional().describe('holds when this regrtest resource is not enabled'),
  memoryLimitBelowBytes: z
    .int()
    .positive()
    .optional()
    .describe('holds when the run grants less than this to cases that need much memory (regrtest -M)'),
  timeZoneUtc: z.boolean().optional().describe('whether local time is UTC'),
  cLocale: z.boolean().optional().describe('whether the locale of the run is C, POSIX or C.UTF-8'),
});
export type When = z.infer<typeof whenSchema>;

const reasonSchema = z.string().min(10, 'needs a reason of 10 characters or more: a person must say why');

const entryFields = {
  id: z.string().min(1).describe('case id, or a pattern in which * stands for any text; "id (i=1)" for one subtest'),
  when: whenSchema.optional(),
  reason: reasonSchema,
  match: z.string().min(1).describe('text that the failure, or the reason of the skip, must contain'),
  evidence: z.string().min(1).describe('link, thread number, or the recorded run that showed it'),
};

/** One expected result. */
export const manifestEntrySchema = z.strictObject({ expect: z.enum(['fail', 'skip', 'flaky']), ...entryFields });
export type ManifestEntry = z.infer<typeof manifestEntrySchema>;

/** A class of skips that come from the machine, not from AWS-LC. */
export const environmentClassSchema = z.strictObject({
  name: z.string(),
  /** Regular expression on the skip's reason, anchored by the author. */
  pattern: z.string(),
  when: whenSchema.optional(),
  files: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "test files whose cases skip so; absent where they are among the roster's: only a run of all of them shows that nothing does",
    ),
  unrecorded: z
    .string()
    .min(1)
    .optional()
    .describe(
      'the fact that it depends on beside `when`, where no run records it, as "whether the server answers": ' +
        'that it explained nothing then proves nothing',
    ),
  reason: reasonSchema,
});
export type EnvironmentClass = z.infer<typeof environmentClassSchema>;

/** recipes/manifests/environment.json: classes that every series has. */
export const environmentFileSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  environment: z.array(environmentClassSchema),
});

/** recipes/manifests/<series>.json. `environment` holds classes of this series only: the shared ones come with them. */
export const manifestSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  series: z.string(),
  environment: z.array(environmentClassSchema),
  entries: z.array(manifestEntrySchema),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** As much of a manifest as names its entries, whatever else is wrong with it. */
export const entryIdsSchema = z.looseObject({ entries: z.array(z.looseObject({ id: z.string() })) });

/** recipes/rosters/<version>.json: file to class id to case names; a case id is `class.name`. */
export const rosterSchema = z.strictObject({
  version: z.literal(1),
  python: z.string(),
  files: z.record(z.string(), z.record(z.string(), z.array(z.string()))),
});
export type Roster = z.infer<typeof rosterSchema>;
