import * as z from 'zod';
import { lineSchema } from './catalogue.ts';

/**
 * Package names of one family. Each item is one package, or alternatives in order of preference as in Debian's
 * `Depends`: `cargo-web | cargo`. An empty list: the family has no such package, or needs none.
 */
const packageListSchema = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]*( \| [a-z0-9][a-z0-9+.-]*)*$/))
  .describe('packages to install, all of them; `a | b` takes the first that the machine has and that is new enough');

const packagesSchema = z
  .strictObject({ apt: packageListSchema, dnf: packageListSchema, apk: packageListSchema })
  .describe('package names per family');

/** How much a missing thing matters. */
export const needSchema = z
  .enum(['required', 'recommended', 'optional', 'fips', 'origin'])
  .describe(
    'required: nothing can be built without it; recommended: installed together with what is required; ' +
      'optional: only doctor --fix installs it; fips: only FIPS lines need it; origin: only the crate origin needs it',
  );
export type Need = z.infer<typeof needSchema>;

const versionSchema = z.string().regex(/^\d+(\.\d+)*$/, 'a version is numbers and dots');
const seriesSchema = z.string().regex(/^3\.\d+$/);

const familySchema = z.strictObject({
  tried: z.boolean().describe('whether the names and commands were tried on a real machine of this family'),
  ids: z.array(z.string()).describe('ID or ID_LIKE of /etc/os-release'),
  environment: z.array(z.string()).describe('NAME=VALUE for the commands'),
  refresh: z.array(z.string()).describe('command line that fetches the package lists; empty when install does it'),
  install: z.array(z.string()).describe('command line that installs the packages put behind it'),
});

const toolSchema = z.strictObject({
  name: z.string().describe('program on PATH'),
  purpose: z.string().describe('what it is needed for, after "needed to"'),
  need: needSchema,
  minimum: z
    .strictObject({ version: versionSchema, reason: z.string() })
    .optional()
    .describe('oldest version that does, and why'),
  versionArguments: z.array(z.string()).optional().describe('`--version` unless given'),
  packages: packagesSchema,
});

const moduleSchema = z.strictObject({
  name: z.string().describe('CPython extension module'),
  firstSeries: seriesSchema.optional(),
  lastSeries: seriesSchema.optional(),
  withoutIt: z
    .string()
    .optional()
    .describe('what CPython does without the library, when it has the module all the same'),
});

const librarySchema = z.strictObject({
  name: z.string().describe('the same on every distribution'),
  need: needSchema.extract(['required', 'recommended', 'optional']),
  headers: z.array(z.string()).min(1).describe('any of these, as in #include <…>, shows that it is installed'),
  pkgConfig: z.string().optional().describe('name of its .pc file'),
  modules: z.array(moduleSchema).describe('what it gives a core; none when only a twin uses it'),
  losing: z.string().describe('what a Python without it cannot do, or what cannot be asked without it'),
  twin: z.literal(true).optional().describe('only a twin is compiled against it: no core depends on it'),
  packages: packagesSchema,
});

const runtimeSchema = z.strictObject({
  name: z.string(),
  purpose: z.string(),
  need: needSchema.extract(['required', 'recommended']),
  files: z.array(z.string()).min(1).describe('any of these shows that it is there'),
  packages: packagesSchema,
});

const knownBadSchema = z.strictObject({
  tool: z.string(),
  from: versionSchema.describe('first bad version of the tool'),
  below: versionSchema.optional().describe('first good version of the tool after that'),
  arch: z.string().optional().describe('uname -m; every one unless given'),
  lines: z
    .array(
      z.strictObject({
        line: lineSchema,
        fixedIn: versionSchema.optional().describe('first AWS-LC version of the line that copes'),
      }),
    )
    .min(1),
  link: z.enum(['static', 'shared']).optional().describe('link mode that is hit; both unless given'),
  severity: z
    .enum(['fails', 'reported'])
    .describe('fails: the cause is known and seen in the source; reported: someone met it, the cause is not clear'),
  problem: z.string(),
  next: z.string().describe('what to do'),
  evidence: z.array(z.string()).min(1).describe('issues, pull requests, or what was looked at'),
});

const originSchema = z.strictObject({
  subject: z.enum(['CPython', 'AWS-LC']).describe('what it serves'),
  kind: z.enum(['https', 'debian', 'crate']),
  url: z.url().optional().describe('https: any answer to a HEAD request shows that it can be reached'),
});

const certificateSchema = z.strictObject({
  series: seriesSchema.describe('CPython series whose suites use it'),
  file: z.string().describe('below Lib/test/certdata'),
  expires: z.iso.date(),
  effect: z.string().describe('what fails after that day'),
});

const crossSchema = z.strictObject({
  arch: z.string().describe('uname -m of the machine that is built for'),
  triple: z.string().describe('its GNU name: prefix of the cross tools, and of the library directories of Debian'),
  tools: z.array(toolSchema).describe('programs of this machine that a build for the other needs'),
  emulator: z.string().describe('the one of the tools that runs its programs'),
  sysroot: z.strictObject({
    debian: z.string().describe('the other machine in Debian’s words'),
    packages: packageListSchema,
  }),
});
export type CrossKnowledge = z.infer<typeof crossSchema>;

/** recipes/knowledge/toolchain.json: what a machine must have, and which of what it has is known to be bad. */
export const toolchainKnowledgeSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  families: z.strictObject({ apt: familySchema, dnf: familySchema, apk: familySchema }),
  tools: z.array(toolSchema),
  libraries: z.array(librarySchema),
  runtime: z.array(runtimeSchema),
  cross: z.array(crossSchema).describe('builds for other machines than the one that builds'),
  knownBad: z.array(knownBadSchema),
  origins: z.array(originSchema),
  clock: z.strictObject({
    notBefore: z.iso.date().describe('a clock that shows an earlier day is wrong'),
    certificates: z.array(certificateSchema),
  }),
  resources: z.strictObject({
    diskBytes: z.strictObject({ fault: z.int(), note: z.int() }).describe('less free space than this at the store'),
    memoryBytes: z.strictObject({ fault: z.int(), note: z.int() }).describe('less usable memory than this'),
  }),
  cpuFeatures: z.array(
    z.strictObject({
      name: z.string(),
      arch: z.string().describe('uname -m'),
      flags: z.array(z.string()).min(1).describe('all of these in /proc/cpuinfo'),
      gives: z.string().describe('what AWS-LC does faster with it'),
    }),
  ),
});

export type ToolchainKnowledge = z.infer<typeof toolchainKnowledgeSchema>;
export type ToolKnowledge = z.infer<typeof toolSchema>;
export type LibraryKnowledge = z.infer<typeof librarySchema>;
export type RuntimeKnowledge = z.infer<typeof runtimeSchema>;
export type KnownBad = z.infer<typeof knownBadSchema>;
export type FamilyKnowledge = z.infer<typeof familySchema>;
export type PackageNames = z.infer<typeof packagesSchema>;
