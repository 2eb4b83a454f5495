import * as z from 'zod';
import { capabilitiesSchema, sha256Schema } from './catalogue.ts';
import { failureSchema } from './failure-schema.ts';
import { importCostSchema } from './import-cost.ts';
import { keptUseSchema } from './kept.ts';
import { packageFactsSchema } from './packages.ts';
import { planSchema, toolSchema } from './plan.ts';
import { proofSchema } from './proof.ts';
import { environmentFactsSchema, suiteRunSchema } from './suite.ts';

/** What a compile cache spared a step. */
export const compileCacheUseSchema = z.strictObject({
  program: z.string().describe('its version line'),
  hits: z.int().describe('compilations that it had the result of'),
  misses: z.int().describe('compilations that were done'),
});
export type CompileCacheUse = z.infer<typeof compileCacheUseSchema>;

/** That a step was not made here. It names no host: a cache may be private. */
export const takenFromSchema = z.strictObject({
  takenAt: z.string().describe('ISO 8601, UTC'),
  signedBy: sha256Schema.optional().describe('sha256 of the public key whose signature was checked'),
});
export type TakenFrom = z.infer<typeof takenFromSchema>;

/** What a finished step did. Stored beside its output. */
export const stepRecordSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('step'),
  id: z.string(),
  fingerprint: z.string(),
  title: z.string(),
  startedAt: z.string().describe('ISO 8601, UTC'),
  durationMs: z.number(),
  workDigest: sha256Schema
    .optional()
    .describe('sha256 of the work path that the output holds: of use to a store at that very path only'),
  /** sha256 over the output tree's listing: names, modes, link targets, file digests. */
  treeDigest: z.string(),
  treeBytes: z.number(),
  treeFiles: z.int(),
  /** Commands as they ran, with places unresolved. */
  commands: z.array(z.strictObject({ argv: z.array(z.string()), durationMs: z.number() })),
  /** For fetch: the origin that gave the bytes, and what the others said. */
  origin: z.string().optional(),
  originsTried: z.array(z.strictObject({ origin: z.string(), reason: z.string() })).optional(),
  commit: z.string().optional(),
  compileCache: compileCacheUseSchema
    .optional()
    .describe('compile steps with a compile cache in front of the compiler'),
  capabilities: capabilitiesSchema.optional(),
  from: takenFromSchema.optional().describe('made elsewhere, and taken from a remote cache'),
  kept: keptUseSchema.optional().describe('of a step that goes on from a build tree which is kept for a checkout'),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

/** The machine that something ran on: proofs and results are never another machine's. */
export const machineSchema = z.strictObject({
  cpu: z.string(),
  cpuFeaturesDigest: z.string(),
  kernel: z.string(),
  libc: z.string(),
  os: z.string(),
  cores: z.int(),
  memoryBytes: z.number(),
});
export type Machine = z.infer<typeof machineSchema>;

/** suites.json: the raw results of a cell's suites. */
export const suiteResultsSchema = z.strictObject({
  runs: z.array(suiteRunSchema),
  environment: environmentFactsSchema,
  durationMs: z.number(),
  packages: packageFactsSchema
    .optional()
    .describe('of the preset packages: what was installed, and whose crypto it runs on'),
});
export type SuiteResults = z.infer<typeof suiteResultsSchema>;

/** The twin's suites, and what of either side was run again alone: what `diff` compares a cell's suites with. */
export const twinResultsSchema = z.strictObject({
  version: z.string().describe('what the twin says it runs on'),
  ranAt: z.string().describe('ISO 8601'),
  runs: z.array(suiteRunSchema),
  again: z.array(suiteRunSchema).describe('cases of the cell that were run again alone'),
});
export type TwinResults = z.infer<typeof twinResultsSchema>;

/** How far a matrix runs: `core` stops at what cells share, `diff` runs the suites of the twins too. */
export const matrixStageSchema = z.enum(['core', 'build', 'prove', 'test', 'diff']);
export type MatrixStage = z.infer<typeof matrixStageSchema>;

/** What a run did and found for one cell. */
export const cellRunSchema = z.strictObject({
  id: z.string(),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      outcome: z.enum(['done', 'cached', 'recorded', 'failed', 'not-run']),
      durationMs: z.number(),
    }),
  ),
  proof: proofSchema.optional(),
  proofOf: z.string().optional().describe('ISO 8601: when the proof was made'),
  importCost: importCostSchema.optional().describe('FIPS builds: what loading the module costs'),
  suites: suiteResultsSchema.optional(),
  suitesOf: z.string().optional().describe('ISO 8601: when the suites ran'),
  twinNote: z.string().optional().describe('matrices: what became of asking the twin'),
  twin: twinResultsSchema.optional().describe('matrices that compare with the twins'),
  failures: z
    .array(failureSchema)
    .optional()
    .describe('matrices: what the steps of this cell failed with, or what keeps it from this machine'),
});
export type CellRun = z.infer<typeof cellRunSchema>;

/** run.json: everything that a run did and found; verdicts are computed afresh from it. */
export const runRecordSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('run'),
  id: z.string(),
  tool: z.string(),
  command: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  /** Processor time of this run's programs, where the system tells it. */
  cpuMs: z.number().optional(),
  /** How long each core of the machine had nothing to do meanwhile, other programs' work counted as work. */
  coreIdleMs: z.array(z.number()).optional(),
  machine: machineSchema,
  tools: z.array(toolSchema),
  plan: planSchema,
  stage: matrixStageSchema.optional().describe('matrices: how far the plan was run'),
  asked: z.array(z.string()).optional().describe('matrices: ids of the plan’s cells that this run was to do'),
  stepRecords: z.array(stepRecordSchema),
  cells: z.array(cellRunSchema),
  exitCode: z.int(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
