import * as z from 'zod';
import { readSourceSchema, verifiedEntrySchema } from './cpu.ts';
import { failureSchema } from './failure-schema.ts';

const pathReportSchema = z.strictObject({
  primitive: z.string(),
  usedBy: z.string(),
  /** Null: not known, and `reason` says why. */
  path: z.string().nullable(),
  symbol: z.string().optional(),
  rule: z.string().optional(),
  reason: z.string(),
  verified: verifiedEntrySchema
    .pick({ answer: true, functions: true, tool: true, caveats: true, source: true, note: true })
    .optional(),
});
export type CpuPath = z.infer<typeof pathReportSchema>;

/** What `inspect cpu` says of one cell. */
export const cpuReportSchema = z.strictObject({
  cell: z.string(),
  awslc: z.string(),
  arch: z.string(),
  masked: z.array(z.string()),
  /** The CPU is an emulator's: what AWS-LC sees there says nothing of the machine that the cell is for. */
  emulated: z.boolean(),
  /** AWS-LC's words; null where they cannot be read. */
  words: z.array(z.string()).nullable(),
  wordsSource: z.string(),
  features: z.array(z.strictObject({ name: z.string(), title: z.string(), present: z.boolean() })),
  paths: z.array(pathReportSchema),
});
export type CpuReport = z.infer<typeof cpuReportSchema>;

/** Paths of cells, and what holds for all that is said to be verified. */
export const cpuPathsSchema = z.strictObject({
  cells: z.array(cpuReportSchema),
  caveats: z.array(z.string()),
  sources: z.array(readSourceSchema),
});
export type CpuPaths = z.infer<typeof cpuPathsSchema>;

export const cpuDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('cpu'),
  ...cpuPathsSchema.shape,
  failures: z.array(failureSchema),
});
export type CpuDocument = z.infer<typeof cpuDocumentSchema>;
