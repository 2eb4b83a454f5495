import type { CellDiff, Difference, DifferenceKind, SideOutcome } from '../model/diff.ts';
import { describeKept } from './kept.ts';
import { formatCount, paint, plural, printable, type TextOptions } from './text.ts';
import { describeCell, rerunCommand } from './verdicts.ts';

/** Cases of one file that differ alike are drawn together from this many on. */
const groupFrom = 5;
/** How many of a group's ids are named. */
const groupNames = 3;

/** What a kind of difference is called in a report. */
export const kindTitles: Readonly<Record<DifferenceKind, string>> = {
  'fails-on-awslc': 'fails on AWS-LC only',
  'fails-on-openssl': 'fails on OpenSSL only',
  'fails-otherwise': 'fails on both, in other words',
  'skipped-on-awslc': 'skipped on AWS-LC only',
  'skipped-on-openssl': 'skipped on OpenSSL only',
  'skipped-otherwise': 'skipped on both, for other reasons',
  'only-on-awslc': 'exists on AWS-LC only',
  'only-on-openssl': 'exists on OpenSSL only',
};

/** A case on one side, in a line: `failed: AssertionError: …`. */
export const describeOutcome = ({ outcome, text }: SideOutcome): string =>
  text === undefined ? outcome : `${outcome}: ${text}`;

/** The result in a sentence. */
export const describeDiff = (diff: CellDiff): string => {
  const files = new Set(diff.differences.map(({ file }) => file)).size;
  return diff.differences.length === 0
    ? `No difference in ${plural(diff.cases, 'case')}`
    : `${plural(diff.differences.length, 'difference')} in ${plural(files, 'file')}`;
};

/** How many cases came out alike, in a sentence. */
export const describeSame = ({ same }: CellDiff): string =>
  `${plural(same.cases, 'case is', 'cases are')} the same on both (${formatCount(same.skipped)} skipped, ${formatCount(same.failed)} failed)`;

/** Differences of the same file and kind, in the order that they come in. */
export interface DifferenceGroup {
  readonly file: string;
  readonly kind: DifferenceKind;
  readonly all: readonly Difference[];
}

/** Groups sorted differences by file and kind. */
export const groupDifferences = (differences: readonly Difference[]): readonly DifferenceGroup[] => {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    const key = `${difference.file} ${difference.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups.values()].flatMap((all) => all.slice(0, 1).map(({ file, kind }) => ({ file, kind, all })));
};

/** Within a group, cases that differ in the same words: a skipped class would fill the screen. */
export const joinAlike = (all: readonly Difference[]): readonly (readonly Difference[])[] => {
  const alike = new Map<string, Difference[]>();
  for (const difference of all) {
    const { awslc, openssl, reason } = difference;
    const key = JSON.stringify([describeOutcome(awslc), describeOutcome(openssl), reason]);
    alike.set(key, [...(alike.get(key) ?? []), difference]);
  }
  return [...alike.values()].flatMap((same) => (same.length < groupFrom ? same.map((one) => [one]) : [same]));
};

/** The ids of cases that are drawn together, cut short. */
export const nameCases = (same: readonly Difference[]): string => {
  const ids = same.map(({ id }) => id);
  return ids.length === 1
    ? ids.join()
    : `${plural(ids.length, 'case')}: ${ids.slice(0, groupNames).join(', ')}, and ${formatCount(ids.length - groupNames)} more`;
};

const formatAlike = (same: readonly Difference[], options: TextOptions): readonly string[] => {
  const [first] = same;
  if (first === undefined) return [];
  return [
    `    ${printable(nameCases(same), options)}`,
    `      AWS-LC   ${printable(describeOutcome(first.awslc), options)}`,
    `      OpenSSL  ${printable(describeOutcome(first.openssl), options)}`,
    ...(first.reason === undefined ? [] : [`      manifest ${printable(first.reason, options)}`]),
  ];
};

const formatGroups = (differences: readonly Difference[], options: TextOptions): readonly string[] => {
  const lines: string[] = [];
  let file: string | undefined;
  for (const group of groupDifferences(differences)) {
    if (group.file !== file) lines.push('', paint(group.file, 'bold', options));
    file = group.file;
    lines.push(`  ${paint(kindTitles[group.kind], 'yellow', options)} (${formatCount(group.all.length)})`);
    for (const same of joinAlike(group.all)) lines.push(...formatAlike(same, options));
  }
  return lines;
};

/** What differs because of AWS-LC, for a terminal: by file, then kind, then case, with the manifest's reason. */
export const formatDiff = (diff: CellDiff, options: TextOptions & { readonly command: string }): string => {
  const unexplained = diff.differences.filter(({ reason }) => reason === undefined).length;
  const [first] = diff.differences;
  return [
    describeCell(diff.cell),
    ...(diff.kept === undefined ? [] : [`  ${describeKept(diff.kept)}`]),
    `  compared with the same core on ${printable(diff.openssl, options)}`,
    `  suites of ${diff.awslcRanAt ?? 'an unknown time'} on AWS-LC, of ${diff.opensslRanAt ?? 'an unknown time'} on OpenSSL`,
    `${describeDiff(diff)}; ${describeSame(diff)}`,
    ...(diff.differences.length === 0
      ? []
      : [
          diff.manifest === null
            ? '  there is no manifest whose reasons could be shown'
            : `  the manifest of ${diff.manifest} has a reason for ${formatCount(diff.differences.length - unexplained)} of them`,
        ]),
    ...formatGroups(diff.differences, options),
    ...(diff.unsteady.length === 0
      ? []
      : ['', `Unsteady, not counted: came out otherwise when run again alone (${formatCount(diff.unsteady.length)})`]),
    ...diff.unsteady.flatMap((one) => formatAlike([one], options)),
    ...(first === undefined ? [] : ['', `one file again: ${rerunCommand(options.command, first.file)}`]),
    '',
  ].join('\n');
};
