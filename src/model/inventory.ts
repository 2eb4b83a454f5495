import * as z from 'zod';
import { capabilitiesSchema, lineSchema } from './catalogue.ts';
import { cellSchema } from './cell.ts';
import { stepKindSchema } from './plan.ts';
import { axesSchema, presetSchema, recipeSchema, targetsSchema } from './recipe.ts';
import { verdictNameSchema } from './verdict.ts';

const whenSchema = z.string().describe('ISO 8601, UTC');
const originsSchema = z.array(z.string()).describe('kinds of its origins, in order');

/** A step in the store, as its record tells it. */
export const storedStepSchema = z.strictObject({
  key: z.string(),
  kind: stepKindSchema,
  subject: z.string(),
  title: z.string(),
  startedAt: whenSchema,
  durationMs: z.number(),
  treeBytes: z.number(),
  treeFiles: z.int(),
});
export type StoredStepFacts = z.infer<typeof storedStepSchema>;

/** A cell of a past run, judged by what is expected now. */
export const pastCellSchema = z.strictObject({
  cell: cellSchema,
  proof: z.strictObject({ holds: z.int(), fails: z.int() }).optional().describe('how many claims'),
  suites: z
    .strictObject({
      asExpected: z.boolean(),
      cases: z.int(),
      unexpected: z.partialRecord(verdictNameSchema, z.int()),
    })
    .optional(),
});

/** A past run. */
export const pastRunSchema = z.strictObject({
  id: z.string(),
  startedAt: whenSchema,
  durationMs: z.number(),
  command: z.string(),
  masked: z.array(z.string()).optional().describe('features of the CPU that proof and suites did without'),
  exitCode: z.int().describe('what its steps ended with; verdicts are computed afresh'),
  cells: z.array(pastCellSchema),
});
export type PastRun = z.infer<typeof pastRunSchema>;

/** What `list --json` writes; what was not asked for is absent. */
export const listReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('list'),
  cpython: z
    .array(
      z.strictObject({
        version: z.string(),
        series: z.string(),
        sha256: z.string(),
        origins: originsSchema,
        roster: z.boolean().describe('whether LOST can be judged'),
        manifest: z.boolean().describe('whether expected results of its series are kept'),
      }),
    )
    .optional(),
  awslc: z
    .array(
      z.strictObject({
        version: z.string(),
        line: lineSchema,
        sha256: z.string(),
        origins: originsSchema,
        capabilities: capabilitiesSchema,
      }),
    )
    .optional(),
  targets: targetsSchema.shape.targets.optional(),
  recipes: z
    .array(
      z.strictObject({
        name: z.string(),
        description: z.string().optional(),
        cells: axesSchema,
        include: recipeSchema.shape.include,
        exclude: recipeSchema.shape.exclude,
        preset: presetSchema,
      }),
    )
    .optional(),
  store: z
    .strictObject({
      path: z.string(),
      treeBytes: z.number().describe('sum over the trees; `cache status` tells what they take on the disk'),
      steps: z.array(storedStepSchema),
      unreadable: z.array(z.string()).describe('keys whose record cannot be read: `cache verify` takes them out'),
    })
    .optional(),
  runs: z.array(pastRunSchema).optional().describe('newest first'),
  unreadableRuns: z
    .array(z.strictObject({ id: z.string(), reason: z.string() }))
    .optional()
    .describe('runs without a record that can be read: unfinished, or damaged'),
});
export type ListReport = z.infer<typeof listReportSchema>;
