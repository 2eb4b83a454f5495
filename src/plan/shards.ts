import { whileRunning, type SuiteEvent } from '../model/suite.ts';
import type { Timings } from '../model/timings.ts';

/** Case ids by the file that collects them, files in the order that they run in. */
export type CasesByFile = Readonly<Record<string, readonly string[]>>;

/** What one process runs. */
export interface Shard {
  readonly cases: CasesByFile;
  readonly estimateMs: number;
}

/** What a case is thought to take when nothing is known of it. */
const unknownCaseMs = 30;
/** Less work than this is not worth a process. */
const leastShardMs = 2000;
/** What a file costs each process that imports it. */
const importMs = 150;
/** How much of a process's share a piece of a file may take: the rest is filled with smaller ones. */
const longestPiece = 0.7;

/** A class of a file, or some of its cases. */
interface Unit {
  readonly ids: readonly string[];
  readonly estimateMs: number;
  /** Of its longest case. */
  readonly longestMs: number;
}

const scopeOf = (id: string): string => id.slice(0, Math.max(id.lastIndexOf('.'), 0));

/** Estimates each case of one class: known cases as known, the rest of the class's time shared by the others. */
const estimateClass = (scope: string, ids: readonly string[], timings: Timings): readonly number[] => {
  const known = ids.map((id) => timings.casesMs[id]);
  const knownMs = known.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  const unknownCount = known.filter((ms) => ms === undefined).length;
  const classMs = timings.classesMs[scope];
  const otherMs = classMs === undefined ? unknownCaseMs : Math.max(classMs - knownMs, 0) / Math.max(unknownCount, 1);
  return known.map((ms) => ms ?? otherMs);
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Puts items, longest first, each into the bin that is then least full. */
const fillBins = <T>(items: readonly T[], size: (item: T) => number, count: number): readonly T[][] => {
  const bins = Array.from({ length: count }, () => ({ items: [] as T[], total: 0 }));
  for (const item of [...items].sort((a, b) => size(b) - size(a))) {
    const least = bins.reduce((best, bin) => (bin.total < best.total ? bin : best));
    least.items.push(item);
    least.total += size(item);
  }
  return bins.map((bin) => bin.items).filter((bin) => bin.length > 0);
};

const makeUnits = (ids: readonly string[], timings: Timings, longMs: number): readonly Unit[] => {
  const classes = new Map<string, string[]>();
  for (const id of new Set(ids)) {
    const members = classes.get(scopeOf(id));
    if (members === undefined) classes.set(scopeOf(id), [id]);
    else members.push(id);
  }
  return [...classes].flatMap(([scope, members]): readonly Unit[] => {
    const estimates = estimateClass(scope, members, timings);
    const totalMs = sum(estimates);
    const parts = Math.ceil(totalMs / longMs);
    if (parts <= 1) return [{ ids: members, estimateMs: totalMs, longestMs: Math.max(...estimates) }];
    const cases = members.map((id, index) => ({ id, ms: estimates[index] ?? unknownCaseMs }));
    return fillBins(cases, (item) => item.ms, parts).map((part) => ({
      ids: part.map((item) => item.id),
      estimateMs: sum(part.map((item) => item.ms)),
      longestMs: Math.max(...part.map((item) => item.ms)),
    }));
  });
};

/** Part of a file, or all of it. */
interface Piece extends Unit {
  readonly file: string;
}

const longestOf = (units: readonly Unit[]): number => Math.max(0, ...units.map((unit) => unit.longestMs));

/** Cuts a file that takes longer than `longMs` into parts of about the same length, whole classes where they are short enough. */
const cutFile = (file: string, ids: readonly string[], timings: Timings, longMs: number): readonly Piece[] => {
  const classes = makeUnits(ids, timings, Number.POSITIVE_INFINITY);
  const totalMs = sum(classes.map((unit) => unit.estimateMs));
  const parts = Math.ceil(totalMs / longMs);
  if (parts <= 1) return [{ file, ids, estimateMs: totalMs + importMs, longestMs: longestOf(classes) }];
  const units = makeUnits(ids, timings, totalMs / parts / 2);
  return fillBins(units, (unit) => unit.estimateMs, parts).map((part) => ({
    file,
    ids: part.flatMap((unit) => unit.ids),
    estimateMs: sum(part.map((unit) => unit.estimateMs)) + importMs,
    longestMs: longestOf(part),
  }));
};

/**
 * Shares cases out among at most `count` processes so that they take about the same time, in the order in which to start them:
 * those with the longest cases first, since nobody can help them at the end. A file stays together, for each process pays for
 * its import; only one that takes more than most of a process's share is cut: by class, and a long class by case. Files and
 * cases keep their order within a shard.
 */
export const planShards = (cases: CasesByFile, timings: Timings, count: number): readonly Shard[] => {
  const files = Object.entries(cases);
  const pieces = files.flatMap(([file, ids]) => cutFile(file, ids, timings, Number.POSITIVE_INFINITY));
  const totalMs = sum(pieces.map((piece) => piece.estimateMs));
  const useful = Math.max(1, Math.min(count, Math.ceil(totalMs / leastShardMs)));
  const cut = files.flatMap(([file, ids]) => cutFile(file, ids, timings, (totalMs / useful) * longestPiece));
  return fillBins(cut, (piece) => piece.estimateMs, useful)
    .map((bin) => {
      const chosen = new Map<string, Set<string>>();
      for (const { file, ids } of bin) chosen.set(file, new Set([...(chosen.get(file) ?? []), ...ids]));
      return {
        cases: Object.fromEntries(
          files
            .map(([file, ids]) => [file, ids.filter((id) => chosen.get(file)?.has(id))] as const)
            .filter(([, ids]) => ids.length > 0),
        ),
        estimateMs: Math.round(sum(bin.map((piece) => piece.estimateMs))),
        longestMs: longestOf(bin),
      };
    })
    .sort((a, b) => b.estimateMs + b.longestMs - (a.estimateMs + a.longestMs))
    .map((shard) => ({ cases: shard.cases, estimateMs: shard.estimateMs }));
};

/** Every file that a case was collected from: what a second run of some cases needs to know. Ids are without subtests. */
export const locateCases = (events: readonly SuiteEvent[], ids: ReadonlySet<string>): CasesByFile => {
  const files = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.event !== 'collect') continue;
    const found = event.ids.filter((id) => ids.has(id));
    if (found.length > 0) files.set(event.file, new Set([...(files.get(event.file) ?? []), ...found]));
  }
  return Object.fromEntries([...files].map(([file, found]) => [file, [...found]]));
};

/** What a process that died leaves to be run by another. */
export interface Leftover {
  /** Cases that had not started. */
  readonly cases: CasesByFile;
  /** The file that it died in, or ended last. */
  readonly file: string;
  /** What it was doing: `while running ID`. */
  readonly place: string;
}

/**
 * What to run again after a process died: everything asked that had not started. The case that was running is not among it:
 * it stays unresolved. A death in an import takes the file's cases with it, one between cases the next class (its fixture, most
 * likely), so that running the leftover always gets further.
 */
export const findLeftover = (asked: CasesByFile, events: readonly SuiteEvent[]): Leftover => {
  const done = new Set<string>();
  const ended = new Set<string>();
  let file = Object.keys(asked)[0] ?? '';
  let inFile = false;
  let collected: readonly string[] | undefined;
  let running: string | undefined;
  for (const event of events) {
    if (event.event === 'begin') {
      file = event.file;
      inFile = true;
      collected = undefined;
      ended.clear();
    } else if (event.event === 'collect') collected = [...(collected ?? []), ...event.ids];
    else if (event.event === 'start') running = event.id;
    else if (event.event === 'end') {
      running = undefined;
      ended.add(event.id);
    } else if (event.event === 'done') {
      done.add(event.file);
      inFile = false;
    }
  }
  const later = Object.entries(asked).filter(([name]) => !done.has(name) && name !== file);
  if (!inFile) return { cases: Object.fromEntries(later), file, place: 'after its last case' };
  if (collected === undefined) return { cases: Object.fromEntries(later), file, place: `while importing ${file}` };
  const unstarted = collected.filter((id) => !ended.has(id) && id !== running);
  const scope = running === undefined ? scopeOf(unstarted[0] ?? '') : undefined;
  const kept = unstarted.filter((id) => scopeOf(id) !== scope);
  return {
    cases: Object.fromEntries([...(kept.length > 0 ? [[file, kept] as const] : []), ...later]),
    file,
    place: running === undefined ? `between cases of ${file}` : whileRunning(running),
  };
};
