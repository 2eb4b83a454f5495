import { canonicalJson } from '../model/json.ts';
import type { CellSeen, Seen } from './draft-seen.ts';
import { compilePattern } from './patterns.ts';
import { splitCaseId } from './roster.ts';

/** One entry in the making. */
export interface Proposal {
  id: string;
  readonly caseId: string;
  readonly expect: Seen['expect'];
  readonly match: string;
  readonly text: string;
  readonly cells: Set<CellSeen>;
}

/** Whether a pattern names nothing but what a group holds, in every cell that shows any of it. */
const namesOnly = (pattern: string, scope: string, group: readonly Proposal[]): boolean => {
  const matches = compilePattern(pattern);
  return [...new Set(group.flatMap(({ cells }) => [...cells]))].every((cell) => {
    const members = cell.membersOf(scope)?.filter(matches);
    return members?.every((id) => group.some((one) => one.id === id && one.cells.has(cell))) === true;
  });
};

/** Names that differ in numbers only, as one pattern: `test_sha2_224_x` and `test_sha2_256_x` are `test_sha2_*_x`. */
const generalize = (names: readonly string[]): string => {
  const [first = [], ...others] = names.map((name) => name.split(/(\d+)/));
  return first.map((part, index) => (others.every((other) => other[index] === part) ? part : '*')).join('');
};

const groupBy = (proposals: readonly Proposal[], keyOf: (proposal: Proposal) => string): readonly Proposal[][] => {
  const groups = new Map<string, Proposal[]>();
  for (const proposal of proposals) {
    const key = keyOf(proposal);
    groups.set(key, [...(groups.get(key) ?? []), proposal]);
  }
  return [...groups.values()];
};

/** One proposal for a group if the pattern names nothing else; else undefined. */
const mergeAs = (pattern: string, scope: string, group: readonly Proposal[]): readonly Proposal[] | undefined => {
  const [first] = group;
  if (first === undefined || group.length < 2 || !namesOnly(pattern, scope, group)) return undefined;
  return [{ ...first, id: pattern, cells: new Set(group.flatMap(({ cells }) => [...cells])) }];
};

/**
 * Joins skips of one class for one reason: to a pattern of the whole class, or of cases that differ in numbers only,
 * where the pattern names no case besides. Everything else stays as it is.
 */
export const groupSkips = (proposals: readonly Proposal[]): readonly Proposal[] => {
  const canGroup = ({ id, expect }: Proposal): boolean =>
    expect === 'skip' && !id.includes(' ') && splitCaseId(id).scope !== '';
  const ofClasses = groupBy(proposals.filter(canGroup), ({ id, match }) =>
    canonicalJson([splitCaseId(id).scope, match]),
  );
  return [
    ...proposals.filter((proposal) => !canGroup(proposal)),
    ...ofClasses.flatMap((ofClass) => {
      const { scope } = splitCaseId(ofClass[0]?.id ?? '');
      return (
        mergeAs(`${scope}.*`, scope, ofClass) ??
        groupBy(ofClass, ({ id }) => id.replace(/\d+/g, '0')).flatMap(
          (alike) => mergeAs(generalize(alike.map(({ id }) => id)), scope, alike) ?? alike,
        )
      );
    }),
  ];
};
