import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/** One patch to CPython's sources, and everything that decides whether it is applied. */
export const patchSchema = z.strictObject({
  /** File beside `series.json`. */
  file: z.string().regex(/^\d{4}-[a-z0-9-]+\.patch$/, 'NNNN-topic.patch'),
  sha256: sha256Schema,
  reason: z.string().min(10),
  /** The upstream issue or change that makes it unnecessary. */
  upstream: z.array(z.url()).min(1),
  /** The first and the last version that it is known to be for; others are refused unless `--try-patches` is given. */
  versions: z.strictObject({ first: z.string(), last: z.string() }),
  /**
   * What AWS-LC must lack: `pha`; a digest that the series' `_hashlib` names; OpenSSL's numbers for `SSL_CTX_ctrl` that read
   * the protocol versions; OpenSSL 1.1.1's way to say that the peer closed a connection without close_notify.
   */
  lacking: z.enum(['pha', 'blake2', 'protocol-version-controls', 'eof-as-syscall-error']),
  /** Names that the source as released asks AWS-LC for in vain, and that are asked for no more; none if all of them are there. */
  answers: z.array(z.string()),
  /** Versions that were built with it here and passed proof and suites; none when the sources were not in reach. */
  built: z.array(z.string()),
});
export type Patch = z.infer<typeof patchSchema>;

/** patches/<series>/series.json */
export const patchSeriesSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  series: z.string(),
  patches: z.array(patchSchema),
});

/** A patch with its text, whose digest was checked. */
export interface LoadedPatch extends Patch {
  readonly series: string;
  readonly text: string;
}
