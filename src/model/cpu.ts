import * as z from 'zod';
import { lineSchema } from './catalogue.ts';

const bitSchema = z.strictObject({ word: z.int().min(0).max(3), bit: z.int().min(0).max(31) });
export type CpuBit = z.infer<typeof bitSchema>;

const featureSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+$/),
  title: z.string(),
  bits: z.array(bitSchema).min(1).describe("bits of AWS-LC's words that must all be set"),
});
export type CpuFeature = z.infer<typeof featureSchema>;

const maskSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+$/),
  title: z.string(),
  features: z.array(z.string()).min(1).describe('features that are switched off'),
  bits: z.array(bitSchema).optional().describe('more bits, of features that no rule asks for'),
});
export type CpuMaskRule = z.infer<typeof maskSchema>;

const versionRangesSchema = z.array(
  z.strictObject({ line: lineSchema, from: z.string().optional(), below: z.string().optional() }),
);

const candidateSchema = z.strictObject({
  path: z.string().describe('the implementation, in words or by its function'),
  needs: z.array(z.string()).describe('features that must all be there; a|b: one of them'),
  lacks: z.array(z.string()).min(1).optional().describe('features that must not all be there'),
  symbols: z.array(z.string()).describe('names in the object, one of which must be there; none: no name tells'),
  without: z.array(z.string()).optional().describe('names that must not be in the object'),
  awslc: versionRangesSchema.optional().describe('versions that have this rule; all, where it does not stand'),
  source: z.string().describe("where AWS-LC's sources say so"),
});
export type CpuCandidate = z.infer<typeof candidateSchema>;

const primitiveSchema = z.strictObject({
  name: z.string(),
  usedBy: z.string(),
  candidates: z.array(candidateSchema).min(1).describe('in the order in which AWS-LC asks'),
});

const architectureSchema = z.strictObject({
  arch: z.string(),
  variable: z.string().describe("the name of AWS-LC's words"),
  words: z.int().positive(),
  wordTitles: z.array(z.string()),
  environment: z.string().describe('the environment variable that masks bits'),
  features: z.array(featureSchema),
  masks: z.array(maskSchema),
  primitives: z.array(primitiveSchema),
});
export type CpuArchitecture = z.infer<typeof architectureSchema>;

/** What goes without: masks by name, of which `baseline` is the one that leaves a baseline. */
export const describeMasked = (names: readonly string[]): string =>
  names.map((name) => (name === 'baseline' ? 'all features beyond the baseline' : name)).join(', ');

/** Names in a rule: `v1|v2` is two of them. */
export const namesOf = (term: string): readonly string[] => term.split('|');

/** recipes/knowledge/cpu-paths.json: how AWS-LC chooses code by the CPU, read from its sources. */
export const cpuKnowledgeSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    readFrom: z.array(z.string()).min(1),
    architectures: z.array(architectureSchema),
  })
  .superRefine((file, context) => {
    file.architectures.forEach((architecture, index) => {
      const known = new Set(architecture.features.map(({ name }) => name));
      const used = [
        ...architecture.masks.flatMap(({ features }) => features),
        ...architecture.primitives.flatMap(({ candidates }) =>
          candidates.flatMap(({ needs, lacks }) => [...needs.flatMap(namesOf), ...(lacks ?? [])]),
        ),
      ];
      for (const name of new Set(used.filter((feature) => !known.has(feature)))) {
        context.addIssue({ code: 'custom', path: ['architectures', index], message: `no feature ${name}` });
      }
    });
  });
export type CpuKnowledge = z.infer<typeof cpuKnowledgeSchema>;

/** A document that was read, and when. */
export const readSourceSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  where: z.url(),
  readOn: z.iso.date(),
});

/** `partly`: of some of it, as the caveats say; `unclear`: the sources do not tell; no entry: they do not name it. */
export const verifiedAnswerSchema = z.enum(['covered', 'partly', 'unclear', 'not covered']);

/** One statement of what is verified. */
export const verifiedEntrySchema = z.strictObject({
  primitive: z.string(),
  arch: z.string(),
  paths: z.array(z.string()).min(1),
  awslc: versionRangesSchema.optional().describe('versions that this is said of; all, where it does not stand'),
  answer: verifiedAnswerSchema,
  functions: z.array(z.string()),
  tool: z.string(),
  caveats: z.array(z.string()),
  source: z.string(),
  note: z.string().optional(),
});
export type VerifiedEntry = z.infer<typeof verifiedEntrySchema>;

/** recipes/knowledge/verified.json: which code of AWS-LC is formally verified, as its authors say. */
export const verifiedSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(1),
    sources: z.array(readSourceSchema).min(1),
    caveats: z.array(z.string()).describe('what holds for all entries'),
    terms: z.record(z.string(), z.string()).describe('what words of the caveats mean'),
    entries: z.array(verifiedEntrySchema),
  })
  .superRefine((file, context) => {
    const ids = new Set(file.sources.map(({ id }) => id));
    file.entries.forEach(({ source }, index) => {
      if (!ids.has(source)) {
        context.addIssue({ code: 'custom', path: ['entries', index, 'source'], message: `no source ${source}` });
      }
    });
  });
export type Verified = z.infer<typeof verifiedSchema>;

/** Features that are switched off for proof and suites, and how. */
export const cpuMaskSchema = z.strictObject({
  names: z.array(z.string()).min(1),
  variable: z.string(),
  value: z.string(),
  /** For each of AWS-LC's words the bits that are taken away. */
  words: z.array(z.int().min(0)),
});
export type CpuMask = z.infer<typeof cpuMaskSchema>;
