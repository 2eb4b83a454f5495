import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';

/** What the package checks are called as a preset, and the name of their roster and manifest: they are the same for every CPython. */
export const packagesName = 'packages';

const packageSchema = z.strictObject({
  name: z.string().describe('as the index spells it'),
  module: z.string().describe('as `import` takes it'),
  crypto: z
    .enum(['ssl', 'own'])
    .describe("ssl: this Python's ssl and hashlib, so AWS-LC; own: a crypto library that comes in its wheels"),
  brings: z.string().optional().describe('how the version text of its own crypto library begins, as OpenSSL'),
  loads: z
    .array(z.string())
    .optional()
    .describe('packages with crypto of their own that it imports where they are installed, and does not need'),
  reason: z.string().min(10).describe('why it is among the checks'),
});

const wheelSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  file: z.string().regex(/^[\w.+-]+\.whl$/),
  sha256: sha256Schema,
  series: z.array(z.string()).min(1).describe('CPython series that get it'),
  arch: z.array(z.string()).min(1).describe('uname -m of machines that get it'),
});
export type Wheel = z.infer<typeof wheelSchema>;

/** recipes/packages.json: the packages of the preset `packages`, and every wheel that is installed for them. */
export const packagesSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  resolved: z.iso.date().describe('the day on which the versions were the newest that go together'),
  libc: z.array(z.string()).describe('C libraries that the wheels are for'),
  packages: z.array(packageSchema),
  wheels: z.array(wheelSchema),
});
export type Packages = z.infer<typeof packagesSchema>;

/** What came into a process with one package: of a run, as found. */
const foundPackageSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  /** What the list says that it runs on; the checks hold it against what they find. */
  crypto: z.enum(['ssl', 'own']),
  /** It imports `ssl` or `hashlib` of this Python. */
  usesSsl: z.boolean(),
  /** Files that came with it and have a crypto library in them, with its version texts. */
  brings: z.record(z.string(), z.array(z.string())),
  /** Why it could not be imported. */
  error: z.string().optional(),
});

/** package-facts.json: what was installed for the package checks, and whose crypto each package runs on. */
export const packageFactsSchema = z.strictObject({
  pip: z.string().describe('version of the pip that installed them'),
  library: z.string().describe('ssl.OPENSSL_VERSION'),
  packages: z.array(foundPackageSchema),
  wheels: z.array(z.strictObject({ name: z.string(), version: z.string(), sha256: sha256Schema })),
});
export type PackageFacts = z.infer<typeof packageFactsSchema>;

/** transport.json of `package_tools/download.py`: how pip was connected with the index, whichever that was. */
export const pipTransportSchema = z.strictObject({
  pip: z.string(),
  library: z.string(),
  handshakes: z.array(z.strictObject({ version: z.string(), cipher: z.string() })),
});
export type PipTransport = z.infer<typeof pipTransportSchema>;
