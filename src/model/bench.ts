import * as z from 'zod';
import { failureSchema } from './failure-schema.ts';

const countersSchema = z.strictObject({ instructions: z.number().min(0), cycles: z.number().min(0) });

const benchCaseSchema = z.strictObject({
  id: z.string(),
  group: z.string(),
  title: z.string(),
  /** Bytes that one operation goes through; 0 where operations are counted. */
  bytes: z.int().min(0),
  /** Subject to the processor time of one operation in each turn. */
  samplesNs: z.record(z.string(), z.array(z.number().positive())),
  /** Subject to what the CPU counted in user mode of one operation; empty where nothing is counted. */
  counters: z.record(z.string(), countersSchema),
  /** Subject to why it cannot do this. */
  unavailable: z.record(z.string(), z.string()),
});
export type BenchCase = z.infer<typeof benchCaseSchema>;

/** What src/python/bench_crypto.py writes: every sample, and no judgement. */
export const benchSamplesSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('bench-samples'),
  versions: z.record(z.string(), z.string()),
  core: z.int().min(0),
  pairs: z.int().positive(),
  loadBefore: z.number(),
  loadAfter: z.number(),
  /** Why the CPU's counters were not read; null when they were. */
  notCounted: z.string().nullable(),
  cases: z.array(benchCaseSchema),
});
export type BenchSamples = z.infer<typeof benchSamplesSchema>;

const measuredSchema = z.strictObject({
  subject: z.string(),
  medianNs: z.number(),
  /** Half of the range between the first and the third quartile, as a part of the median. */
  spread: z.number(),
});
export type Measured = z.infer<typeof measuredSchema>;

const ratioSchema = z.strictObject({
  /** The subject that is compared, and the one that it is compared with. */
  subject: z.string(),
  against: z.string(),
  /** How many times as much the subject does in the same time: the median over the turns. */
  ratio: z.number(),
  /** Eight of ten turns lie between these. */
  low: z.number(),
  high: z.number(),
  /** `not separated`: 1, or 2 % to either side of it, lies between `low` and `high`: nothing is said. */
  verdict: z.enum(['faster', 'slower', 'not separated']),
});
export type Ratio = z.infer<typeof ratioSchema>;

const benchRowSchema = z.strictObject({
  id: z.string(),
  group: z.string(),
  title: z.string(),
  bytes: z.int().min(0),
  ratios: z.array(ratioSchema),
  measured: z.array(measuredSchema),
  counters: z.record(z.string(), countersSchema),
  unavailable: z.record(z.string(), z.string()),
});
export type BenchRow = z.infer<typeof benchRowSchema>;

/** What `bench crypto` says of one cell. */
export const benchReportSchema = z.strictObject({
  cell: z.string(),
  cpu: z.string(),
  os: z.string(),
  versions: z.record(z.string(), z.string()),
  core: z.int().min(0),
  cores: z.int().positive(),
  pairs: z.int().positive(),
  loadBefore: z.number(),
  loadAfter: z.number(),
  notCounted: z.string().nullable(),
  rows: z.array(benchRowSchema),
});
export type BenchReport = z.infer<typeof benchReportSchema>;

export const benchDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('bench'),
  cells: z.array(benchReportSchema),
  failures: z.array(failureSchema),
});
export type BenchDocument = z.infer<typeof benchDocumentSchema>;
