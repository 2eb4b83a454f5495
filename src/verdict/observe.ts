import type { Outcome, SuiteEvent, SuiteRun } from '../model/suite.ts';

/** What the driver said about one case, subtest, fixture or import. */
export interface Told {
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly details?: string;
}

/** One case in one pass. */
export interface CaseSeen {
  readonly id: string;
  readonly file: string;
  starts: number;
  ends: number;
  durationMs: number;
  /** The worst end, if it ended several times. */
  end?: Told;
  /** By full id (`id (i=1)`): failing and skipped subtests, since the driver writes no passing ones. */
  subtests: Map<string, Told>;
}

/** A setUpClass, tearDownClass, setUpModule or tearDownModule that failed or skipped. */
export interface FixtureSeen extends Told {
  readonly file: string;
  readonly scope: string;
  readonly fixture: string;
}

/** One test file in one pass. */
export interface FileSeen {
  readonly file: string;
  readonly collected: Set<string>;
  /** Whether a process imported it and went on. */
  imported: boolean;
  /** Import that skipped or failed. */
  importTold?: Told;
  readonly deaths: string[];
}

/** Everything that one pass told, by case and by file. */
export interface PassSeen {
  readonly cases: ReadonlyMap<string, CaseSeen>;
  readonly files: ReadonlyMap<string, FileSeen>;
  readonly fixtures: readonly FixtureSeen[];
}

/** Cases of two files can have the same id (a class imported from elsewhere): the file is part of the key. */
export const caseKey = (file: string, id: string): string => `${file}\n${id}`;

const severity: readonly Outcome[] = ['error', 'fail', 'unexpected-success', 'skip', 'expected-failure', 'pass'];

/** Whether an outcome means that something went wrong. */
export const isFailing = (outcome: Outcome): boolean =>
  outcome === 'error' || outcome === 'fail' || outcome === 'unexpected-success';

const worseOf = (a: Told | undefined, b: Told): Told =>
  a === undefined || severity.indexOf(b.outcome) < severity.indexOf(a.outcome) ? b : a;

const toldBy = (event: {
  readonly outcome: Outcome;
  readonly reason?: string | undefined;
  readonly details?: string | undefined;
}): Told => ({
  outcome: event.outcome,
  ...(event.reason === undefined ? {} : { reason: event.reason }),
  ...(event.details === undefined ? {} : { details: event.details }),
});

/** What almost every case has: shared, and never written to. */
const noSubtests: Map<string, Told> = new Map();

const mutableOf = <T>(map: Map<string, T>, key: string, make: () => T): T => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};

/**
 * Gathers the events of all runs of one pass. Events belong to the file of the last `begin` before them: a run holds
 * its processes' events one process after the other.
 */
export const observePass = (runs: readonly SuiteRun[]): PassSeen => {
  const cases = new Map<string, CaseSeen>();
  const files = new Map<string, FileSeen>();
  const fixtures: FixtureSeen[] = [];
  const fileSeen = (file: string): FileSeen =>
    mutableOf(files, file, () => ({ file, collected: new Set<string>(), imported: false, deaths: [] }));
  const caseSeen = (file: string, id: string): CaseSeen =>
    mutableOf(cases, caseKey(file, id), () => ({ id, file, starts: 0, ends: 0, durationMs: 0, subtests: noSubtests }));

  const take = (event: SuiteEvent, current: string): string => {
    switch (event.event) {
      case 'begin':
        return fileSeen(event.file).file;
      case 'import':
        if (event.outcome === 'ok') fileSeen(event.file).imported = true;
        else fileSeen(event.file).importTold = toldBy({ ...event, outcome: event.outcome });
        break;
      case 'collect':
        for (const id of event.ids) fileSeen(event.file).collected.add(id);
        break;
      case 'start':
        caseSeen(current, event.id).starts += 1;
        break;
      case 'subtest': {
        const seen = caseSeen(current, event.id);
        const id = `${event.id} ${event.params}`;
        if (seen.subtests === noSubtests) seen.subtests = new Map();
        seen.subtests.set(id, worseOf(seen.subtests.get(id), toldBy(event)));
        break;
      }
      case 'end': {
        const seen = caseSeen(current, event.id);
        seen.ends += 1;
        seen.durationMs += event.durationMs;
        seen.end = worseOf(seen.end, toldBy(event));
        break;
      }
      case 'fixture':
        fixtures.push({ file: current, scope: event.scope, fixture: event.fixture, ...toldBy(event) });
        break;
      case 'done':
        break;
    }
    return current;
  };

  for (const run of runs) {
    let current = '';
    for (const event of run.events) current = take(event, current);
    for (const death of run.deaths) fileSeen(death.file).deaths.push(death.reason);
  }
  return { cases, files, fixtures };
};
