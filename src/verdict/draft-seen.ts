import type { Manifest, Roster } from '../model/manifest.ts';
import type { TestSelection } from '../model/plan.ts';
import type { SuiteRun } from '../model/suite.ts';
import { caseIdOf, type Verdict } from '../model/verdict.ts';
import type { Facts } from './conditions.ts';
import { findCase, findFile, findFixture, type Finding } from './findings.ts';
import { judge } from './judge.ts';
import { observePass, type PassSeen } from './observe.ts';
import { splitCaseId } from './roster.ts';

/** One cell's suites that a draft is made from. */
export interface DraftCell {
  readonly facts: Facts;
  readonly runs: readonly SuiteRun[];
  readonly selection: TestSelection;
  readonly roster?: Roster;
  /** ISO 8601: when the suites ran. */
  readonly ranAt: string;
}

/** Something unexpected that an entry could explain. */
export interface Seen {
  readonly id: string;
  readonly caseId: string;
  readonly expect: 'fail' | 'skip' | 'flaky';
  /** The failure's last line, or the skip's reason. */
  readonly reason: string;
  /** Everything that an entry's `match` is looked for in. */
  readonly text: string;
  /** The twin fails alike. */
  readonly isCommon: boolean;
}

/** What one cell showed. */
export interface CellSeen {
  readonly cell: DraftCell;
  readonly seen: readonly Seen[];
  /** Unexpected verdicts that no entry can explain. */
  readonly beyond: readonly Verdict[];
  readonly passed: ReadonlySet<string>;
  /** Reasons of skips that environment classes explain. */
  readonly classSkips: readonly string[];
  /** Case ids of a class: from the roster, else what ran; nothing when only a part of it is known. */
  readonly membersOf: (scope: string) => readonly string[] | undefined;
}

const expectOf: Partial<Record<Verdict['verdict'], Seen['expect']>> = {
  FAIL: 'fail',
  COMMON: 'fail',
  FLAKY: 'flaky',
  NEWSKIP: 'skip',
};

const findByVerdict = (passes: readonly PassSeen[], verdict: Verdict): Finding | undefined => {
  const { file, id } = verdict;
  for (const pass of passes) {
    const candidates = [
      ...findCase(pass, file, caseIdOf(id)),
      ...(id === file ? [findFile(pass.files.get(file), file)] : []),
      ...pass.fixtures.filter((fixture) => fixture.file === file).map(findFixture),
    ];
    const found = candidates.find(
      (finding) => finding.id === id && finding.kind !== 'passed' && finding.kind !== 'unstarted',
    );
    if (found !== undefined) return found;
  }
  return undefined;
};

const textOf = (finding: Finding): string =>
  finding.kind === 'failed' ? finding.text : finding.kind === 'passed' ? '' : finding.reason;

const makeMembersOf = (cell: DraftCell, verdicts: readonly Verdict[]): CellSeen['membersOf'] => {
  const isWhole = cell.selection.match.length === 0;
  return (scope) => {
    const rostered = Object.values(cell.roster?.files ?? {}).flatMap((classes) => classes[scope] ?? []);
    if (rostered.length === 0 && !isWhole) return undefined;
    const ran = verdicts.map(({ id }) => caseIdOf(id)).filter((id) => splitCaseId(id).scope === scope);
    return [...new Set([...ran, ...rostered.map((name) => `${scope}.${name}`)])];
  };
};

/** Judges a cell by a manifest, and gathers what is left to explain. */
export const gatherSeen = (cell: DraftCell, manifest: Manifest): CellSeen => {
  const { verdicts } = judge({
    runs: cell.runs,
    manifest,
    ...(cell.roster === undefined ? {} : { roster: cell.roster }),
    facts: cell.facts,
    selection: cell.selection,
  });
  const passes = (['first', 'retest'] as const).map((name) =>
    observePass(cell.runs.filter(({ pass }) => pass === name)),
  );
  const seen: Seen[] = [];
  const beyond: Verdict[] = [];
  for (const verdict of verdicts) {
    const expect = expectOf[verdict.verdict];
    const finding = expect === undefined ? undefined : findByVerdict(passes, verdict);
    if (expect !== undefined && finding !== undefined && finding.kind !== 'passed' && textOf(finding) !== '') {
      const { id } = verdict;
      const isCommon = verdict.verdict === 'COMMON';
      seen.push({ id, caseId: caseIdOf(id), expect, reason: finding.reason, text: textOf(finding), isCommon });
    } else if (expect !== undefined || ['XPASS', 'LOST', 'UNRESOLVED'].includes(verdict.verdict)) {
      beyond.push(verdict);
    }
  }
  return {
    cell,
    seen,
    beyond,
    passed: new Set(verdicts.filter(({ verdict }) => verdict === 'PASS').map(({ id }) => id)),
    classSkips: verdicts.flatMap(({ verdict, details }) =>
      verdict === 'SKIP' && details !== undefined ? [details] : [],
    ),
    membersOf: makeMembersOf(cell, verdicts),
  };
};
