import * as z from 'zod';
import { cellCertificateSchema } from './certificate.ts';
import { cpuReportSchema } from './cpu-report.ts';
import { failureSchema } from './failure-schema.ts';
import { importCostSchema } from './import-cost.ts';
import { plainComparisonSchema } from './plain.ts';
import { proofSchema } from './proof.ts';
import { verdictReportSchema } from './verdict.ts';

/** What `--json` prints when a command failed before it had anything else to say. */
export const failuresDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('failures'),
  failures: z.array(failureSchema),
});

/** What `fetch`, `build`, `prove` and `test` print with `--json`. */
export const resultDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('result'),
  stage: z.enum(['fetch', 'build', 'prove', 'test']),
  run: z.string().nullable().describe('the run that made this, or the earlier one that did'),
  recorded: z.boolean().describe('nothing was fetched, built or run now'),
  cells: z.array(
    z.strictObject({
      id: z.string(),
      steps: z.strictObject({
        done: z.int(),
        cached: z.int().describe('taken from a remote cache'),
        recorded: z.int(),
        failed: z.int(),
        notRun: z.int(),
      }),
      python: z.string().nullable().describe('path of the interpreter in the store'),
      proof: proofSchema.nullable(),
      cpu: cpuReportSchema
        .nullable()
        .describe('which code each primitive takes, by the proof; null: no proof, or no rules of this architecture'),
      certificate: cellCertificateSchema
        .optional()
        .describe('FIPS builds: the nearest certificate and which of its conditions this build meets'),
      importCost: z
        .strictObject({ own: importCostSchema, plain: importCostSchema.optional() })
        .nullable()
        .optional()
        .describe(
          'FIPS builds that were proved: what loading the module costs, and what an AWS-LC without FIPS on the same core does; null: not measured',
        ),
      verdicts: verdictReportSchema.nullable(),
      plain: plainComparisonSchema.nullable().optional().describe('with --compare-plain'),
    }),
  ),
  failures: z.array(failureSchema),
});
