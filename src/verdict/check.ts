import type { CheckedManifest, ManifestFinding, NotJudged } from '../model/manifest-check.ts';
import type { EnvironmentClass, Manifest, ManifestEntry, Roster } from '../model/manifest.ts';
import type { TestSelection } from '../model/plan.ts';
import type { SuiteRun } from '../model/suite.ts';
import { caseIdOf, type EntryUse, type Verdict } from '../model/verdict.ts';
import { conditionsOverlap, evaluateWhen, type Facts } from './conditions.ts';
import { judge } from './judge.ts';
import { compilePattern, isFileSelected, patternsOverlap } from './patterns.ts';
import { isInRange } from './ranges.ts';
import { selectedFileOf } from './roster.ts';

/** One cell's suites that a check is made by. */
export interface CheckCell {
  readonly id: string;
  readonly facts: Facts;
  readonly runs: readonly SuiteRun[];
  readonly selection: TestSelection;
  readonly roster?: Roster;
}

/** A cell's suites judged by the manifest that is checked. */
interface Judged {
  readonly facts: Facts;
  readonly selection: TestSelection;
  /** Every file of the version's roster ran, with every case. */
  readonly isWhole: boolean;
  readonly verdicts: readonly Verdict[];
  readonly uses: readonly EntryUse[];
}

/** What a manifest is checked by. */
export interface CheckInput {
  readonly file: string;
  /** With the shared classes after its own, as it is loaded. */
  readonly manifest: Manifest;
  /** How many of its classes are its own. */
  readonly ownClasses: number;
  readonly cells: readonly CheckCell[];
  /** Rosters of this series' versions. */
  readonly rosters: readonly Roster[];
}

/** What one class did in the runs of one series. */
interface ClassUse {
  readonly name: string;
  /** `unknown`: it explained nothing where its conditions hold, and whether it had to depends on what no run records. */
  readonly use: 'used' | 'unused' | 'unknown' | 'not-applicable';
}

export interface CheckOutcome {
  readonly checked: CheckedManifest;
  /** Uses of the shared classes, for whoever sees all series. */
  readonly sharedUses: readonly ClassUse[];
}

/** Cases that are known of a series: of its rosters and of what its runs started. */
const collectCases = (
  input: CheckInput,
  judged: readonly Judged[],
): ((entry: ManifestEntry) => boolean | undefined) => {
  const rosters = input.rosters.map((roster) => ({
    python: roster.python,
    files: Object.keys(roster.files),
    ids: Object.entries(roster.files).flatMap(([file, classes]) => [
      file,
      ...Object.entries(classes).flatMap(([scope, names]) => [scope, ...names.map((name) => `${scope}.${name}`)]),
    ]),
  }));
  const ran = judged.map(({ facts, verdicts }) => ({
    python: facts.cell.python.version,
    files: [...new Set(verdicts.map(({ file }) => selectedFileOf(file)))],
    ids: [...new Set(verdicts.flatMap(({ id, verdict }) => (verdict === 'LOST' ? [] : [id, caseIdOf(id)])))],
  }));
  return (entry) => {
    const pattern = caseIdOf(entry.id);
    const matches = compilePattern(pattern);
    const range = entry.when?.python;
    const sources = [...rosters, ...ran].filter(({ python }) => range === undefined || isInRange(python, range));
    if (sources.some(({ ids }) => ids.some(matches))) return true;
    // A file that no roster has and no run ran may have the case all the same.
    const file = selectedFileOf(pattern);
    return file.includes('*') || !sources.some(({ files }) => files.includes(file)) ? undefined : false;
  };
};

const findOverlaps = (manifest: Manifest, judged: readonly Judged[]): readonly ManifestFinding[] => {
  const findings = new Map<string, ManifestFinding>();
  const add = (first: number, second: number, how: string): void => {
    const [one, other] = [manifest.entries[first], manifest.entries[second]];
    if (one === undefined || other === undefined || findings.has(`${first} ${second}`)) return;
    const path = `$.entries[${second}]`;
    const message = `$.entries[${first}] (${one.id}) ${how}`;
    findings.set(`${first} ${second}`, { kind: 'overlap', path, id: other.id, message });
  };
  for (const [second, other] of manifest.entries.entries()) {
    for (const [first, one] of manifest.entries.slice(0, second).entries()) {
      const isSameText = one.match.includes(other.match) || other.match.includes(one.match);
      if (one.expect !== other.expect || !isSameText || !patternsOverlap(one.id, other.id)) continue;
      if (conditionsOverlap(one.when, other.when)) add(first, second, 'explains the same case by the same text');
    }
  }
  const compiled = manifest.entries.map(({ id }) => compilePattern(id));
  for (const { facts, verdicts } of judged) {
    const applies = manifest.entries.map(({ when }) => evaluateWhen(when, facts));
    for (const { id, verdict, details } of verdicts) {
      if ((verdict !== 'XFAIL' && verdict !== 'XSKIP') || details === undefined) continue;
      const explaining = manifest.entries.flatMap(({ expect, match }, index) =>
        applies[index] === true &&
        (expect === 'skip') === (verdict === 'XSKIP') &&
        (compiled[index]?.(id) === true || compiled[index]?.(caseIdOf(id)) === true) &&
        details.includes(match)
          ? [index]
          : [],
      );
      const [first, second] = explaining;
      if (first !== undefined && second !== undefined) add(first, second, `explains ${id} too`);
    }
  }
  return [...findings.values()];
};

/** Whether all cases of these files were selected. */
const selectsAllOf = (files: readonly string[], { files: selected, match }: TestSelection): boolean =>
  match.length === 0 && files.every((file) => isFileSelected(file, selected));

/**
 * A class is unused only where everything ran that could skip so, its own files or the roster's: of a part of the suites
 * nobody knows.
 */
const useOfClass = (
  { name, pattern, when, files, unrecorded }: EnvironmentClass,
  judged: readonly Judged[],
): ClassUse => {
  const applicable = judged.filter(({ facts }) => evaluateWhen(when, facts));
  const expression = new RegExp(pattern);
  const isUsed = applicable.some(({ verdicts }) =>
    verdicts.some(({ verdict, details }) => verdict === 'SKIP' && expression.test(details ?? '')),
  );
  if (isUsed) return { name, use: 'used' };
  const isShown = applicable.some(({ isWhole, selection }) =>
    files === undefined ? isWhole : selectsAllOf(files, selection),
  );
  if (!isShown) return { name, use: 'not-applicable' };
  return { name, use: unrecorded === undefined ? 'unused' : 'unknown' };
};

const isWholeRun = ({ selection, roster }: CheckCell): boolean =>
  roster !== undefined && selectsAllOf(Object.keys(roster.files), selection);

/** Why the runs say nothing of a class: what would have to run, or be recorded. */
const sayWhyNotJudged = ({ files, unrecorded }: EnvironmentClass, use: 'unknown' | 'not-applicable'): string => {
  if (use === 'unknown' && unrecorded !== undefined) return `no run records ${unrecorded}`;
  return `no run of all ${files === undefined ? 'suites' : `of ${files.join(' and ')}`} where its conditions hold`;
};

const judgeClasses = (
  uses: readonly ClassUse[],
  classes: readonly EnvironmentClass[],
): { readonly findings: readonly ManifestFinding[]; readonly notJudged: readonly NotJudged[] } => ({
  findings: uses.flatMap(({ name, use }, index) =>
    use === 'unused'
      ? [
          {
            kind: 'stale-class' as const,
            path: `$.environment[${index}]`,
            id: name,
            message: 'explained no skip of any run',
          },
        ]
      : [],
  ),
  notJudged: classes.flatMap((environmentClass, index) => {
    const use = uses[index]?.use;
    return use === 'unknown' || use === 'not-applicable'
      ? [
          {
            path: `$.environment[${index}]`,
            id: environmentClass.name,
            why: sayWhyNotJudged(environmentClass, use),
          },
        ]
      : [];
  }),
});

/** The shared classes in the light of every series' runs: one that is used in any series is used. */
export const checkSharedClasses = (
  file: string,
  outcomes: readonly CheckOutcome[],
  classes: readonly EnvironmentClass[],
): CheckedManifest => {
  const uses = classes.map(({ name }): ClassUse => {
    const all = outcomes.flatMap(({ sharedUses }) => sharedUses.filter((use) => use.name === name));
    const best = (['used', 'unused', 'unknown'] as const).find((use) => all.some((one) => one.use === use));
    return { name, use: best ?? 'not-applicable' };
  });
  const { findings, notJudged } = judgeClasses(uses, classes);
  return {
    file,
    cells: [...new Set(outcomes.flatMap(({ checked }) => checked.cells))],
    entries: classes.length,
    used: uses.filter(({ use }) => use === 'used').length,
    findings: [...findings],
    notJudged: [...notJudged],
  };
};

/**
 * Checks a manifest by what runs did: entries that explained nothing where they hold and their cases ran, entries of which
 * no run could tell, cases that neither a roster nor a run of the series has, entries that explain the same, classes that
 * explained no skip. Verdicts are made afresh by the manifest as it is.
 */
export const checkManifestByRuns = (input: CheckInput): CheckOutcome => {
  const { manifest } = input;
  const judged = input.cells.map((cell): Judged => {
    const { facts, runs, selection, roster } = cell;
    const judgement = judge({ runs, manifest, ...(roster === undefined ? {} : { roster }), facts, selection });
    return { facts, selection, isWhole: isWholeRun(cell), verdicts: judgement.verdicts, uses: judgement.entries };
  });
  const isKnown = collectCases(input, judged);
  const findings: ManifestFinding[] = [];
  const notJudged: NotJudged[] = [];
  let used = 0;
  for (const [index, entry] of manifest.entries.entries()) {
    const path = `$.entries[${index}]`;
    const { id } = entry;
    const uses = judged.flatMap((one) => one.uses[index]?.use ?? []);
    if (uses.includes('used')) used += 1;
    else if (isKnown(entry) === false) {
      const subject = id.includes('*') ? 'matches no case' : 'no such case';
      const message = `${subject} in any roster or run of ${manifest.series}`;
      findings.push({ kind: 'unknown-case', path, id, message });
    } else if (uses.includes('unused')) {
      findings.push({ kind: 'stale', path, id, message: 'its cases ran where it holds, and it explained nothing' });
    } else if (uses.includes('no-case')) notJudged.push({ path, id, why: 'no run of its cases' });
    else notJudged.push({ path, id, why: 'no run of a cell for which its conditions hold' });
  }
  findings.push(...findOverlaps(manifest, judged));
  const classUses = manifest.environment.map((environmentClass) => useOfClass(environmentClass, judged));
  const own = classUses.slice(0, input.ownClasses);
  const ownClasses = judgeClasses(own, manifest.environment.slice(0, input.ownClasses));
  return {
    checked: {
      file: input.file,
      cells: [...new Set(input.cells.map(({ id }) => id))],
      entries: manifest.entries.length + own.length,
      used: used + own.filter(({ use }) => use === 'used').length,
      findings: [...findings, ...ownClasses.findings],
      notJudged: [...notJudged, ...ownClasses.notJudged],
    },
    sharedUses: classUses.slice(input.ownClasses),
  };
};
