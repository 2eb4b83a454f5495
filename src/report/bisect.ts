import type { BisectAnswer, BisectDocument, BisectProbe, BisectQuestion, CaseAnswer } from '../model/bisect.ts';
import type { Failure } from '../model/failure.ts';
import { describeDifference, describeValue } from '../model/proof.ts';
import { describeInOneLine } from './failure.ts';
import { formatCount, paint, plural, printable, type TextOptions } from './text.ts';

/** How many cases and claims an answer names before it only counts. */
const namedCount = 3;

/** A version, or a commit by the beginning of its id and its title. */
export const nameCandidate = ({ candidate, title }: Pick<BisectProbe, 'candidate' | 'title'>): string =>
  title === undefined ? candidate : `${candidate.slice(0, 12)} (${title})`;

/** The question in words: `claim hmac-capability`. */
export const describeQuestion = (question: BisectQuestion): string => {
  switch (question.ask) {
    case 'case':
      return `case ${question.patterns.join(', ')}`;
    case 'claim':
      return `claim ${question.name}`;
    case 'capability':
      return `capability ${question.name}`;
    case 'expected':
      return 'whether build, proof and suites are as expected';
  }
};

const describeCase = ({ verdict, outcome, reason }: CaseAnswer): string =>
  `${verdict}, ${outcome}${reason === undefined ? '' : `: ${reason}`}`;

const isSameCase = (a: CaseAnswer, b: CaseAnswer): boolean =>
  a.id === b.id && a.verdict === b.verdict && a.outcome === b.outcome;

/** The cases that another answer has not alike; all where there is none to compare with. */
const describeCases = (cases: readonly CaseAnswer[], other: readonly CaseAnswer[] | undefined): string => {
  const told = cases.filter((one) => other?.some((before) => isSameCase(before, one)) !== true);
  const [first] = told;
  if (cases.length === 0) return 'there is no such case';
  if (first === undefined) return `${plural(cases.length, 'case')}, of which none came out otherwise`;
  if (cases.length === 1) return describeCase(first);
  const named = told.slice(0, namedCount).map((one) => `${one.id}: ${describeCase(one)}`);
  const rest = told.length - named.length;
  return `${named.join('; ')}${rest === 0 ? '' : `; and ${formatCount(rest)} more`} (of ${plural(cases.length, 'case')})`;
};

/** An answer in words; beside another one, of what both tell only what differs. */
export const describeAnswer = (answer: BisectAnswer, other?: BisectAnswer): string => {
  switch (answer.to) {
    case 'case':
      return describeCases(answer.cases, other?.to === 'case' ? other.cases : undefined);
    case 'claim': {
      const { claim } = answer;
      if (claim === null) return 'this claim is not made';
      const before = other?.to === 'claim' ? other.claim : null;
      const found =
        before === null
          ? describeValue(claim.found)
          : describeDifference({ expected: before.found, found: claim.found }).found;
      return `${claim.holds ? 'holds' : 'fails'}, found ${found}`;
    }
    case 'capability':
      return answer.has ? 'AWS-LC has it' : 'AWS-LC lacks it';
    case 'expected': {
      const { unexpected } = answer;
      if (answer.asExpected) return 'as expected';
      const named = unexpected.slice(0, namedCount).join('; ');
      return `not as expected (exit ${answer.exitCode})${named === '' ? '' : `: ${named}`}${unexpected.length > namedCount ? ' …' : ''}`;
    }
  }
};

/** Why a candidate could not be asked, in a line: of a program its last error, of a check what is missing. */
export const describeObstacle = (failure: Failure): string => {
  switch (failure.code) {
    case 'command-failed': {
      const { step, exit, lastLines } = failure;
      const error =
        lastLines.find((line) => /\berror\b/i.test(line)) ?? lastLines.findLast((line) => line.trim() !== '');
      return `${step} failed (${exit})${error === undefined ? '' : `: ${error.trim()}`}`;
    }
    case 'incompatible':
      return `${failure.step}: it does not, for ${failure.missing.map(({ name }) => name).join(', ')}`;
    case 'capability-mismatch':
      return `AWS-LC ${failure.awslc} is not what the catalogue says: ${failure.differences.map(({ name }) => name).join(', ')}`;
    default:
      return describeInOneLine(failure).replace(/:$/, '');
  }
};

const formatProbe = (
  probe: BisectProbe | undefined,
  other: BisectProbe | undefined,
  options: TextOptions,
): readonly string[] => {
  if (probe === undefined) return [];
  const said = probe.answer === undefined ? (probe.skipped ?? '') : describeAnswer(probe.answer, other?.answer);
  return [
    `  ${printable(nameCandidate(probe), options)}`,
    `    ${printable(said, options)}`,
    ...(probe.run === undefined
      ? []
      : [`    run ${probe.run.id}${probe.recorded ? ' (of before)' : ''}: ${printable(probe.run.file, options)}`]),
  ];
};

const describeRange = ({ range, probes }: BisectDocument): string => {
  const { of, first, last, candidates, lines } = range;
  const what =
    of === 'git'
      ? `${plural(candidates, 'commit')} along first parents`
      : `${plural(candidates, 'version')} of ${lines.join(', ')} in the catalogue`;
  const skipped = probes.filter(({ standing }) => standing === 'skipped').length;
  return `${first} to ${last}: ${what}; ${formatCount(probes.length)} asked, ${formatCount(skipped)} of them skipped`;
};

/** How exactly the place is known: a catalogue has not every version, and a merge brings many commits. */
const explainPlace = (document: BisectDocument, last: BisectProbe, first: BisectProbe): string =>
  document.range.of === 'git'
    ? 'Commits that came by a merge count as the merge.'
    : `The catalogue has no version between them: the change came after ${last.candidate}, and is in ${first.candidate}.`;

const formatHead = (document: BisectDocument, first: BisectProbe | undefined, options: TextOptions): string => {
  if (document.outcome === 'unfinished' || first === undefined) return 'The search did not come to its end';
  if (document.outcome === 'ambiguous') {
    return `The answer changes among ${plural(document.suspects.length, 'candidate')} that could not all be asked`;
  }
  const kind = document.range.of === 'git' ? 'Commit' : 'AWS-LC';
  return paint(
    `${kind} ${printable(nameCandidate(first), options)} is the first that answers otherwise`,
    'bold',
    options,
  );
};

/** What a bisect found: the first that answers otherwise and its neighbour, each with its record. */
export const formatBisect = (document: BisectDocument, options: TextOptions): string => {
  const find = (id: string | undefined): BisectProbe | undefined =>
    document.probes.find(({ candidate }) => candidate === id);
  const [last, first] = [find(document.last), find(document.first)];
  const end = document.probes.at(-1);
  const skipped = document.probes.filter(({ standing }) => standing === 'skipped');
  const endDiffers =
    first?.answer !== undefined &&
    end?.answer !== undefined &&
    end !== first &&
    describeAnswer(end.answer) !== describeAnswer(first.answer);
  return [
    formatHead(document, first, options),
    `  asked for ${printable(describeQuestion(document.question), options)}, of CPython ${document.python}`,
    `  ${describeRange(document)}`,
    ...(last === undefined || first === undefined
      ? document.probes.flatMap((probe) => formatProbe(probe, undefined, options))
      : [...formatProbe(last, first, options), ...formatProbe(first, last, options)]),
    ...(document.outcome === 'found' && last !== undefined && first !== undefined
      ? [explainPlace(document, last, first)]
      : []),
    ...(endDiffers ? ['The last end answers in other words:', ...formatProbe(end, first, options)] : []),
    ...(first !== undefined && skipped.length > 0
      ? ['Skipped:', ...skipped.flatMap((probe) => formatProbe(probe, undefined, options))]
      : []),
    '',
  ].join('\n');
};
