import * as z from 'zod';

/** How a module gets into a program: `static` in the program itself, `shared` in libcrypto.so (NIST says "dynamic"). */
export const moduleLinkSchema = z.enum(['static', 'shared']);
export type ModuleLink = z.infer<typeof moduleLinkSchema>;

/** A release line that was submitted for validation; `fips-2021` (1.x) is in no catalogue. */
export const certificateLineSchema = z.enum(['fips-2021', 'fips-2022', 'fips-2024', 'fips-2025']);
export type CertificateLine = z.infer<typeof certificateLineSchema>;

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Facts that a source may say or leave out; the others (id, line, link, branch) every certificate has. */
const optionalFacts = [
  'fipsVersionFunction',
  'policy',
  'source',
  'builds',
  'environments',
  'entropy',
  'validatedOn',
  'sunsetOn',
  'supportEnds',
] as const;
const factSchema = z.enum(['status', 'branch', 'version', 'fipsVersion', ...optionalFacts]);

const toolSchema = z.strictObject({
  name: z.string().optional().describe('program, where the policy names one'),
  version: z.string().optional().describe('version, where the policy fixes one'),
  from: z.string().optional().describe('where the policy takes it from, when it fixes no version'),
});
export type PolicyTool = z.infer<typeof toolSchema>;

const osSchema = z.strictObject({ name: z.string(), version: z.string() });

const policyBuildSchema = z.strictObject({
  systems: z.array(osSchema).min(1).describe('operating systems that these steps are for'),
  generator: z.enum(['Unix Makefiles', 'Ninja']),
  cmakeArguments: z.array(z.string()).describe('as written in the policy, without generator and source directory'),
  compiler: toolSchema,
  go: toolSchema,
});
export type PolicyBuild = z.infer<typeof policyBuildSchema>;

const testedEnvironmentSchema = z.strictObject({
  os: osSchema,
  hardware: z.string().describe('machine type, as `c6i.metal`'),
  processor: z.string(),
  arch: z.enum(['x86_64', 'aarch64']).describe('uname -m'),
  acceleration: z.array(z.boolean()).min(1).describe('tested with and without crypto instructions (PAA)'),
});
export type TestedEnvironment = z.infer<typeof testedEnvironmentSchema>;

/** What NIST's programme says, or is about to say, of one AWS-LC module. Nothing here says anything about a build. */
export const certificateSchema = z.strictObject({
  id: z.string().describe("the certificate's number; for a module in process AWS-LC's name of it"),
  number: z.int().optional().describe('absent: in process, there is no certificate'),
  name: z.string().describe('name of the module; NIST has used one name for several'),
  status: z.enum(['validated', 'in process', 'historical']).describe('status of the certificate, never of a build'),
  statusDetail: z.string().optional(),
  replacedBy: z.int().optional(),
  branch: z.string().describe("AWS-LC's branch, whose head is not what the certificate names"),
  line: certificateLineSchema,
  link: moduleLinkSchema,
  version: z
    .string()
    .regex(/^fips-\d+(\.\d+)+$/)
    .describe('AWS-LC version, as far as the source says it: `fips-3.1.0`'),
  fipsVersion: z.int().describe('number of the submission, as AWS-LC counts them'),
  fipsVersionFunction: z.int().optional().describe('what FIPS_version() returns in that source'),
  policy: z
    .strictObject({
      file: z.string().describe('security policy, as AWS-LC keeps it in crypto/fipsmodule/policydocs'),
      sha256: sha256Schema,
      version: z.string().optional(),
      updatedOn: z.iso.date().optional(),
    })
    .optional(),
  source: z
    .strictObject({ file: z.string(), tag: z.string(), sha256: sha256Schema })
    .optional()
    .describe('the archive that the policy names: the only certified source'),
  builds: z.array(policyBuildSchema).min(1).optional(),
  environments: z.array(testedEnvironmentSchema).min(1).optional(),
  entropy: z.string().optional().describe('where the module takes entropy from, by its policy'),
  validatedOn: z.iso.date().optional().describe('day of the first validation'),
  sunsetOn: z.iso.date().optional(),
  supportEnds: z
    .string()
    .regex(/^\d{4}-\d{2}$/)
    .optional()
    .describe('month after which AWS-LC backports no security fix to the branch'),
  evidence: z.array(z.strictObject({ facts: z.array(factSchema).min(1), source: z.string() })).min(1),
  missing: z
    .array(z.strictObject({ fact: z.enum(optionalFacts), why: z.string() }))
    .describe('facts that are not here'),
  notes: z.array(z.string()).optional(),
});
export type Certificate = z.infer<typeof certificateSchema>;

const certificateSourceSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  where: z.string(),
  readOn: z.iso.date(),
});

const entropyCertificateSchema = z.strictObject({
  number: z.string().regex(/^E\d+$/),
  entropySource: z.string(),
  awardedOn: z.iso.date(),
  source: z.string(),
});

/** recipes/knowledge/certificates.json. A fact is here with its evidence, or named in `missing`; never neither. */
export const certificatesSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    sources: z.array(certificateSourceSchema).min(1),
    entropyCertificates: z.array(entropyCertificateSchema),
    certificates: z.array(certificateSchema).min(1),
  })
  .superRefine((file, context) => {
    const sources = new Set(file.sources.map(({ id }) => id));
    const complain = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    file.entropyCertificates.forEach(({ source }, index) => {
      if (!sources.has(source)) complain(['entropyCertificates', index, 'source'], `no source ${source}`);
    });
    file.certificates.forEach((certificate, index) => {
      const said = new Set(certificate.evidence.flatMap(({ facts }) => facts));
      const missing = new Set<string>(certificate.missing.map(({ fact }) => fact));
      certificate.evidence.forEach(({ source }, at) => {
        if (!sources.has(source)) complain(['certificates', index, 'evidence', at, 'source'], `no source ${source}`);
      });
      for (const fact of factSchema.options) {
        const isHere = certificate[fact] !== undefined;
        const isMissing = missing.has(fact);
        if (isHere !== said.has(fact)) {
          complain(['certificates', index, 'evidence'], isHere ? `no evidence for ${fact}` : `${fact} is not here`);
        }
        if (isHere === isMissing) {
          complain(['certificates', index, 'missing'], `${fact} is ${isHere ? 'here, and missing' : 'not here'}`);
        }
      }
    });
  });
export type Certificates = z.infer<typeof certificatesSchema>;

/** One condition of a certificate, held against a build. */
export const conditionSchema = z.strictObject({
  id: z.enum(['source', 'version', 'steps', 'compiler', 'environment', 'link']),
  met: z.union([z.boolean(), z.literal('unknown')]),
  expected: z.string(),
  found: z.string(),
});
export type Condition = z.infer<typeof conditionSchema>;

/** The six conditions of a certificate, held against a build. It is no statement that the build is covered by it. */
export const judgedCertificateSchema = z.strictObject({
  id: certificateSchema.shape.id,
  number: certificateSchema.shape.number,
  name: certificateSchema.shape.name,
  status: certificateSchema.shape.status,
  conditions: z.array(conditionSchema).length(6),
});
export type JudgedCertificate = z.infer<typeof judgedCertificateSchema>;

/** A date that matters to who relies on a certificate. */
export const dateWarningSchema = z.strictObject({
  kind: z.enum(['support-end', 'sunset']),
  on: z.iso.date().describe('last day; the last of its month where only that is known'),
  days: z.int().describe('days until then; negative when it is past'),
  text: z.string(),
});
export type DateWarning = z.infer<typeof dateWarningSchema>;

/** The certificate that is nearest to a FIPS build, its conditions held against the build, and what dates are near. */
export const cellCertificateSchema = judgedCertificateSchema.extend({ warnings: z.array(dateWarningSchema) });
export type CellCertificate = z.infer<typeof cellCertificateSchema>;

/** `certificates --json`. */
export const certificateReportSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('certificates'),
  newestCertified: z.string().optional().describe('newest AWS-LC version that a current certificate names'),
  certificates: z.array(certificateSchema.extend({ warnings: z.array(dateWarningSchema) })),
  entropyCertificates: z.array(entropyCertificateSchema),
  sources: z.array(certificateSourceSchema),
});
export type CertificateReport = z.infer<typeof certificateReportSchema>;
