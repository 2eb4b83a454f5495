import * as z from 'zod';
import { sha256Schema } from './catalogue.ts';
import { failureSchema } from './failure-schema.ts';
import { verdictNameSchema } from './verdict.ts';

/** What is asked of each version or commit. */
export const bisectQuestionSchema = z.discriminatedUnion('ask', [
  z.strictObject({
    ask: z.literal('case'),
    patterns: z.array(z.string()).min(1).describe('case ids, or patterns as manifests have them'),
  }),
  z.strictObject({ ask: z.literal('claim'), name: z.string().describe("id of a proof's claim") }),
  z.strictObject({
    ask: z.literal('capability'),
    name: z.string().describe('as manifests name it: function:NAME, group:NAME, hmac:NAME, pha'),
  }),
  /** Whether build, proof and suites are as expected. */
  z.strictObject({ ask: z.literal('expected') }),
]);
export type BisectQuestion = z.infer<typeof bisectQuestionSchema>;

/** One case of an answer: its verdict, and what it did in the first pass. */
export const caseAnswerSchema = z.strictObject({
  id: z.string(),
  verdict: verdictNameSchema,
  outcome: z.enum(['passed', 'failed', 'skipped', 'not ended', 'not started']),
  reason: z.string().optional().describe('is shown, and does not count as a change'),
});
export type CaseAnswer = z.infer<typeof caseAnswerSchema>;

/** What a version or commit answered. */
export const bisectAnswerSchema = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('case'), cases: z.array(caseAnswerSchema) }),
  z.strictObject({
    to: z.literal('claim'),
    claim: z
      .strictObject({ holds: z.boolean(), found: z.json() })
      .nullable()
      .describe('null where this claim is not made'),
  }),
  z.strictObject({ to: z.literal('capability'), has: z.boolean() }),
  z.strictObject({
    to: z.literal('expected'),
    asExpected: z.boolean(),
    exitCode: z.int(),
    unexpected: z.array(z.string()).describe('claims and verdicts that are not as expected, the first ten'),
  }),
]);
export type BisectAnswer = z.infer<typeof bisectAnswerSchema>;

/** What became of asking one version or commit. */
export const bisectProbeSchema = z.strictObject({
  candidate: z.string().describe('a version, or the whole id of a commit'),
  title: z.string().optional().describe("of a commit: its message's first line"),
  standing: z.enum(['same', 'changed', 'skipped']).describe('same: it answers as the first end does'),
  answer: bisectAnswerSchema.optional(),
  run: z
    .strictObject({ id: z.string(), file: z.string().describe('path of run.json') })
    .optional()
    .describe('the record; a version for which no plan can be made has none'),
  skipped: z.string().optional().describe('why it could not be asked'),
  recorded: z.boolean().describe('taken from an earlier run'),
});
export type BisectProbe = z.infer<typeof bisectProbeSchema>;

/** `bisect --json`. */
export const bisectDocumentSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('bisect'),
  question: bisectQuestionSchema,
  python: z.string(),
  range: z.strictObject({
    of: z.enum(['catalogue', 'git']),
    first: z.string(),
    last: z.string(),
    candidates: z.int().describe('versions or commits from one end to the other, both included'),
    lines: z.array(z.string()).describe('lines of AWS-LC that the versions are of; none for commits'),
  }),
  outcome: z
    .enum(['found', 'ambiguous', 'unfinished'])
    .describe('ambiguous: what could not be asked lies where the answer changes; unfinished: the failures say why'),
  last: z.string().optional().describe('the last that answers as the first end does'),
  first: z.string().optional().describe('the first that was asked and answers otherwise'),
  suspects: z.array(z.string()).describe('where it is ambiguous: one of these is the first'),
  probes: z.array(bisectProbeSchema).describe('in the order of the range'),
  failures: z.array(failureSchema),
});
export type BisectDocument = z.infer<typeof bisectDocumentSchema>;

/** v1/bisects/<digest of the question>.json: what a bisect has asked, to go on from. Answers are read from the runs. */
export const bisectStateSchema = z.strictObject({
  version: z.literal(1),
  kind: z.literal('bisect-state'),
  id: sha256Schema,
  question: bisectQuestionSchema,
  asked: z.array(
    z.strictObject({
      candidate: z.string(),
      run: z.string().describe('its record holds the plan: it is taken only while the plan is the same'),
      skipped: z.string().optional(),
    }),
  ),
});
export type BisectState = z.infer<typeof bisectStateSchema>;
