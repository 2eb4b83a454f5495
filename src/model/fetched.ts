import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/** fetched.json: the output of a fetch step names the downloads that it made sure of. */
export const fetchedSchema = z.strictObject({
  version: z.literal(1),
  files: z.array(z.strictObject({ file: z.string(), sha256: sha256Schema, sizeBytes: z.number() })),
});
export type Fetched = z.infer<typeof fetchedSchema>;
