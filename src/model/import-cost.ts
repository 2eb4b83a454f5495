import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/** import-cost.json, beside a proof: processor time that loading AWS-LC costs a process, as prove_cost.py measured it. */
export const importCostSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('import-cost'),
  library: z.string().describe('ssl.OPENSSL_VERSION'),
  interpreter: sha256Schema.describe('sha256 of the interpreter: the same for all builds of one core'),
  cpu: z.string(),
  rounds: z.int(),
  bareMs: z.number().describe('an interpreter that imports nothing'),
  importMs: z.number().describe('what importing _ssl costs beyond that'),
  firstDrawMs: z.number().describe('what the first random bytes cost beyond the import'),
});
export type ImportCost = z.infer<typeof importCostSchema>;

/** What a FIPS build costs, and what the newest AWS-LC without FIPS on the same core and processor does, if one was measured. */
export interface ImportCostComparison {
  readonly own: ImportCost;
  readonly plain?: ImportCost;
}

/** Whether a measurement is one of a build without FIPS to hold another against: same interpreter, same processor. */
export const isPlainCounterpart = (cost: ImportCost, own: ImportCost): boolean =>
  cost.interpreter === own.interpreter && cost.cpu === own.cpu && /^AWS-LC \d/.test(cost.library);
