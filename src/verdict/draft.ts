import type { DraftEntry, DraftManifest } from '../model/draft.ts';
import { canonicalJson, compareCodeUnits } from '../model/json.ts';
import type { EnvironmentClass, Manifest, ManifestEntry, When } from '../model/manifest.ts';
import type { Verdict } from '../model/verdict.ts';
import { evaluateWhen } from './conditions.ts';
import { groupSkips, type Proposal } from './draft-groups.ts';
import { gatherSeen, type CellSeen, type DraftCell, type Seen } from './draft-seen.ts';
import { findStableText } from './draft-text.ts';
import { proposeWhen } from './draft-when.ts';
import { matchesPattern } from './patterns.ts';
import { normalizeMessage } from './texts.ts';

export interface DraftInput {
  readonly series: string;
  /** Cells of this series. */
  readonly cells: readonly DraftCell[];
  /** What explains something already: the series' own manifest, or only classes. */
  readonly manifest: Manifest;
  /** Classes of another series' own, which the draft takes over where they explain a skip. */
  readonly otherClasses: readonly EnvironmentClass[];
  /** A manifest whose entries, reasons included, are taken over where they explain what was seen. */
  readonly reasonsFrom?: Manifest;
}

export interface Draft {
  readonly manifest: DraftManifest;
  readonly openReasons: number;
  readonly notes: readonly string[];
}

const describeRun = ({ facts, ranAt }: DraftCell): string => {
  const { cell } = facts;
  return `recorded run: CPython ${cell.python.version}, AWS-LC ${cell.awslc.version}, linux ${cell.platform.arch}, ${ranAt.slice(0, 10)}`;
};

/** At most two: the first and the last of many cells. */
const writeEvidence = (cells: ReadonlySet<CellSeen>, links: readonly string[] = []): string => {
  const runs = [...new Set([...cells].map(({ cell }) => describeRun(cell)))];
  const shown = runs.length > 2 ? [...runs.slice(0, 1), ...runs.slice(-1)] : runs;
  return [...shown, ...links].join('; ');
};

const withoutPython = (when: When | undefined): When | undefined => {
  const rest = { ...when };
  delete rest.python;
  return Object.keys(rest).length === 0 ? undefined : rest;
};

const entryExplains = (entry: ManifestEntry, seen: Seen, cell: DraftCell): boolean =>
  entry.expect === seen.expect &&
  (matchesPattern(entry.id, seen.id) || (!entry.id.includes(' ') && matchesPattern(entry.id, seen.caseId))) &&
  seen.text.includes(entry.match) &&
  evaluateWhen(withoutPython(entry.when), cell.facts);

const takeOver = (entry: ManifestEntry, cells: ReadonlySet<CellSeen>): DraftEntry => {
  const when = withoutPython(entry.when);
  return {
    id: entry.id,
    expect: entry.expect,
    ...(when === undefined ? {} : { when }),
    match: entry.match,
    reason: entry.reason,
    evidence: writeEvidence(cells, entry.evidence.match(/https?:\/\/[^\s;]+/g) ?? []),
  };
};

/** One proposal per case and text: a case whose subtests fail alike is one, and so is one whose parameters change. */
const propose = (seenBy: readonly (readonly [CellSeen, Seen])[]): readonly Proposal[] => {
  const proposals = new Map<string, Proposal>();
  for (const [cell, { id, caseId, expect, reason, text }] of seenBy) {
    const match = findStableText(reason);
    // A fixture or a file is named by its whole id.
    const isSubtest = id !== caseId && !/ \((?:setUp|tearDown)(?:Class|Module)\)$/.test(id);
    const key = canonicalJson([isSubtest ? caseId : id, expect, match]);
    const known = proposals.get(key);
    if (known === undefined) {
      const named = isSubtest && normalizeMessage(id) !== id ? caseId : id;
      proposals.set(key, { id: named, caseId, expect, match, text: `${reason}\n${text}`, cells: new Set([cell]) });
    } else {
      known.cells.add(cell);
      if (known.id !== id) known.id = caseId;
    }
  }
  return [...proposals.values()];
};

const writeEntry = (proposal: Proposal, all: readonly CellSeen[]): DraftEntry => {
  const { id, caseId, expect, match, text, cells } = proposal;
  const passed = all.filter((cell) => !cells.has(cell) && cell.passed.has(caseId));
  const when = proposeWhen(
    id,
    text,
    [...cells].map(({ cell }) => cell.facts),
    passed.map(({ cell }) => cell.facts),
  );
  return {
    id,
    expect,
    ...(when === undefined ? {} : { when }),
    match,
    reason: '',
    evidence: writeEvidence(cells),
  };
};

const whyBeyond: Partial<Record<Verdict['verdict'], string>> = {
  XPASS: 'passed though an entry expects otherwise',
  LOST: 'never started',
  UNRESOLVED: 'never ended',
  NEWSKIP: 'skipped without a reason that an entry could name',
};

const describeBeyond = (beyond: readonly Verdict[]): readonly string[] =>
  [...new Set(beyond.map(({ verdict }) => verdict))].map((name) => {
    const ids = [...new Set(beyond.flatMap(({ verdict, id }) => (verdict === name ? [id] : [])))].sort(
      compareCodeUnits,
    );
    const named = ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
    return `No entry can explain ${name} (${whyBeyond[name] ?? 'nothing is known of it'}): ${named}.`;
  });

/**
 * Proposes a manifest from what runs of one series showed: an entry for every unexpected failure and every skip that
 * nothing explains, with the stable core of its text, conditions that its text or the other cells suggest, and where it
 * was seen. Its reason is left empty for a person. Sorted; equal runs give equal drafts.
 */
export const draftManifest = (input: DraftInput): Draft => {
  const all = input.cells.map((cell) => gatherSeen(cell, input.manifest));
  const taken = new Map<ManifestEntry, Set<CellSeen>>();
  const open: (readonly [CellSeen, Seen])[] = [];
  for (const cell of all) {
    for (const seen of cell.seen) {
      const entry = input.reasonsFrom?.entries.find((candidate) => entryExplains(candidate, seen, cell.cell));
      if (entry === undefined) open.push([cell, seen]);
      else taken.set(entry, (taken.get(entry) ?? new Set<CellSeen>()).add(cell));
    }
  }
  const proposed = groupSkips(propose(open)).map((proposal) => writeEntry(proposal, all));
  const entries = [...[...taken].map(([entry, cells]) => takeOver(entry, cells)), ...proposed].sort(
    (a, b) => compareCodeUnits(a.id, b.id) || compareCodeUnits(canonicalJson(a), canonicalJson(b)),
  );
  const classSkips = all.flatMap((cell) => cell.classSkips);
  const environment = input.otherClasses.filter(({ pattern }) =>
    classSkips.some((reason) => new RegExp(pattern).test(reason)),
  );
  const common = new Set(all.flatMap(({ seen }) => seen.filter(({ isCommon }) => isCommon).map(({ id }) => id)));
  const source = input.reasonsFrom?.series ?? '';
  return {
    manifest: {
      $schema: '../schemas/manifest.json',
      version: 1,
      series: input.series,
      environment: [...environment],
      entries,
    },
    openReasons: proposed.length,
    notes: [
      ...(taken.size === 0
        ? []
        : [`Taken over from ${source}: ${taken.size}. Read whether their reasons are true of ${input.series}.`]),
      ...(common.size === 0
        ? []
        : [`The twin fails alike, so it may not be AWS-LC's doing: ${[...common].sort(compareCodeUnits).join(', ')}.`]),
      ...describeBeyond(all.flatMap(({ beyond }) => beyond)),
    ],
  };
};
