import * as z from 'zod';
import { lineSchema, type Line } from './catalogue.ts';
import { isWithin } from './version.ts';

const sinceSchema = z
  .array(
    z.strictObject({
      line: lineSchema,
      from: z
        .string()
        .regex(/^\d+(\.\d+)*$/)
        .optional()
        .describe('first version of the line in which it was seen; every one unless given'),
    }),
  )
  .min(1)
  .describe('AWS-LC lines that have it');

const assemblerSchema = z.strictObject({
  arch: z.string().describe('uname -m'),
  present: z.array(z.string()).describe('lines that CMakeCache.txt must hold'),
  absent: z.array(z.string()).describe('lines that it must not hold: each takes CPU-specific code out'),
  in: sinceSchema,
});

const pieceSchema = z.strictObject({
  name: z.string(),
  arch: z.string().describe('uname -m'),
  title: z.string().describe('what the code does, and with which instructions'),
  symbols: z.array(z.string()).min(1).describe('functions that are there when, and only when, the code is'),
  in: sinceSchema,
});

/** recipes/knowledge/cpu-code.json: which CPU-specific code an AWS-LC has, and what shows that a build kept it. */
export const cpuCodeSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  assembler: z.array(assemblerSchema).describe('what CMake found out about the assembler'),
  code: z.array(pieceSchema),
});
export type CpuCode = z.infer<typeof cpuCodeSchema>;

/** Whether an AWS-LC is one of those of which the knowledge speaks. */
export const isIn = (
  since: z.infer<typeof sinceSchema>,
  awslc: { readonly version: string; readonly line: Line },
): boolean =>
  since.some(
    ({ line, from }) => line === awslc.line && (from === undefined || isWithin(awslc.version, { first: from })),
  );
