import type { Roster } from '../model/manifest.ts';
import { whileRunning } from '../model/suite.ts';
import { caseIdOf } from '../model/verdict.ts';
import { findCase, findFile, findFixture, isInScope, type Finding } from './findings.ts';
import { isFailing, type FileSeen, type PassSeen } from './observe.ts';
import { isFileSelected } from './patterns.ts';
import { selectedFileOf } from './roster.ts';
import { judgeFindings, type Book, type Decision, type OtherPasses } from './rules.ts';
import type { Narrowing, Subject } from './subjects.ts';

/** A verdict on something that is no case: a file, a fixture. */
export interface FileDecision extends Decision {
  readonly file: string;
}

interface Scene {
  readonly roster: Roster | undefined;
  readonly selection: Narrowing;
  readonly subjects: readonly Subject[];
  readonly first: PassSeen;
  readonly others: OtherPasses;
}

interface Loose {
  readonly file: string;
  readonly finding: Finding;
  readonly retest?: readonly Finding[] | undefined;
  readonly twin?: readonly Finding[] | undefined;
}

/**
 * The deaths of a file that no case of it tells of. A case that never ended tells of those in which it was running, or of all
 * if none names it; one that never started of all.
 */
const findUntold = ({ deaths }: FileSeen, findings: readonly Finding[]): readonly string[] => {
  if (findings.some(({ kind }) => kind === 'unstarted')) return [];
  const unended = findings.filter(({ kind }) => kind === 'unended').map(({ id }) => whileRunning(id));
  if (unended.some((place) => !deaths.some((reason) => reason.endsWith(place)))) return [];
  return deaths.filter((reason) => !unended.some((place) => reason.endsWith(place)));
};

const describeDeaths = (deaths: readonly string[]): string => [...new Set(deaths)].join('; or: ');

const findInFile = (scene: Scene, seen: FileSeen): readonly Loose[] => {
  const { first, others } = scene;
  const { file } = seen;
  const cases = scene.subjects.filter((subject) => subject.file === file);
  const fileAgain = others.retest?.files.get(file);
  const retest: readonly Finding[] | undefined =
    fileAgain === undefined
      ? undefined
      : [
          fileAgain.imported && fileAgain.importTold === undefined
            ? { id: file, kind: 'passed' }
            : findFile(fileAgain, file),
        ];
  const fileOnTwin = others.twin?.files.get(file);
  const twin = fileOnTwin === undefined ? undefined : [findFile(fileOnTwin, file)];

  if (cases.length === 0) {
    if (seen.deaths.length > 0)
      return [{ file, finding: { id: file, kind: 'unended', reason: describeDeaths(seen.deaths) }, retest }];
    // `--match` may leave nothing of a file, and some files have nothing (the roster knows which).
    const mayBeEmpty = scene.selection.match.length > 0 || scene.roster?.files[selectedFileOf(file)] !== undefined;
    return seen.importTold === undefined && mayBeEmpty ? [] : [{ file, finding: findFile(seen, file), retest, twin }];
  }
  const findings = cases.map((subject) => findCase(first, file, subject.id));
  const loose: Loose[] = [];
  const untold = findUntold(seen, findings.flat());
  if (untold.length > 0) {
    const when = findings.flat().some(({ kind }) => kind === 'unended') ? 'beside its cases' : 'every case ended, then';
    loose.push({
      file,
      finding: { id: file, kind: 'unended', reason: `${when}: ${describeDeaths(untold)}` },
    });
  }
  // One process imported it and another could not: the cases of the first would hide that.
  const isImportFailure = seen.importTold !== undefined && isFailing(seen.importTold.outcome);
  if (isImportFailure && findings.flat().every((finding) => finding.kind === 'passed')) {
    loose.push({ file, finding: findFile(seen, file), retest, twin });
  }
  return loose;
};

/** Selected files of which nothing at all is known: their process never began. */
const findUnrun = ({ selection, roster, subjects, first }: Scene): readonly Loose[] => {
  if (selection.match.length > 0) return [];
  const known = [
    ...first.files.keys(),
    ...subjects.map((subject) => subject.file),
    ...Object.entries(roster?.files ?? {})
      .filter(([, classes]) => Object.keys(classes).length > 0)
      .map(([file]) => file),
  ];
  return selection.files
    .filter((selected) => !known.some((file) => isFileSelected(file, [selected]) || file === selectedFileOf(selected)))
    .map((file) => ({ file, finding: findFile(undefined, file) }));
};

/** Fixtures that failed or skipped, unless the cases that they kept from running already say so. */
const findFixtures = ({ subjects, first, others }: Scene): readonly Loose[] =>
  first.fixtures
    .filter(
      (fixture) =>
        !fixture.fixture.startsWith('setUp') ||
        !subjects.some(
          ({ file, id }) =>
            file === fixture.file &&
            isInScope(id, fixture) &&
            findCase(first, file, id).some((finding) => finding.kind !== 'passed'),
        ),
    )
    .map((fixture) => ({
      file: fixture.file,
      finding: findFixture(fixture),
      twin: others.twin?.fixtures.filter((other) => other.file === fixture.file).map(findFixture),
    }));

/** Judges what is no case: files with nothing to name, deaths after the last case, fixtures that failed beside their cases. */
export const judgeFiles = (scene: Scene, book: Book): readonly FileDecision[] =>
  [
    ...[...scene.first.files.values()].flatMap((seen) => findInFile(scene, seen)),
    ...findUnrun(scene),
    ...findFixtures(scene),
  ].flatMap(({ file, finding, retest, twin }) =>
    judgeFindings({ caseId: caseIdOf(finding.id), findings: [finding], retest, twin }, book).map((decision) => ({
      ...decision,
      file,
    })),
  );
