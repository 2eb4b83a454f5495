import * as z from 'zod';

/** How a compiler said that something of AWS-LC is not as CPython needs it. */
export const missingKindSchema = z.enum(['function', 'name', 'type', 'header', 'arguments', 'member', 'other']);
export type MissingKind = z.infer<typeof missingKindSchema>;

/** One thing that CPython uses and AWS-LC lacks, or has otherwise. */
export const missingSchema = z.strictObject({
  name: z.string(),
  kind: missingKindSchema,
  /** `_ssl.c:918` */
  where: z.string(),
  /** The compiler's own words. */
  text: z.string(),
});
export type Missing = z.infer<typeof missingSchema>;

/** compat.json, the output of a syntax check: what the compiler missed; nothing when the source compiles. */
export const compatFindingsSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('compat-findings'),
  missing: z.array(missingSchema),
});
export type CompatFindings = z.infer<typeof compatFindingsSchema>;

/** Whether one CPython can be compiled against one AWS-LC. */
export const compatCellSchema = z.strictObject({
  python: z.string(),
  awslc: z.string(),
  status: z.enum(['ok', 'incompatible', 'not-fetched', 'failed']),
  /** What the source as released misses, and what answers it: a patch's or a shim's name; nothing for what stays missing. */
  missing: z.array(missingSchema.extend({ answer: z.string().optional() })),
  patches: z.array(z.string()),
  shims: z.array(z.string()),
  /** What the patched and shimmed source still misses, with the reason why there is no shim when one is known. */
  cannot: z.array(missingSchema.extend({ reason: z.string().optional() })),
  /** Why nothing could be checked. */
  reason: z.string().optional(),
});
export type CompatCell = z.infer<typeof compatCellSchema>;

/** `compat --json` */
export const compatReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('compat'),
  /** Compiler that was asked, as its version line says. */
  compiler: z.string(),
  cells: z.array(compatCellSchema),
  shims: z.array(z.strictObject({ name: z.string(), provides: z.array(z.string()), loses: z.string() })),
});
export type CompatReport = z.infer<typeof compatReportSchema>;
