import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/** One force-included header that gives CPython what an AWS-LC version lacks. */
export const shimSchema = z.strictObject({
  /** How plans and reports call it. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a shim name is lower-case letters, digits and hyphens'),
  /** What must be missing: `function:NAME`, where capabilities say NAME is not there. */
  lacking: z.string().regex(/^function:\w+$/, 'function:NAME, a name that the probe watches'),
  /** CPython series that call it: the first, and the last if a later one does not. */
  series: z.strictObject({ from: z.string(), to: z.string().optional() }),
  /** File in patches/shims. */
  header: z.string().regex(/^[a-z0-9-]+\.h$/),
  sha256: sha256Schema,
  /** Names that a CPython finds through it. */
  provides: z.array(z.string()).min(1),
  reason: z.string().min(1),
  /** What is not as with an AWS-LC that has it; honest words, also when it is nothing. */
  loses: z.string().min(1),
  evidence: z.array(z.string()).min(1),
  /** AWS-LC versions whose headers were seen to lack it. */
  seen: z.array(z.string()).min(1),
});
export type Shim = z.infer<typeof shimSchema>;

/** What no honest header can give. */
export const unshimmableSchema = z.strictObject({
  names: z.array(z.string()).min(1),
  reason: z.string().min(1),
});

/** patches/shims/shims.json */
export const shimsSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  shims: z.array(shimSchema),
  unsupported: z.array(unshimmableSchema),
});
export type Shims = z.infer<typeof shimsSchema>;

/** A shim with its header's text. */
export interface LoadedShim extends Shim {
  readonly text: string;
}

/** Every shim that is known, and what none can be made for. */
export interface LoadedShims {
  readonly shims: readonly LoadedShim[];
  readonly unsupported: Shims['unsupported'];
}
