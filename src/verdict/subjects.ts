import { compareCodeUnits } from '../model/json.ts';
import type { Manifest, Roster } from '../model/manifest.ts';
import { packagesName } from '../model/packages.ts';
import type { TestSelection } from '../model/plan.ts';
import type { Facts } from './conditions.ts';
import { caseKey, type PassSeen } from './observe.ts';
import { isCaseSelected, isFileSelected } from './patterns.ts';
import { selectedFileOf } from './roster.ts';

/** A case that must get a verdict. */
export interface Subject {
  /** As the driver names it: `test_asyncio.test_tasks`, where a roster says `test_asyncio`. */
  readonly file: string;
  readonly id: string;
  readonly isRostered: boolean;
}

export type Narrowing = Pick<TestSelection, 'files' | 'match'>;

/** Whether a rostered case is selected. A person may also name one file of a split package: then the case's module tells. */
const isSelected = (file: string, id: string, selection: Narrowing): boolean =>
  isCaseSelected(id, selection.match) &&
  (isFileSelected(file, selection.files) ||
    selection.files.some((selected) => selectedFileOf(selected) === file && id.startsWith(`test.${selected}.`)));

const addTo = (sets: Map<string, Set<string>>, file: string, ids: Iterable<string>): void => {
  const known = sets.get(file) ?? new Set<string>();
  sets.set(file, known);
  for (const id of ids) known.add(id);
};

/**
 * Every case that must get a verdict: what the narrowed roster names, what a file collected, what was started. A rostered
 * case belongs to the files that collected or started it; if none did, to the file of its module, else to the roster's.
 */
export const gatherSubjects = (
  roster: Roster | undefined,
  selection: Narrowing,
  first: PassSeen,
  retest: PassSeen,
): readonly Subject[] => {
  // Sets by file, not of keys: thousands of cases would each get several texts more.
  const seen = new Map<string, Set<string>>();
  const seenIds = new Map<string, Set<string>>();
  for (const file of first.files.values()) addTo(seen, file.file, file.collected);
  for (const one of first.cases.values()) addTo(seen, one.file, [one.id]);
  for (const one of retest.cases.values()) addTo(seen, one.file, [one.id]);
  for (const [file, ids] of seen) addTo(seenIds, selectedFileOf(file), ids);

  const rostered = new Map<string, Set<string>>();
  const lost: Subject[] = [];
  for (const [file, classes] of Object.entries(roster?.files ?? {})) {
    for (const [classId, names] of Object.entries(classes)) {
      for (const name of names) {
        const id = `${classId}.${name}`;
        addTo(rostered, file, [id]);
        if (seenIds.get(file)?.has(id) === true || !isSelected(file, id, selection)) continue;
        const owner = [...first.files.keys()].find(
          (candidate) =>
            selectedFileOf(candidate) === file &&
            (id.startsWith(`test.${candidate}.`) || id.startsWith(`${candidate}.`)),
        );
        lost.push({ file: owner ?? file, id, isRostered: true });
      }
    }
  }
  const found = [...seen].flatMap(([file, ids]): readonly Subject[] => {
    const known = rostered.get(selectedFileOf(file));
    return [...ids].map((id) => ({ file, id, isRostered: known?.has(id) === true }));
  });
  return [...found, ...lost];
};

const describeList = (ids: readonly string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;

interface NotesInput {
  readonly manifest?: Manifest;
  readonly roster?: Roster;
  readonly facts: Facts;
}

/** What was not judged and why, and which cases the roster does not know. */
export const writeNotes = (
  input: NotesInput,
  subjects: readonly Subject[],
  first: PassSeen,
  retest: PassSeen,
): string[] => {
  const { cell } = input.facts;
  const notes: string[] = [];
  if (input.manifest === undefined) {
    notes.push(`No manifest for CPython ${cell.python.series}: every failure and every skip counts as unexpected.`);
  } else if (![cell.python.series, packagesName].includes(input.manifest.series)) {
    notes.push(
      `No manifest for CPython ${cell.python.series}: judged by that of ${input.manifest.series}, the newest below.`,
    );
  }
  if (input.roster === undefined) {
    notes.push(
      `No roster for CPython ${cell.python.version}: a case that was never collected cannot be missed (LOST).`,
    );
  } else {
    if (![cell.python.version, packagesName].includes(input.roster.python)) {
      notes.push(`The roster is of CPython ${input.roster.python}, the suites are of ${cell.python.version}.`);
    }
    const strangers = subjects.filter((subject) => !subject.isRostered).map((subject) => subject.id);
    if (strangers.length > 0) {
      notes.push(`Not on the roster, judged all the same: ${describeList(strangers.sort(compareCodeUnits))}.`);
    }
  }
  const late = subjects.filter(
    ({ file, id }) => !first.cases.has(caseKey(file, id)) && retest.cases.has(caseKey(file, id)),
  );
  if (late.length > 0) {
    notes.push(
      `Started in the retest only, because their process had ended: ${describeList(late.map(({ id }) => id))}.`,
    );
  }
  return notes;
};
