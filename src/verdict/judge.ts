import { compareCodeUnits } from '../model/json.ts';
import type { Manifest, Roster } from '../model/manifest.ts';
import type { SuiteRun } from '../model/suite.ts';
import { caseIdOf, type EntryUse, type Verdict, type VerdictCounts, type VerdictName } from '../model/verdict.ts';
import type { Facts } from './conditions.ts';
import { findCase } from './findings.ts';
import { judgeFiles } from './file-verdicts.ts';
import { caseKey, observePass, type PassSeen } from './observe.ts';
import { createBook, judgeFindings, type Book, type Decision, type OtherPasses } from './rules.ts';
import { gatherSubjects, writeNotes, type Narrowing, type Subject } from './subjects.ts';
import { countVerdicts } from './counts.ts';
import { redactText, type Redaction } from './texts.ts';

export interface JudgeInput {
  /** First pass, and the retest and the twin's pass where they were made. */
  readonly runs: readonly SuiteRun[];
  /** None: no failure and no skip is expected. */
  readonly manifest?: Manifest;
  /** None: cases that were never collected cannot be missed. */
  readonly roster?: Roster;
  readonly facts: Facts;
  /** Files and `--match` narrow the roster. */
  readonly selection: Narrowing;
  /** Texts of this machine that must not get into verdicts. */
  readonly redactions?: readonly Redaction[];
}

export interface Judgement {
  /** By file and id, in code unit order. */
  readonly verdicts: readonly Verdict[];
  /** Every verdict name, zeros included. */
  readonly counts: Readonly<VerdictCounts>;
  /** Cases and files that have a verdict. */
  readonly cases: number;
  readonly files: number;
  readonly entries: readonly EntryUse[];
  /** What was not judged, and what else to know. */
  readonly notes: readonly string[];
}

const judgeCase = (subject: Subject, first: PassSeen, others: OtherPasses, book: Book): readonly Decision[] => {
  const { file, id } = subject;
  const findings = findCase(first, file, id);
  const again = others.retest === undefined ? [] : findCase(others.retest, file, id);
  const retest = again.some((finding) => finding.kind === 'unstarted') || again.length === 0 ? undefined : again;
  const twin = others.twin === undefined ? undefined : findCase(others.twin, file, id);
  // Its process died before it could start: the retest is then its first run.
  if (retest !== undefined && findings.every((finding) => finding.kind === 'unstarted')) {
    return judgeFindings({ caseId: id, findings: retest, twin }, book);
  }
  return judgeFindings({ caseId: id, findings, retest, twin }, book);
};

/**
 * Judges what a cell's suites did by the manifest and the roster. Pure: raw results are stored, verdicts are made afresh.
 * The table of verdicts is in ARCHITECTURE.md; `rules.ts` decides each one.
 */
export const judge = (input: JudgeInput): Judgement => {
  const passOf = (name: SuiteRun['pass']): readonly SuiteRun[] => input.runs.filter((run) => run.pass === name);
  const first = observePass(passOf('first'));
  const retest = observePass(passOf('retest'));
  const twinRuns = passOf('twin');
  const others: OtherPasses = {
    retest: passOf('retest').length === 0 ? undefined : retest,
    twin: twinRuns.length === 0 ? undefined : observePass(twinRuns),
  };
  const book = createBook(input.manifest, input.facts);
  const subjects = gatherSubjects(input.roster, input.selection, first, retest);
  const redact = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : redactText(text, input.redactions);

  const verdicts: Verdict[] = [];
  const record = (file: string, decision: Decision, durationMs: number | undefined): void => {
    const reason = redact(decision.reason);
    const details = redact(decision.details);
    verdicts.push({
      id: redactText(decision.id, input.redactions),
      file,
      verdict: decision.verdict,
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(reason === undefined || reason === '' ? {} : { reason }),
      ...(details === undefined || details === '' ? {} : { details }),
    });
  };
  for (const subject of subjects) {
    const key = caseKey(subject.file, subject.id);
    const durationMs = (first.cases.get(key) ?? retest.cases.get(key))?.durationMs;
    for (const decision of judgeCase(subject, first, others, book)) {
      record(subject.file, decision, decision.id === subject.id ? durationMs : undefined);
    }
  }
  const scene = { roster: input.roster, selection: input.selection, subjects, first, others };
  for (const decision of judgeFiles(scene, book)) {
    record(decision.file, decision, undefined);
  }
  verdicts.sort((a, b) => compareCodeUnits(a.file, b.file) || compareCodeUnits(a.id, b.id));
  const entries = book.close();
  return {
    verdicts,
    counts: countVerdicts(verdicts),
    cases: new Set(verdicts.map(({ file, id }) => caseKey(file, caseIdOf(id)))).size,
    files: new Set(verdicts.map(({ file }) => file)).size,
    entries,
    notes: writeNotes(input, subjects, first, retest),
  };
};

/** A case to run again alone, before verdicts are final. */
export interface RetestCase {
  readonly file: string;
  readonly id: string;
}

/**
 * The cases that must run again alone: unlisted failures, cases that never ended, and cases that were never started though
 * their file ran. By file and id; what is not a case (a file, a tearDownClass) cannot run alone and is left out.
 */
export const selectRetest = (judgement: Judgement): readonly RetestCase[] =>
  selectCases(judgement, ['FAIL', 'UNRESOLVED', 'LOST']);

/** The cases that the twin must be asked about: failures that nothing explains, the retest included. */
export const selectForTwin = (judgement: Judgement): readonly RetestCase[] => selectCases(judgement, ['FAIL']);

const selectCases = (judgement: Judgement, names: readonly VerdictName[]): readonly RetestCase[] => {
  const chosen = new Map<string, RetestCase>();
  for (const { file, id, verdict } of judgement.verdicts) {
    const isFixture = / \((?:setUp|tearDown)(?:Class|Module)\)$/.test(id);
    if (!names.includes(verdict) || id === file || isFixture) continue;
    const caseId = caseIdOf(id);
    chosen.set(caseKey(file, caseId), { file, id: caseId });
  }
  return [...chosen.values()];
};
