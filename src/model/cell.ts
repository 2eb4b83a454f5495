import * as z from 'zod';
import { lineSchema } from './catalogue.ts';
import { linkSchema, optimizationSchema } from './recipe.ts';

/** Instruction set and C library of the machine that the result runs on. */
export const platformSchema = z.strictObject({
  arch: z.string().describe('uname -m: x86_64, aarch64'),
  libc: z.enum(['gnu', 'musl']),
});
export type Platform = z.infer<typeof platformSchema>;

const treeSchema = z.string().describe('content digest of a path: or git: source; absent for a catalogued version');

/** One exact combination. Everything that tells two cells apart is here. */
export const cellSchema = z.strictObject({
  python: z.strictObject({ version: z.string(), series: z.string(), tree: treeSchema.optional() }),
  awslc: z.strictObject({ version: z.string(), line: lineSchema, fips: z.boolean(), tree: treeSchema.optional() }),
  platform: platformSchema,
  target: z.string(),
  link: linkSchema,
  optimization: optimizationSchema,
  cipherString: z.string(),
});
export type Cell = z.infer<typeof cellSchema>;
