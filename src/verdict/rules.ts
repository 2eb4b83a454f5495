import type { EnvironmentClass, Manifest, ManifestEntry } from '../model/manifest.ts';
import { caseIdOf, type EntryUse, type VerdictName } from '../model/verdict.ts';
import { evaluateWhen, type Facts } from './conditions.ts';
import { hasPassed, type Finding } from './findings.ts';
import type { PassSeen } from './observe.ts';
import { compilePattern, matchesPattern } from './patterns.ts';
import { comparableWords } from './texts.ts';

/** One verdict before it is written down. */
export interface Decision {
  readonly id: string;
  readonly verdict: VerdictName;
  readonly reason?: string;
  readonly details?: string;
}

/** The passes beside the first. */
export interface OtherPasses {
  readonly retest: PassSeen | undefined;
  readonly twin: PassSeen | undefined;
}

/** Everything that is known of one case. */
export interface CaseFindings {
  readonly caseId: string;
  readonly findings: readonly Finding[];
  readonly retest?: readonly Finding[] | undefined;
  readonly twin?: readonly Finding[] | undefined;
}

interface BookEntry {
  readonly index: number;
  readonly entry: ManifestEntry;
  readonly applies: boolean;
  met: boolean;
  used: boolean;
}

/** The manifest as one judgement uses it: which entries and classes apply here, and which have explained something. */
export interface Book {
  /** Entries that apply here and name this id, or the case that it is a subtest of. */
  readonly findEntries: (id: string) => readonly BookEntry[];
  /** Entries that apply here and name subtests of this case. */
  readonly findSubtestEntries: (caseId: string) => readonly BookEntry[];
  readonly findClass: (skipReason: string) => EnvironmentClass | undefined;
  /** What became of every entry. */
  readonly close: () => readonly EntryUse[];
}

const none: readonly BookEntry[] = [];

/** Entries of both lists, each once, in the manifest's order. Mostly one of the lists is empty. */
const mergeEntries = (a: readonly BookEntry[], b: readonly BookEntry[]): readonly BookEntry[] => {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...new Set([...a, ...b])].sort((x, y) => x.index - y.index);
};

/** Finds entries by id, in their order. Every case asks: only patterns are tried one by one, compiled once. */
const indexEntries = (
  entries: readonly BookEntry[],
  idOf: (entryId: string) => string,
): ((id: string) => readonly BookEntry[]) => {
  const exact = new Map<string, BookEntry[]>();
  for (const one of entries) exact.set(idOf(one.entry.id), [...(exact.get(idOf(one.entry.id)) ?? []), one]);
  const patterns = entries
    .filter(({ entry }) => idOf(entry.id).includes('*'))
    .map((bookEntry) => ({ bookEntry, matches: compilePattern(idOf(bookEntry.entry.id)) }));
  return (id) => {
    const found = patterns.filter(({ matches }) => matches(id));
    const named = exact.get(id) ?? none;
    return found.length === 0
      ? named
      : mergeEntries(
          named,
          found.map(({ bookEntry }) => bookEntry),
        );
  };
};

/** Opens a manifest for a cell and machine. A class whose pattern is no regular expression explains nothing. */
export const createBook = (manifest: Manifest | undefined, facts: Facts): Book => {
  const entries = (manifest?.entries ?? []).map((entry, index): BookEntry => ({
    index,
    entry,
    applies: evaluateWhen(entry.when, facts),
    met: false,
    used: false,
  }));
  const applying = entries.filter((entry) => entry.applies);
  const isOfSubtests = ({ entry }: BookEntry): boolean => entry.id.includes(' ');
  const findByCase = indexEntries(
    applying.filter((entry) => !isOfSubtests(entry)),
    (id) => id,
  );
  const findBySubtest = indexEntries(applying.filter(isOfSubtests), (id) => id);
  const findOfSubtests = indexEntries(applying.filter(isOfSubtests), caseIdOf);
  const classes = (manifest?.environment ?? []).flatMap((environmentClass) => {
    if (!evaluateWhen(environmentClass.when, facts)) return [];
    try {
      return [{ environmentClass, expression: new RegExp(environmentClass.pattern) }];
    } catch {
      return [];
    }
  });
  return {
    findEntries: (id) => {
      const caseId = caseIdOf(id);
      const found = mergeEntries(
        mergeEntries(findByCase(id), findBySubtest(id)),
        caseId === id ? none : findByCase(caseId),
      );
      for (const entry of found) entry.met = true;
      return found;
    },
    findSubtestEntries: findOfSubtests,
    findClass: (skipReason) => classes.find(({ expression }) => expression.test(skipReason))?.environmentClass,
    close: () =>
      entries.map(({ index, entry, applies, met, used }) => ({
        index,
        id: entry.id,
        expect: entry.expect,
        use: used ? 'used' : !applies ? 'not-applicable' : met ? 'unused' : 'no-case',
      })),
  };
};

/** A case while it is judged: `used` are the entries that have explained one of its findings. */
interface OpenCase extends CaseFindings {
  readonly used: BookEntry[];
}

const use = (bookEntry: BookEntry, open: OpenCase): ManifestEntry => {
  bookEntry.used = true;
  open.used.push(bookEntry);
  return bookEntry.entry;
};

const explainMismatch = (entries: readonly BookEntry[]): string =>
  entries
    .map(
      ({ entry }) =>
        `the manifest's entry for it did not match: it expects ${entry.expect} with ${JSON.stringify(entry.match)}`,
    )
    .join('; ');

const join = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('; ');

const isSameOnTwin = (finding: Finding & { kind: 'failed' }, twin: readonly Finding[] | undefined): boolean =>
  twin?.some(
    (other) =>
      other.kind === 'failed' &&
      other.id === finding.id &&
      other.outcome === finding.outcome &&
      comparableWords(other.reason, other.details) === comparableWords(finding.reason, finding.details),
  ) === true;

const describeTwin = (finding: Finding, twin: readonly Finding[] | undefined): string => {
  if (twin === undefined) return '';
  const other = twin.find((candidate) => candidate.id === finding.id) ?? twin[0];
  if (other === undefined || other.kind === 'unstarted') return 'the twin did not run it';
  return other.kind === 'failed'
    ? `the twin fails otherwise: ${other.reason}`
    : `the twin ${other.kind === 'unended' ? 'never ended it' : `${other.kind} it`}`;
};

const judgeFailure = (finding: Finding & { kind: 'failed' }, known: OpenCase, book: Book): Decision => {
  const { id, details } = finding;
  const withDetails = details === undefined ? {} : { details };
  const entries = book.findEntries(id);
  const explaining = entries.find(({ entry }) => entry.expect !== 'skip' && finding.text.includes(entry.match));
  if (explaining !== undefined) {
    const entry = use(explaining, known);
    return { id, verdict: entry.expect === 'flaky' ? 'XFLAKY' : 'XFAIL', reason: entry.reason, ...withDetails };
  }
  const mismatch = explainMismatch(entries);
  if (known.retest !== undefined && hasPassed(known.retest)) {
    return {
      id,
      verdict: 'FLAKY',
      reason: join(finding.reason, mismatch, 'passed when run again alone'),
      ...withDetails,
    };
  }
  if (isSameOnTwin(finding, known.twin)) {
    return { id, verdict: 'COMMON', reason: join(finding.reason, mismatch, 'the same on the twin'), ...withDetails };
  }
  return {
    id,
    verdict: 'FAIL',
    reason: join(finding.reason, mismatch, describeTwin(finding, known.twin)),
    ...withDetails,
  };
};

const judgeSkip = (finding: Finding & { kind: 'skipped' }, known: OpenCase, book: Book): Decision => {
  const { id, reason } = finding;
  const entries = book.findEntries(id);
  const skips = entries.filter(({ entry }) => entry.expect === 'skip');
  const explaining = skips.find(({ entry }) => reason.includes(entry.match));
  if (explaining !== undefined) return { id, verdict: 'XSKIP', reason: use(explaining, known).reason, details: reason };
  const environmentClass = book.findClass(reason);
  if (environmentClass !== undefined) return { id, verdict: 'SKIP', reason: environmentClass.reason, details: reason };
  return {
    id,
    verdict: 'NEWSKIP',
    reason: join(reason === '' ? 'skipped without a reason' : reason, explainMismatch(skips)),
  };
};

const judgeUnended = (finding: Finding & { kind: 'unended' }, known: OpenCase, book: Book): Decision => {
  const { id } = finding;
  const reason = `started, but never ended: ${finding.reason}`;
  const { retest } = known;
  if (retest === undefined) return { id, verdict: 'UNRESOLVED', reason };
  if (hasPassed(retest)) {
    const flaky = book
      .findEntries(id)
      .find(({ entry }) => entry.expect === 'flaky' && finding.reason.includes(entry.match));
    if (flaky !== undefined) return { id, verdict: 'XFLAKY', reason: use(flaky, known).reason };
    return { id, verdict: 'FLAKY', reason: join(reason, 'passed when run again alone') };
  }
  const [again] = retest.filter((other) => other.kind !== 'passed');
  if (again === undefined || again.kind === 'unended') {
    return { id, verdict: 'UNRESOLVED', reason: join(reason, 'the same when run again alone') };
  }
  const details = again.kind === 'failed' ? again.details : undefined;
  return {
    id,
    verdict: 'FAIL',
    reason: join(reason, `when run again alone it ${again.kind}: ${again.reason}`),
    ...(details === undefined ? {} : { details }),
  };
};

const judgePass = (id: string, known: OpenCase, book: Book): Decision => {
  // An entry that a subtest has just borne out does not speak of the rest of the case.
  const entries = book.findEntries(id).filter((bookEntry) => !known.used.includes(bookEntry));
  const flaky = entries.find(({ entry }) => entry.expect === 'flaky');
  if (flaky !== undefined) return { id, verdict: 'XFLAKY', reason: `passed this time: ${use(flaky, known).reason}` };
  const [expecting] = entries;
  if (expecting === undefined) return { id, verdict: 'PASS' };
  const { entry } = expecting;
  return { id, verdict: 'XPASS', reason: `passed, but the manifest expects ${entry.expect}: ${entry.reason}` };
};

const judgeFinding = (finding: Finding, known: OpenCase, book: Book): Decision => {
  switch (finding.kind) {
    case 'failed':
      return judgeFailure(finding, known, book);
    case 'skipped':
      return judgeSkip(finding, known, book);
    case 'unended':
      return judgeUnended(finding, known, book);
    case 'unstarted':
      // Asked for its side only: an entry for a lost case is unused, not without a case.
      book.findEntries(finding.id);
      return { id: finding.id, verdict: 'LOST', reason: finding.reason };
    case 'passed':
      return judgePass(finding.id, known, book);
  }
};

/** Subtests that an entry expects to fail or skip, while their case ran to its end and they did neither. */
const judgePassedSubtests = (known: CaseFindings, book: Book): readonly Decision[] => {
  const didEnd = known.findings.every(
    ({ kind, id }) => kind === 'passed' || (id !== known.caseId && (kind === 'failed' || kind === 'skipped')),
  );
  if (!didEnd) return [];
  return book.findSubtestEntries(known.caseId).flatMap((bookEntry): readonly Decision[] => {
    const { entry } = bookEntry;
    bookEntry.met = true;
    const isMet = known.findings.some(({ id }) => matchesPattern(entry.id, id));
    if (isMet || entry.expect === 'flaky') return [];
    const id = entry.id.includes('*') ? `${known.caseId} ${entry.id.slice(caseIdOf(entry.id).length + 1)}` : entry.id;
    return [{ id, verdict: 'XPASS', reason: `passed, but the manifest expects ${entry.expect}: ${entry.reason}` }];
  });
};

/**
 * Judges one case: every subtest that failed or skipped by itself, then the case. An entry for the subtest or for the case
 * may explain a subtest; one unexplained subtest is enough to be unexpected.
 */
export const judgeFindings = (known: CaseFindings, book: Book): readonly Decision[] => {
  const open: OpenCase = { ...known, used: [] };
  const passedLast = known.findings.toSorted((a, b) => Number(a.kind === 'passed') - Number(b.kind === 'passed'));
  return [...passedLast.map((finding) => judgeFinding(finding, open, book)), ...judgePassedSubtests(known, book)];
};
