import * as z from 'zod';

export const linkSchema = z.enum(['static', 'shared']);
export const optimizationSchema = z.enum(['quick', 'release', 'debug']);
export const presetSchema = z.enum(['quick', 'crypto', 'full', 'packages']);

/** The axes of a set of cells. Every combination is one cell. */
export const axesSchema = z.strictObject({
  python: z.array(z.string()).min(1).describe('CPython: a series (3.14), a version (3.14.6), or path:DIR'),
  awslc: z.array(z.string()).min(1).describe('AWS-LC: 5.12, 5.12.0, path:DIR, or git:URL#REF'),
  target: z.array(z.string()).min(1).describe('CPU level: a name in recipes/targets.json'),
  link: z
    .array(linkSchema)
    .min(1)
    .describe(
      'static: the modules and both AWS-LC libraries in one object; shared: AWS-LC’s own shared libraries, FIPS builds only',
    ),
  optimization: z
    .array(optimizationSchema)
    .min(1)
    .describe('quick for developers, release for users, debug for CPython work'),
  cipherString: z
    .array(z.string().min(1))
    .min(1)
    .describe('for --with-ssl-default-suites; must keep TLS 1.2 as the floor and name no @SECLEVEL'),
});

/** Some axes: at least one is named, and what none is named for is left as it is. */
export const someAxesSchema = axesSchema.partial().refine((axes) => Object.keys(axes).length > 0, 'names no axis');

/** What to build: a set of cells and how their suites run. */
export const recipeSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a recipe name is lower-case letters, digits and hyphens'),
  description: z.string().optional(),
  cells: axesSchema,
  include: z
    .array(someAxesSchema)
    .optional()
    .describe('more products of axes; an axis that one does not name has the values of `cells`'),
  exclude: z
    .array(someAxesSchema)
    .optional()
    .describe(
      'cells that are left out: those that have one of the values on every axis that is named; 3.14 stands for its versions, fips for every FIPS version, main and fips-2025 for a line',
    ),
  test: z.strictObject({
    preset: presetSchema.describe(
      "quick, crypto or full, of CPython's own suites; packages: checks of Python packages, which need a package index",
    ),
  }),
});
export type Recipe = z.infer<typeof recipeSchema>;
export type Axes = z.infer<typeof axesSchema>;
/** Each key may be there or not, and may also be there without a value. */
export type SomeAxes = Readonly<Partial<{ [Name in keyof Axes]: Axes[Name] | undefined }>>;
export type Preset = z.infer<typeof presetSchema>;
export type Optimization = z.infer<typeof optimizationSchema>;
export type Link = z.infer<typeof linkSchema>;

const targetFlagsSchema = z.strictObject({
  compiler: z.enum(['gcc', 'clang']),
  from: z
    .string()
    .regex(/^\d+(\.\d+)*$/)
    .describe('oldest version of the compiler that takes these flags'),
  cflags: z
    .array(z.string())
    .min(1)
    .describe(
      'for Arm as -march and -mtune: AWS-LC probes for SHA-3 with -march=armv8.4-a+sha3 -Werror, and gcc warns beside -mcpu of another level',
    ),
  instead: z.string().optional().describe('why an older compiler gets these and not the flags that are meant'),
});

const targetSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  arch: z.array(z.string()).describe('machine names of uname -m; empty for any'),
  triple: z.string().optional().describe('GNU name of the machine: prefix of cross compilers, --host of configure'),
  cflags: z
    .array(z.string())
    .describe('for AWS-LC and CPython; `native` is resolved to explicit flags by asking the compiler'),
  byCompiler: z
    .array(targetFlagsSchema)
    .optional()
    .describe('flags that depend on the compiler: of its entries the newest that the compiler is not older than'),
  cpuFeatures: z
    .array(z.string())
    .optional()
    .describe('what /proc/cpuinfo must name on a machine that runs the result: what the flags let a compiler use'),
  emulator: z
    .strictObject({ cpu: z.string().describe('for -cpu of qemu-user'), reason: z.string() })
    .optional()
    .describe('the CPU model under which results run on another machine'),
});

/** recipes/targets.json: CPU levels as data. */
export const targetsSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  targets: z.array(targetSchema),
});
export type Target = z.infer<typeof targetSchema>;
export type Targets = z.infer<typeof targetsSchema>;
