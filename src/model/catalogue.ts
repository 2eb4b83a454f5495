import * as z from 'zod';

/** 64 lower-case hexadecimal digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 is 64 lower-case hexadecimal digits');

/** Upstream over HTTP: python.org, a GitHub release. `--mirror` rewrites the URL's beginning. */
export const httpsOriginSchema = z.strictObject({
  kind: z.literal('https'),
  url: z.url(),
});

/** A Debian source package: reached through the machine's own apt (its mirrors, its proxies). */
export const debianOriginSchema = z.strictObject({
  kind: z.literal('debian'),
  package: z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/),
  /** Path below the archive's root, as `pool/main/p/python3.14/python3.14_3.14.6.orig.tar.xz`. */
  path: z.string().startsWith('pool/'),
});

/** A crate: reached through the machine's own cargo. The sha256 is the `.crate` file's. */
export const crateOriginSchema = z.strictObject({
  kind: z.literal('crate'),
  name: z.string(),
  version: z.string(),
});

/** A Git repository at a commit (the record names the commit that a ref stood for). */
export const gitOriginSchema = z.strictObject({
  kind: z.literal('git'),
  repository: z.string(),
  ref: z.string(),
});

/** A directory or archive on this machine, fingerprinted by its content. */
export const pathOriginSchema = z.strictObject({
  kind: z.literal('path'),
  path: z.string(),
});

/** One way to get the bytes of a version. */
export const originSchema = z.discriminatedUnion('kind', [
  httpsOriginSchema,
  debianOriginSchema,
  crateOriginSchema,
  gitOriginSchema,
  pathOriginSchema,
]);
export type Origin = z.infer<typeof originSchema>;

/** An archive that origins yield: one sha256, so any origin may serve it. */
export const archiveSchema = z.strictObject({
  file: z.string(),
  sha256: sha256Schema,
  sizeBytes: z.int().positive(),
  format: z.enum(['tar.xz', 'tar.gz']),
  /** Where in the archive the source tree is: `Python-3.14.6`, `aws-lc-sys-0.47.0/aws-lc`. */
  root: z.string(),
  origins: z.array(originSchema).min(1),
});
export type Archive = z.infer<typeof archiveSchema>;

/** What CPython cares about in an AWS-LC version, told by its headers and three of its source files (plan/capabilities.ts). */
export const capabilitiesSchema = z.strictObject({
  /** TLS 1.3 post-handshake authentication. */
  pha: z.boolean(),
  /** External pre-shared keys in TLS 1.3. */
  pskTls13: z.boolean(),
  /** A TLS 1.2 server that has pre-shared keys and no certificate. */
  pskWithoutCertificate: z.boolean(),
  /** Names as `hashlib` spells them, sorted: every digest that has an EVP function. */
  hashes: z.array(z.string()),
  /** Those of `hashes` that HMAC takes, sorted. */
  hmacHashes: z.array(z.string()),
  /** Key-exchange groups of TLS as AWS-LC names them, sorted. */
  groups: z.array(z.string()),
  /** Functions that some CPython series calls and some AWS-LC lacks: present or not. */
  functions: z.record(z.string(), z.boolean()),
  /** Macros that some CPython series asks for and that differ between AWS-LC versions: defined or not. */
  macros: z.record(z.string(), z.boolean()),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** An AWS-LC release line. */
export const lineSchema = z.enum(['main', 'fips-2022', 'fips-2024', 'fips-2025']);
/** A line of AWS-LC's releases: one branch that gets its own versions. */
export type Line = z.infer<typeof lineSchema>;

/** One AWS-LC version that is known. */
export const awslcEntrySchema = z.strictObject({
  version: z.string(),
  line: lineSchema,
  archive: archiveSchema,
  capabilities: capabilitiesSchema,
});
export type AwslcEntry = z.infer<typeof awslcEntrySchema>;

/** One CPython version that is known. */
export const cpythonEntrySchema = z.strictObject({
  version: z.string(),
  series: z.string(),
  archive: archiveSchema,
});
export type CpythonEntry = z.infer<typeof cpythonEntrySchema>;

/** What is true of every version of a CPython series and decides how it is configured. */
export const seriesSchema = z.strictObject({
  series: z.string(),
  /** `native`: `_ssl.c` switches post-handshake authentication off by itself; `patch`: ours does. */
  pha: z.enum(['native', 'patch']),
  /** configure answers given in advance, each with its reason. */
  answers: z.array(z.strictObject({ variable: z.string(), value: z.string(), reason: z.string() })),
  /** Names of `--with-builtin-hashlib-hashes` and the hashlib names each one serves. */
  builtinHashes: z.record(z.string(), z.array(z.string())),
});
export type Series = z.infer<typeof seriesSchema>;

/** recipes/catalogue/awslc.json */
export const awslcCatalogueSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  entries: z.array(awslcEntrySchema),
});
/** recipes/catalogue/cpython.json */
export const cpythonCatalogueSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  series: z.array(seriesSchema),
  entries: z.array(cpythonEntrySchema),
});

/** Both catalogues. */
export interface Catalogue {
  readonly awslc: z.infer<typeof awslcCatalogueSchema>;
  readonly cpython: z.infer<typeof cpythonCatalogueSchema>;
}
