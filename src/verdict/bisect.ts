import type { BisectAnswer, BisectQuestion, CaseAnswer } from '../model/bisect.ts';
import type { Capabilities } from '../model/catalogue.ts';
import type { Failure, FailureCode } from '../model/failure.ts';
import { canonicalJson } from '../model/json.ts';
import type { Roster } from '../model/manifest.ts';
import { suggestWord } from '../model/suggest.ts';
import { caseIdOf, type Verdict } from '../model/verdict.ts';
import { findCapability } from './conditions.ts';
import { findCase, findFile, type Finding } from './findings.ts';
import { judge, type JudgeInput } from './judge.ts';
import { observePass } from './observe.ts';
import { compilePattern } from './patterns.ts';
import { selectedFileOf } from './roster.ts';

const outcomeOf = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  unended: 'not ended',
  unstarted: 'not started',
} as const satisfies Record<Finding['kind'], CaseAnswer['outcome']>;

const matchesAny = (patterns: readonly string[]): ((id: string) => boolean) => {
  const compiled = patterns.map(compilePattern);
  return (id) => compiled.some((matches) => matches(id));
};

/** What was found of a case or subtest: of the case as a whole, where it came to no subtest; one not told of has passed. */
const findOutcome = (findings: readonly Finding[], id: string): CaseAnswer['outcome'] => {
  const isWhole = (finding: Finding): boolean =>
    ['unended', 'unstarted'].includes(finding.kind) || (finding.kind === 'skipped' && finding.id === caseIdOf(id));
  const found = findings.find((finding) => finding.id === id) ?? findings.find(isWhole);
  return outcomeOf[found?.kind ?? 'passed'];
};

/** What the cases that patterns name did: each one's verdict by what is expected now, and its outcome in the first pass. */
export const answerCases = (input: JudgeInput, patterns: readonly string[]): BisectAnswer => {
  const isMeant = matchesAny(patterns);
  const files = new Set(patterns.map(findCaseFile));
  const first = observePass(input.runs.filter(({ pass }) => pass === 'first'));
  const tell = ({ id, file, verdict, reason }: Verdict): CaseAnswer => ({
    id,
    verdict,
    outcome: findOutcome(id === file ? [findFile(first.files.get(file), id)] : findCase(first, file, caseIdOf(id)), id),
    ...(reason === undefined ? {} : { reason }),
  });
  // A file that cannot be imported, or skips itself, is judged under its own name.
  const isOfFile = ({ id, file }: Verdict): boolean => id === file && files.has(selectedFileOf(file));
  const meant = judge(input).verdicts.filter(
    (verdict) => isMeant(verdict.id) || isMeant(caseIdOf(verdict.id)) || isOfFile(verdict),
  );
  return { to: 'case', cases: meant.map(tell) };
};

/** What of an answer counts: texts of failures name addresses and times, and how much is unexpected is not asked. */
const essenceOf = (answer: BisectAnswer): unknown => {
  switch (answer.to) {
    case 'case':
      return answer.cases.map(({ id, verdict, outcome }) => [id, verdict, outcome]);
    case 'expected':
      return answer.asExpected;
    default:
      return answer;
  }
};

/** Whether two answers to one question are the same. */
export const isSameAnswer = (a: BisectAnswer, b: BisectAnswer): boolean =>
  canonicalJson(essenceOf(a)) === canonicalJson(essenceOf(b));

/** What says that a version cannot be built, or that no plan can be made for it: another version may do. */
const cannotBeBuilt: readonly FailureCode[] = [
  'incompatible',
  'command-failed',
  'capability-mismatch',
  'patch-misfit',
  'unsupported',
];

/**
 * What a run's failures mean for a question. `answer`: its results answer it; `skip`: this version cannot be asked;
 * `stop`: it is not the version's doing (no network, a full disk, Ctrl-C), so nothing is known of it.
 */
export const weighFailures = (
  question: BisectQuestion,
  failures: readonly Failure[],
  isBuilt: boolean,
): 'answer' | 'skip' | 'stop' => {
  const others = failures.filter(({ code }) => code !== 'proof-failed');
  if (others.some(({ code }) => !cannotBeBuilt.includes(code))) return 'stop';
  if (question.ask === 'expected' && isBuilt) return 'answer';
  return others.length === 0 ? 'answer' : 'skip';
};

/** The test file that a case id or pattern names, as --tests takes it; nothing where a pattern leaves it open. */
export const findCaseFile = (pattern: string): string | undefined => {
  const file = selectedFileOf(pattern);
  return pattern.startsWith('test.') && /^test_\w+$/.test(file) ? file : undefined;
};

/** A case id or pattern for --match, which takes `?` and `[` as patterns too. Subtests are not selected one by one. */
export const toMatch = (pattern: string): string => caseIdOf(pattern).replace(/[?[]/g, (sign) => `[${sign}]`);

/** Says which of some patterns name no case of a roster, where it has their file. Failure: `usage`. */
export const findUnknownCase = (patterns: readonly string[], roster: Roster): Failure | undefined => {
  for (const pattern of patterns) {
    const file = findCaseFile(pattern);
    const classes = file === undefined ? undefined : roster.files[file];
    if (classes === undefined) continue;
    const ids = Object.entries(classes).flatMap(([scope, names]) => names.map((name) => `${scope}.${name}`));
    const matches = compilePattern(caseIdOf(pattern));
    if (ids.length === 0 || ids.some(matches)) continue;
    const suggestion = suggestWord(pattern, ids);
    return {
      code: 'usage',
      message: `CPython ${roster.python} has no case ${pattern} in ${file ?? ''}.`,
      next:
        suggestion === undefined
          ? '--case takes an id, test.test_ssl.ContextTests.test_ciphers, or a pattern with *.'
          : `Did you mean ${suggestion}?`,
    };
  }
  return undefined;
};

/** Every name by which something of these capabilities can be asked for. */
const listCapabilities = (all: readonly Capabilities[]): readonly string[] => [
  ...new Set([
    'pha',
    'pskTls13',
    'pskWithoutCertificate',
    ...all.flatMap(({ functions }) => Object.keys(functions).map((name) => `function:${name}`)),
    ...all.flatMap(({ macros }) => Object.keys(macros).map((name) => `macro:${name}`)),
    ...all.flatMap(({ groups }) => groups.map((name) => `group:${name}`)),
    ...all.flatMap(({ hmacHashes }) => hmacHashes.map((name) => `hmac:${name}`)),
    ...all.flatMap(({ hashes }) => hashes.map((name) => `hash:${name}`)),
  ]),
];

/**
 * The whole name of a capability, as manifests have it, where its kind may be left out: `group:X25519MLKEM768`. Known are
 * those of some AWS-LC versions, the ends of a range. Else what was probably meant, when no kind or several have that name.
 */
export const nameCapability = (
  asked: string,
  all: readonly Capabilities[],
): { readonly name: string } | { readonly suggestion: string | undefined } => {
  const names = listCapabilities(all);
  const bare = (name: string): string => name.replace(/^[a-z]+:/, '');
  if (names.includes(asked)) return { name: asked };
  const [found, ...more] = names.filter((name) => bare(name) === asked);
  if (found !== undefined) return more.length === 0 ? { name: found } : { suggestion: [found, ...more].join(' or ') };
  return { suggestion: suggestWord(asked, names) ?? suggestWord(asked, names.map(bare)) };
};

/** Whether an AWS-LC has a capability of a whole name; nothing when it is not known. */
export const answerCapability = (capabilities: Capabilities, name: string): BisectAnswer | undefined => {
  const has = findCapability(capabilities, name);
  return has === undefined ? undefined : { to: 'capability', has };
};
