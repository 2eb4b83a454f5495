import * as z from 'zod';
import { archiveSchema, capabilitiesSchema, sha256Schema } from './catalogue.ts';
import { cellSchema, platformSchema } from './cell.ts';
import { cpuMaskSchema } from './cpu.ts';
import { failureSchema } from './failure-schema.ts';
import { presetSchema } from './recipe.ts';

/**
 * What a step does, as data: the executor runs it and `plan --format sh` prints it. Strings name places as `{work}`
 * (scratch of this step), `{kept}` (scratch that stays for the next step with the same `keeps`), `{tree}` (its output) or
 * `{role}` (the output of the input step in that role), never as paths.
 */
export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('fetch'), archive: archiveSchema }),
  /**
   * Makes sure that wheels of Python packages lie among the downloads, by their digests. What is not there is got by the pip of a
   * Python that was built, from the index that this machine's pip is set up for: which one is no part of a plan.
   */
  z.strictObject({
    do: z.literal('fetch-wheels'),
    python: z.string(),
    wheels: z.array(z.strictObject({ name: z.string(), version: z.string(), file: z.string(), sha256: sha256Schema })),
    why: z.string(),
  }),
  z.strictObject({
    do: z.literal('unpack'),
    archive: z.string(),
    format: z.enum(['tar.xz', 'tar.gz']),
    root: z.string(),
    into: z.string(),
  }),
  z.strictObject({
    do: z.literal('exec'),
    argv: z.array(z.string()).min(1),
    cwd: z.string(),
    /** Added to the plan's scrubbed environment. */
    env: z.record(z.string(), z.string()).optional(),
    /** A file that receives stdout; without it stdout goes to the step's log. */
    stdout: z.string().optional(),
    /** Shown in front of the command: what this is for. */
    why: z.string().optional(),
  }),
  z.strictObject({ do: z.literal('write'), path: z.string(), text: z.string(), why: z.string().optional() }),
  /** Copies a file or tree with its times and modes; `*` as in `substitute`, then `to` is a directory. */
  z.strictObject({ do: z.literal('copy'), from: z.string(), to: z.string(), why: z.string().optional() }),
  /** Like `copy`, but with hard links to what never changes again. */
  z.strictObject({ do: z.literal('copy-linked'), from: z.string(), to: z.string(), why: z.string().optional() }),
  /**
   * Makes `to` the same tree as `from`, writing only what differs: a file that is as it was keeps its time, so that a
   * build tool sees what changed. When a name came or went that a compiler could have looked for, `discard` is removed.
   */
  z.strictObject({
    do: z.literal('synchronize'),
    from: z.string(),
    to: z.string(),
    discard: z.string(),
    why: z.string(),
  }),
  z.strictObject({ do: z.literal('symlink'), target: z.string(), path: z.string() }),
  /** Takes files out of a tree; `*` as in `substitute`. A pattern that names no file is a failure. */
  z.strictObject({ do: z.literal('remove'), files: z.array(z.string()), why: z.string() }),
  /** Stops unless the file holds every text of `present` and none of `absent`. */
  z.strictObject({
    do: z.literal('require-text'),
    file: z.string(),
    present: z.array(z.string()),
    absent: z.array(z.string()),
    why: z.string(),
  }),
  /** Takes a tree that planning has already put into the store: a `path:` or `git:` source, by the digest of its content. */
  z.strictObject({ do: z.literal('adopt'), source: z.string(), treeDigest: z.string(), commit: z.string().optional() }),
  /**
   * From here on a compile cache of the machine may be put in front of the compilers. It gives the same bytes, so it is no part
   * of the fingerprint; by hand it is left out.
   */
  z.strictObject({
    do: z.literal('compile-cache'),
    /** A build directory of CMake, which is told of it; else the compilers are found on PATH. */
    build: z.string().optional(),
    compilers: z.array(z.string()),
    why: z.string(),
  }),
  /**
   * From here on configure may take answers that it found before, for the same compiler, packages and kernel (`of` is the digest
   * of all that is known of these in a plan). They give the same files, so this is no part of the fingerprint either.
   */
  z.strictObject({
    do: z.literal('known-answers'),
    of: sha256Schema,
    /** Variables whose answers are found anew each time, since configure does more than answer them. */
    anew: z.array(z.string()),
    why: z.string(),
  }),
  z.strictObject({
    do: z.literal('substitute'),
    /** Files by path; `*` stands for any text within one name. A pattern that names no file is a failure. */
    files: z.array(z.string()),
    /** Exact texts and what replaces them, in order. */
    replace: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    why: z.string(),
  }),
]);
export type Action = z.infer<typeof actionSchema>;

export const stepKindSchema = z.enum([
  'fetch',
  'unpack',
  'patch',
  'probe',
  'configure',
  'compile',
  'modules',
  'install',
  'prove',
  'test',
  'pack',
]);
export type StepKind = z.infer<typeof stepKindSchema>;

/** A flag and why it is there. */
export const flagSchema = z.strictObject({ flag: z.string(), reason: z.string() });
export type Flag = z.infer<typeof flagSchema>;

export const stepSchema = z.strictObject({
  /** Kind, subject and the fingerprint's first twelve digits: `compile-awslc-0123456789ab`. */
  id: z.string(),
  kind: stepKindSchema,
  subject: z.string(),
  title: z.string(),
  fingerprint: z.string(),
  /** Steps that must share one work path because tools write absolute paths into what they make; the first one's fingerprint. */
  workKey: z.string(),
  /** Input role to step id. */
  inputs: z.record(z.string(), z.string()),
  /** Steps that must have succeeded before this one is run, though nothing of them goes into it or its fingerprint. */
  after: z.array(z.string()).optional(),
  actions: z.array(actionSchema),
  flags: z.array(flagSchema),
  /**
   * The step goes on from a build tree that is kept from run to run, one for each checkout: `key` is the digest of all that
   * decides it but the source, `sourceDigest` the content of the checkout.
   */
  keeps: z.strictObject({ key: sha256Schema, sourceDigest: z.string() }).optional(),
  /** How many cores the step can use: 1, or all (`jobs`). */
  width: z.enum(['one', 'all']),
});
export type Step = z.infer<typeof stepSchema>;

/** A program or package of the machine that can change what a step makes. */
export const toolSchema = z.strictObject({ name: z.string(), version: z.string() });
export type Tool = z.infer<typeof toolSchema>;

/** What the suites of a cell run. */
export const testSelectionSchema = z.strictObject({
  preset: presetSchema,
  files: z.array(z.string()),
  match: z.array(z.string()),
});
export type TestSelection = z.infer<typeof testSelectionSchema>;

export const plannedCellSchema = z.strictObject({
  id: z.string(),
  cell: cellSchema,
  capabilities: capabilitiesSchema,
  /** Kind-and-subject (`compile-core`) to step id. */
  steps: z.record(z.string(), z.string()),
});
export type PlannedCell = z.infer<typeof plannedCellSchema>;

/** A cell of the recipe that is no part of the plan, since this machine cannot build it. */
export const elsewhereCellSchema = z.strictObject({ id: z.string(), cell: cellSchema, failure: failureSchema });
export type ElsewhereCell = z.infer<typeof elsewhereCellSchema>;

export const planSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('plan'),
  recipe: z.string(),
  /** Loose selections and what they were resolved to. */
  resolved: z.array(z.strictObject({ axis: z.string(), asked: z.string(), got: z.string(), why: z.string() })),
  notes: z.array(z.string()),
  platform: platformSchema,
  tools: z.array(toolSchema),
  /** Files of this tool that run inside what is built, by digest. */
  assets: z.array(z.strictObject({ name: z.string(), sha256: sha256Schema })),
  environment: z.record(z.string(), z.string()),
  test: testSelectionSchema,
  /** Features of the CPU that proof and suites of the cells do without. */
  mask: cpuMaskSchema.optional(),
  cells: z.array(plannedCellSchema),
  elsewhere: z
    .array(elsewhereCellSchema)
    .optional()
    .describe('matrices: cells of the recipe that this machine cannot build, each with the reason'),
  steps: z.array(stepSchema),
});
export type Plan = z.infer<typeof planSchema>;
