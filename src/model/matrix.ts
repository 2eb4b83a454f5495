import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';
import { cellSchema } from './cell.ts';
import { failureSchema } from './failure-schema.ts';
import { keptFactsSchema } from './kept.ts';
import { testSelectionSchema } from './plan.ts';
import { machineSchema, matrixStageSchema } from './record.ts';
import { baselineComparisonSchema, verdictCountsSchema, verdictNameSchema, verdictSchema } from './verdict.ts';

/** What became of a cell. */
export const cellStateSchema = z
  .enum(['as-expected', 'unexpected', 'failed', 'cannot-run', 'not-run'])
  .describe(
    [
      'as-expected: everything that was asked for was done and is as expected',
      'unexpected: claims of the proof fail, or verdicts are unexpected',
      'failed: a step failed',
      'cannot-run: none of the machines could build or run it (target, missing program, no origin within reach)',
      'not-run: nobody began it, or it was interrupted',
    ].join('; '),
  );
export type CellState = z.infer<typeof cellStateSchema>;

/** A claim of a proof that does not hold. */
export const failedClaimSchema = z.strictObject({ id: z.string(), expected: z.string(), found: z.string() });

/** What the suites of a cell came to, without the cases that passed. */
export const matrixSuitesSchema = z.strictObject({
  ranAt: z.string().optional().describe('ISO 8601'),
  asExpected: z.boolean(),
  durationMs: z.number(),
  cases: z.int(),
  files: z.int(),
  counts: verdictCountsSchema,
  verdictsDigest: sha256Schema.describe(
    'over file, id and verdict of every case, sorted: equal digests, equal verdicts',
  ),
  notPassed: z
    .array(z.strictObject({ id: z.string(), file: z.string(), verdict: verdictNameSchema }))
    .describe('every verdict but PASS'),
  unexpected: z.array(verdictSchema).describe('with reason and details'),
  notes: z.array(z.string()),
  baseline: z.strictObject({ run: z.string(), comparison: baselineComparisonSchema }).optional(),
});
export type MatrixSuites = z.infer<typeof matrixSuitesSchema>;

/** How a cell differs from what it was in an earlier matrix. */
export const cellChangeSchema = z.strictObject({
  stateBefore: cellStateSchema,
  /** Cases with another verdict; `from` or `to` is absent where one side does not have the case, PASS included. */
  verdicts: z.array(
    z.strictObject({
      id: z.string(),
      file: z.string(),
      from: verdictNameSchema.optional(),
      to: verdictNameSchema.optional(),
    }),
  ),
});
export type CellChange = z.infer<typeof cellChangeSchema>;

export const matrixCellSchema = z.strictObject({
  id: z.string(),
  cell: cellSchema,
  state: cellStateSchema,
  failures: z.array(failureSchema).describe('why it is not as expected'),
  run: z.string().nullable().describe('id of the run that this is from; null where there is none'),
  kept: keptFactsSchema.optional().describe('of an AWS-LC that was compiled in a build tree which is kept'),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string(),
      outcome: z.enum(['done', 'cached', 'recorded', 'failed', 'not-run']),
      durationMs: z.number(),
    }),
  ),
  proof: z
    .strictObject({
      madeAt: z.string().optional().describe('ISO 8601'),
      claims: z.int(),
      holds: z.int(),
      failed: z.array(failedClaimSchema),
    })
    .nullable(),
  suites: matrixSuitesSchema.nullable(),
  twin: z
    .strictObject({
      differences: z.int(),
      cases: z.array(z.strictObject({ id: z.string(), cell: z.string(), twin: z.string() })),
    })
    .nullable()
    .describe('how the suites of cell and twin differ; null where they were not compared'),
  since: cellChangeSchema.nullable().describe('null: nothing earlier is known of it'),
  logs: z
    .array(z.strictObject({ step: z.string(), lines: z.array(z.string()) }))
    .describe('the last lines of what failed steps printed'),
});
export type MatrixCell = z.infer<typeof matrixCellSchema>;

/** matrix.json: what one or many runs, on one or many machines, say of a set of cells. */
export const matrixRecordSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('matrix'),
  tool: z.string(),
  recipe: z.string(),
  stage: matrixStageSchema,
  test: testSelectionSchema,
  startedAt: z.string().describe('ISO 8601: of the first run'),
  endedAt: z.string().describe('ISO 8601: of the last run'),
  runs: z.array(
    z.strictObject({
      id: z.string(),
      startedAt: z.string(),
      durationMs: z.number(),
      cpuMs: z.number().optional(),
      machine: machineSchema,
      cells: z.int().describe('cells of this run'),
      exitCode: z.int(),
    }),
  ),
  shard: z
    .strictObject({
      index: z.int().describe('from 1'),
      of: z.int(),
      costsFrom: z.string().describe('where the times come from that the cells were shared out by'),
      cells: z.array(
        z.strictObject({
          id: z.string(),
          shard: z.int(),
          seconds: z.number().describe('thought to take, without what it shares'),
          core: z.string().describe('what it shares with the cells of the same name'),
          coreSeconds: z.number(),
        }),
      ),
    })
    .optional()
    .describe('the part of a larger matrix that this is, and how all its cells were shared out'),
  since: z
    .strictObject({ startedAt: z.string(), recipe: z.string() })
    .nullable()
    .describe('the earlier matrix that this is compared with'),
  cells: z.array(matrixCellSchema),
  steps: z
    .array(z.strictObject({ id: z.string(), title: z.string(), cells: z.int(), done: z.int() }))
    .describe('steps that were done in these runs: how many cells need each, and how often it was done'),
  exitCode: z.int(),
});
export type MatrixRecord = z.infer<typeof matrixRecordSchema>;
