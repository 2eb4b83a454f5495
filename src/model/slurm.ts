import * as z from 'zod';
import { cellSchema } from './cell.ts';
import { failureSchema } from './failure-schema.ts';
import { matrixStageSchema } from './record.ts';
import { verdictSchema } from './verdict.ts';

/** One job of a matrix on an engine: a core that cells share, or one cell. */
export const taskSchema = z.strictObject({
  index: z.int().describe('names its directory: tasks/INDEX'),
  kind: z.enum(['core', 'cell']),
  title: z.string(),
  cells: z.array(z.string()).min(1).describe('id of the cell, or ids of all cells that the core is of'),
  after: z.int().nullable().describe('index of the core that must be there first'),
  feature: z.string().nullable().describe('what the node must have; null: any node'),
});
export type Task = z.infer<typeof taskSchema>;

/** Tasks that are, or are to be, one job array: the position in `tasks` is the array's index. */
export const submissionSchema = z.strictObject({
  name: z.string().describe('of the job: no other submission of anybody has it'),
  tasks: z.array(z.int()).min(1),
  job: z.string().nullable().describe('id of the job array; null until Slurm’s answer was written down'),
});
export type Submission = z.infer<typeof submissionSchema>;

/** What is passed on to sbatch. */
export const slurmOptionsSchema = z.strictObject({
  partition: z.string().optional(),
  time: z.string().optional(),
  args: z.array(z.string()),
});
export type SlurmOptions = z.infer<typeof slurmOptionsSchema>;

/** slurm.json: all that is known of a matrix on Slurm, beside what its tasks wrote themselves. */
export const slurmMatrixSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('slurm-matrix'),
  id: z.string(),
  tool: z.string(),
  createdAt: z.string().describe('ISO 8601'),
  command: z.array(z.string()).min(2).describe('Node and the command line, by the paths that every node must have'),
  selection: z.array(z.string()).describe('arguments of `matrix` that every task gets'),
  stage: matrixStageSchema,
  failFast: z.boolean(),
  options: slurmOptionsSchema,
  asked: z.array(z.string()).describe('ids of the cells that it is of'),
  tasks: z.array(taskSchema),
  refused: z
    .array(z.strictObject({ id: z.string(), cell: cellSchema, failure: failureSchema }))
    .describe('cells that no node can do'),
  submissions: z.array(submissionSchema),
});
export type SlurmMatrix = z.infer<typeof slurmMatrixSchema>;

/** `matrix --engine slurm --detach --json`, and `--cancel`. */
export const slurmReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('slurm'),
  id: z.string(),
  directory: z.string(),
  did: z.enum(['submitted', 'cancelled']),
  jobs: z.array(z.string()).describe('ids of the job arrays'),
  tasks: z.int(),
});
export type SlurmReport = z.infer<typeof slurmReportSchema>;

/** How Slurm sees one task of a submission now. */
export interface JobState {
  /** `4711_3`, as scancel takes it. */
  readonly job: string;
  /** Name of the submission. */
  readonly name: string;
  /** Position in the submission. */
  readonly position: number;
  readonly phase: 'queued' | 'running' | 'ended';
  /** Slurm's own word: `PENDING`, `TIMEOUT`. */
  readonly state: string;
  readonly node: string;
  /** Why it waits or ended, in Slurm's words; empty where there is none. */
  readonly reason: string;
}

/** baselines.json: what each cell is compared with, by id. */
export const baselineFileSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('baselines'),
  cells: z.record(
    z.string(),
    z.union([
      z.strictObject({ run: z.string(), verdicts: z.array(verdictSchema) }),
      z.strictObject({ note: z.string() }),
    ]),
  ),
});
