import { compareCodeUnits } from '../model/json.ts';
import { differenceKindSchema, type Difference, type DifferenceKind, type SideOutcome } from '../model/diff.ts';
import type { Manifest } from '../model/manifest.ts';
import type { SuiteRun } from '../model/suite.ts';
import { caseIdOf } from '../model/verdict.ts';
import type { Facts } from './conditions.ts';
import { findCase, findFile, findFixture, hasPassed, type Finding } from './findings.ts';
import { observePass, type PassSeen } from './observe.ts';
import { createBook, type Book } from './rules.ts';
import { comparableWords, normalizeMessage, redactText, type Redaction } from './texts.ts';

export interface DiffInput {
  /** The suites on AWS-LC and on OpenSSL, each with what was run again alone (pass `retest`). */
  readonly awslc: readonly SuiteRun[];
  readonly openssl: readonly SuiteRun[];
  /** Whose reasons are shown. */
  readonly manifest?: Manifest;
  readonly facts: Facts;
  readonly redactions?: readonly Redaction[];
}

export interface SuiteDiff {
  readonly cases: number;
  readonly same: { readonly cases: number; readonly failed: number; readonly skipped: number };
  readonly differences: readonly Difference[];
  readonly unsteady: readonly Difference[];
}

/** One side: its run, and what was run again. */
interface SideSeen {
  readonly first: PassSeen;
  readonly again: PassSeen;
}

interface Pair {
  readonly file: string;
  readonly id: string;
  readonly awslc: Finding;
  readonly openssl: Finding;
}

const observeSide = (runs: readonly SuiteRun[]): SideSeen => ({
  first: observePass(runs.filter(({ pass }) => pass !== 'retest')),
  again: observePass(runs.filter(({ pass }) => pass === 'retest')),
});

const badness = ['passed', 'skipped', 'unstarted', 'unended', 'failed'] as const;

const worst = (id: string, findings: readonly Finding[]): Finding =>
  [...findings].sort((a, b) => badness.indexOf(b.kind) - badness.indexOf(a.kind))[0] ?? { id, kind: 'passed' };

/** Pairs what both sides say of a case: subtest by subtest, unless one side never got through the case. */
const pairCase = (file: string, id: string, awslc: PassSeen, openssl: PassSeen): readonly Pair[] => {
  const [a, o] = [findCase(awslc, file, id), findCase(openssl, file, id)];
  const isWhole = ({ kind, id: found }: Finding): boolean =>
    kind === 'unended' || kind === 'unstarted' || (kind === 'skipped' && found === id);
  if ([...a, ...o].some(isWhole)) return [{ file, id, awslc: worst(id, a), openssl: worst(id, o) }];
  // The driver tells of no subtest that passed.
  const find = (findings: readonly Finding[], unit: string): Finding =>
    findings.find((finding) => finding.id === unit) ?? { id: unit, kind: 'passed' };
  return [...new Set([...a, ...o].map((finding) => finding.id))].map((unit) => ({
    file,
    id: unit,
    awslc: find(a, unit),
    openssl: find(o, unit),
  }));
};

/** What is no case: a file that could not be imported on both sides, and tear-downs that failed. */
const pairOthers = (awslc: PassSeen, openssl: PassSeen): readonly Pair[] => {
  const files = [...awslc.files.values()].flatMap((a): readonly Pair[] => {
    const o = openssl.files.get(a.file);
    return a.importTold === undefined || o?.importTold === undefined
      ? []
      : [{ file: a.file, id: a.file, awslc: findFile(a, a.file), openssl: findFile(o, a.file) }];
  });
  const tearDowns = new Map<string, Pair>();
  for (const [side, pass] of [
    ['awslc', awslc],
    ['openssl', openssl],
  ] as const) {
    for (const fixture of pass.fixtures.filter(({ fixture: name }) => name.startsWith('tearDown'))) {
      const finding = findFixture(fixture);
      const { file } = fixture;
      const passed: Finding = { id: finding.id, kind: 'passed' };
      const known = tearDowns.get(`${file}\n${finding.id}`) ?? { file, id: finding.id, awslc: passed, openssl: passed };
      tearDowns.set(`${file}\n${finding.id}`, { ...known, [side]: finding });
    }
  }
  return [...files, ...tearDowns.values()];
};

const wordsOf = (finding: Finding): string => {
  switch (finding.kind) {
    case 'passed':
      return '';
    case 'failed':
      return `${finding.outcome} ${comparableWords(finding.reason, finding.details)}`;
    case 'skipped':
    case 'unended':
    case 'unstarted':
      return normalizeMessage(finding.reason);
  }
};

const isBad = ({ kind }: Finding): boolean => kind === 'failed' || kind === 'unended' || kind === 'unstarted';

/** A case that one side's file does not have: its import went well, and it collected other cases. */
const isAbsent = ({ file, id }: Pair, finding: Finding, pass: PassSeen): boolean => {
  const seen = pass.files.get(file);
  return finding.kind === 'unstarted' && seen?.imported === true && !seen.collected.has(caseIdOf(id));
};

const classify = (pair: Pair, awslc: PassSeen, openssl: PassSeen): DifferenceKind | undefined => {
  const { awslc: a, openssl: o } = pair;
  if (isAbsent(pair, a, awslc)) return 'only-on-openssl';
  if (isAbsent(pair, o, openssl)) return 'only-on-awslc';
  const isSame = a.kind === o.kind && wordsOf(a) === wordsOf(o);
  if (isSame) return undefined;
  if (isBad(a)) return isBad(o) ? 'fails-otherwise' : 'fails-on-awslc';
  if (isBad(o)) return 'fails-on-openssl';
  if (a.kind === 'skipped') return o.kind === 'skipped' ? 'skipped-otherwise' : 'skipped-on-awslc';
  return 'skipped-on-openssl';
};

const outcomeNames = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  unended: 'not ended',
  unstarted: 'not started',
} as const;

const describeSide = (finding: Finding, absent: boolean, redactions: readonly Redaction[]): SideOutcome => {
  if (absent) return { outcome: 'absent' };
  if (finding.kind === 'passed') return { outcome: 'passed' };
  const details = finding.kind === 'failed' ? finding.details : undefined;
  return {
    outcome: outcomeNames[finding.kind],
    text: redactText(finding.reason, redactions),
    ...(details === undefined ? {} : { details: redactText(details, redactions) }),
  };
};

const explain = (finding: Finding, book: Book): string | undefined => {
  if (finding.kind !== 'failed' && finding.kind !== 'skipped') return undefined;
  const text = finding.kind === 'failed' ? finding.text : finding.reason;
  const entry = book
    .findEntries(finding.id)
    .find(
      ({ entry: { expect, match } }) => (expect === 'skip') === (finding.kind === 'skipped') && text.includes(match),
    );
  return entry?.entry.reason ?? (finding.kind === 'skipped' ? book.findClass(text)?.reason : undefined);
};

/** Whether a side came out otherwise when the case was run again alone: passed, or failed in other words. */
const isUnsteady = ({ file, id }: Pair, finding: Finding, { again }: SideSeen): boolean => {
  if (!isBad(finding)) return false;
  const found = findCase(again, file, caseIdOf(id));
  if (found.length === 0 || found.some(({ kind }) => kind === 'unstarted')) return false;
  if (hasPassed(found)) return true;
  const same = found.find((other) => other.id === id);
  return finding.kind === 'failed' && same !== undefined && wordsOf(same) !== wordsOf(finding);
};

const gatherCases = (passes: readonly PassSeen[]): readonly { readonly file: string; readonly id: string }[] => {
  const cases = new Map<string, { file: string; id: string }>();
  for (const pass of passes) {
    for (const { file, collected } of pass.files.values()) {
      for (const id of collected) cases.set(`${file}\n${id}`, { file, id });
    }
    for (const { file, id } of pass.cases.values()) cases.set(`${file}\n${id}`, { file, id });
  }
  return [...cases.values()];
};

/**
 * What differs between the suites on AWS-LC and on OpenSSL, by case and subtest. Whatever both sides have alike, skips for
 * the environment's sake included, is only counted. Sorted by file, kind and id.
 */
export const diffSuites = (input: DiffInput): SuiteDiff => {
  const [awslc, openssl] = [observeSide(input.awslc), observeSide(input.openssl)];
  const redactions = input.redactions ?? [];
  const book = createBook(input.manifest, input.facts);
  const differences: Difference[] = [];
  const unsteady: Difference[] = [];
  const same = { cases: 0, failed: 0, skipped: 0 };
  const take = (pair: Pair): boolean => {
    const kind = classify(pair, awslc.first, openssl.first);
    if (kind === undefined) return false;
    const reason = explain(pair.awslc, book);
    const wavers = isUnsteady(pair, pair.awslc, awslc) || isUnsteady(pair, pair.openssl, openssl);
    (wavers ? unsteady : differences).push({
      id: pair.id,
      file: pair.file,
      kind,
      awslc: describeSide(pair.awslc, kind === 'only-on-openssl', redactions),
      openssl: describeSide(pair.openssl, kind === 'only-on-awslc', redactions),
      ...(reason === undefined ? {} : { reason }),
    });
    return true;
  };
  const cases = gatherCases([awslc.first, openssl.first]);
  for (const { file, id } of cases) {
    const pairs = pairCase(file, id, awslc.first, openssl.first);
    // Every pair is taken, also after one that differs.
    if (pairs.filter(take).length > 0) continue;
    same.cases += 1;
    if (pairs.some((pair) => isBad(pair.awslc))) same.failed += 1;
    else if (pairs.some((pair) => pair.awslc.kind === 'skipped')) same.skipped += 1;
  }
  pairOthers(awslc.first, openssl.first).filter(take);
  return { cases: cases.length, same, differences: differences.sort(inOrder), unsteady: unsteady.sort(inOrder) };
};

const kindOrder = differenceKindSchema.options;

const inOrder = (a: Difference, b: Difference): number =>
  compareCodeUnits(a.file, b.file) ||
  kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind) ||
  compareCodeUnits(a.id, b.id);

/** Ids of the cases that must be run again alone on each side, before a difference is believed: those that failed there. */
export const selectUnsettled = (
  differences: readonly Difference[],
): { readonly awslc: ReadonlySet<string>; readonly openssl: ReadonlySet<string> } => {
  const failedOn = (side: 'awslc' | 'openssl'): ReadonlySet<string> =>
    new Set(
      differences
        .filter((difference) => ['failed', 'not ended', 'not started'].includes(difference[side].outcome))
        .map(({ id }) => caseIdOf(id)),
    );
  return { awslc: failedOn('awslc'), openssl: failedOn('openssl') };
};
