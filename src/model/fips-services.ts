import * as z from 'zod';
import { lineSchema } from './catalogue.ts';
import { moduleLinkSchema } from './certificate.ts';

const sourceSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  where: z.string(),
  readOn: z.iso.date(),
});

const hashNamesSchema = z.array(z.string()).describe("hashlib's names, sorted");

const indicatorSchema = z.strictObject({
  line: lineSchema,
  source: z.string(),
  digests: hashNamesSchema.describe('digests whose end counts as an approved service'),
  hmacs: hashNamesSchema.describe('hashes of which HMAC counts'),
  pbkdf2: z.strictObject({
    hashes: hashNamesSchema,
    minPasswordBytes: z.int().positive(),
    minSaltBytes: z.int().positive(),
    minIterations: z.int().positive(),
  }),
  scrypt: z.boolean(),
  random: z.boolean().describe('whether bytes from the module’s generator count'),
  notes: z.array(z.string()).describe('what the counter does not look at, although a policy does'),
});
export type Indicator = z.infer<typeof indicatorSchema>;

/** What a policy's tables say of an algorithm. What they do not name is in no list here: a third answer. */
const tableAnswerSchema = z.enum(['approved', 'not approved']);
const answersSchema = z.record(z.string(), tableAnswerSchema);

const tlsPolicySchema = z.strictObject({
  module: z.string().describe('the module that the policy is of'),
  lines: z.array(lineSchema).min(1),
  documents: z.record(moduleLinkSchema, z.string()).describe('link mode to the source that holds the policy'),
  standsInFor: z
    .array(lineSchema)
    .describe('lines without a public policy of their own, the nearest before which this is'),
  keyDerivation: answersSchema.describe('TLS version, and for 1.2 whether with extended master secret'),
  ciphers: answersSchema.describe('encryption of a cipher suite, as AES-128-GCM'),
  groups: answersSchema.describe("AWS-LC's name of a group"),
  signatures: answersSchema.describe('name of a signature scheme in RFC 8446'),
  rsa: z
    .strictObject({
      approvedBits: z.array(z.int().positive()),
      notApprovedBelowBits: z.int().positive(),
    })
    .describe('sizes of RSA keys that sign'),
});
export type TlsPolicy = z.infer<typeof tlsPolicySchema>;

/**
 * recipes/knowledge/fips-services.json: which calls the service indicator of a FIPS line counts, as its sources say, and
 * what the security policies say of the parameters of TLS, which no indicator tells.
 */
export const fipsServicesSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    sources: z.array(sourceSchema).min(1),
    indicators: z.array(indicatorSchema),
    tlsPolicies: z.array(tlsPolicySchema),
  })
  .superRefine((file, context) => {
    const sources = new Set(file.sources.map(({ id }) => id));
    const complain = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const once = new Set<string>();
    file.indicators.forEach(({ line, source }, index) => {
      if (!sources.has(source)) complain(['indicators', index, 'source'], `no source ${source}`);
      if (once.has(line)) complain(['indicators', index, 'line'], `${line} stands twice`);
      once.add(line);
    });
    const served = new Set<string>();
    file.tlsPolicies.forEach(({ documents, lines, standsInFor }, index) => {
      for (const [link, source] of Object.entries(documents)) {
        if (!sources.has(source)) complain(['tlsPolicies', index, 'documents', link], `no source ${source}`);
      }
      for (const line of [...lines, ...standsInFor]) {
        if (served.has(line)) complain(['tlsPolicies', index, 'lines'], `${line} has another policy too`);
        served.add(line);
      }
    });
  });
export type FipsServices = z.infer<typeof fipsServicesSchema>;
