import * as z from 'zod';
import { platformSchema } from './cell.ts';
import { toolSchema } from './plan.ts';
import { machineSchema } from './record.ts';

/** How a finding bears on a build: `fault` stands in its way, `note` is worth knowing. */
export const findingLevelSchema = z.enum(['ok', 'note', 'fault']);
export type FindingLevel = z.infer<typeof findingLevelSchema>;

/** One thing that doctor looked at. */
export const findingSchema = z.strictObject({
  area: z.enum([
    'toolchain',
    'libraries',
    'runtime',
    'known-bad',
    'cpu',
    'resources',
    'clock',
    'locale',
    'origins',
    'cache',
  ]),
  name: z.string(),
  level: findingLevelSchema,
  text: z.string().describe('what was found'),
  next: z.string().optional().describe('what to do about it'),
});
export type Finding = z.infer<typeof findingSchema>;

/** What `doctor --json` writes. */
export const doctorReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('doctor'),
  level: findingLevelSchema.describe('the worst level of all findings'),
  platform: platformSchema,
  machine: machineSchema,
  packageFamily: z.enum(['apt', 'dnf', 'apk']).optional(),
  tools: z.array(toolSchema),
  modules: z
    .array(
      z.strictObject({
        name: z.string(),
        library: z.string(),
        given: z.boolean().describe('whether CPython can build the module here: the library is there, or not needed'),
      }),
    )
    .describe('CPython extension modules that depend on a library'),
  findings: z.array(findingSchema),
});
export type DoctorReport = z.infer<typeof doctorReportSchema>;
