import { compareCodeUnits } from '../model/json.ts';
import type { PlainDifference, PlainOutcome } from '../model/plain.ts';
import type { Outcome, SuiteEvent } from '../model/suite.ts';

/** What a plain run printed, without subtests. */
export interface PlainRun {
  readonly cases: ReadonlyMap<string, PlainOutcome>;
  /** Classes and modules whose setUpClass or setUpModule skipped or failed: their cases are not printed. */
  readonly scopes: ReadonlyMap<string, PlainOutcome>;
  /** Sum of unittest's `Ran N tests`: how many cases the text should name. */
  readonly ran: number;
}

const severity: readonly PlainOutcome[] = [
  'error',
  'fail',
  'unexpected-success',
  'skip',
  'expected-failure',
  'subtests',
  'pass',
];
/** A case can run twice, when one file imports another's class: the worse outcome counts. */
const worse = <T extends PlainOutcome>(a: T | undefined, b: T): T =>
  a !== undefined && severity.indexOf(a) < severity.indexOf(b) ? a : b;

const startLine = /^(\w+) \(([\w.<>]+)\)/;
const fixtureLine = /^((?:setUp|tearDown)(?:Class|Module)) \(([\w.<>]+)\) \.\.\. (skipped|ERROR|FAIL)/;
const subtestLine = /^ {2}\w+ \([\w.<>]+\).* \.\.\. /;
const summaryLine = /^(ERROR|FAIL|UNEXPECTED SUCCESS): (\w+) \(([\w.<>]+)\)/;
const statusAtEnd = /(?:^|.*?)(ok|FAIL|ERROR|skipped (?:'.*'|".*")|expected failure|unexpected success)$/;
const ranLine = /^Ran (\d+) tests? in /;

const outcomeOf = (status: string): Outcome => {
  if (status === 'ok') return 'pass';
  if (status === 'FAIL') return 'fail';
  if (status === 'ERROR') return 'error';
  if (status === 'expected failure') return 'expected-failure';
  if (status === 'unexpected success' || status === 'UNEXPECTED SUCCESS') return 'unexpected-success';
  return 'skip';
};

/** `test_a (test.test_x.Case.test_a)`, or up to 3.10 `test_a (test.test_x.Case)`, as a case id. */
const idOf = (method: string, inner: string): string =>
  inner === method || inner.endsWith(`.${method}`) ? inner : `${inner}.${method}`;

/**
 * Reads the output of `python -m test -v`. What tests print comes between a case's name and its outcome, so the last
 * outcome before the next name counts, and the list of failures at the end of each file is believed over it.
 */
export const parsePlain = (text: string): PlainRun => {
  const cases = new Map<string, PlainOutcome>();
  const scopes = new Map<string, PlainOutcome>();
  let ran = 0;
  let open: { readonly id: string; outcome: PlainOutcome | undefined } | undefined;
  const close = (): void => {
    if (open !== undefined) cases.set(open.id, worse(cases.get(open.id), open.outcome ?? 'subtests'));
    open = undefined;
  };
  for (const line of text.split('\n')) {
    const fixture = fixtureLine.exec(line);
    const summary = summaryLine.exec(line);
    const ranMatch = ranLine.exec(line);
    const start = startLine.exec(line);
    if (fixture !== null) {
      close();
      if (fixture[1]?.startsWith('setUp') === true) scopes.set(fixture[2] ?? '', outcomeOf(fixture[3] ?? ''));
    } else if (summary !== null) {
      close();
      const [, status = '', method = '', inner = ''] = summary;
      const outcome = outcomeOf(status);
      if (method === 'setUpClass' || method === 'setUpModule') scopes.set(inner, outcome);
      else if (cases.has(idOf(method, inner))) {
        cases.set(idOf(method, inner), worse(cases.get(idOf(method, inner)), outcome));
      }
    } else if (ranMatch !== null) {
      close();
      ran += Number(ranMatch[1]);
    } else if (start !== null) {
      close();
      open = { id: idOf(start[1] ?? '', start[2] ?? ''), outcome: undefined };
    }
    const status = statusAtEnd.exec(line)?.[1];
    if (open !== undefined && status !== undefined && !subtestLine.test(line)) open.outcome = outcomeOf(status);
  }
  close();
  return { cases, scopes, ran };
};

interface DriverCases {
  readonly cases: ReadonlyMap<string, Outcome | 'unended'>;
  readonly scopes: ReadonlySet<string>;
}

const collectDriverCases = (events: readonly SuiteEvent[]): DriverCases => {
  const cases = new Map<string, Outcome>();
  const unended = new Set<string>();
  const scopes = new Set<string>();
  for (const event of events) {
    if (event.event === 'start' && !cases.has(event.id)) unended.add(event.id);
    else if (event.event === 'fixture' && event.fixture.startsWith('setUp')) scopes.add(event.scope);
    else if (event.event === 'end') {
      unended.delete(event.id);
      cases.set(event.id, worse(cases.get(event.id), event.outcome));
    }
  }
  return {
    cases: new Map<string, Outcome | 'unended'>([...cases, ...[...unended].map((id) => [id, 'unended'] as const)]),
    scopes,
  };
};

const agree = (plain: PlainOutcome | 'absent', driver: Outcome | 'absent' | 'unended'): boolean =>
  plain === driver || (plain === 'subtests' && (driver === 'pass' || driver === 'skip'));

/**
 * How many cases a plain run and the driver's events tell of, and every case that differs between them in presence or
 * outcome, by id.
 */
export const comparePlain = (
  plain: PlainRun,
  events: readonly SuiteEvent[],
): { readonly cases: number; readonly differences: readonly PlainDifference[] } => {
  const driver = collectDriverCases(events);
  const scopeOf = (id: string): string | undefined =>
    [...driver.scopes].find((scope) => id.startsWith(`${scope}.`) && plain.scopes.has(scope));
  const differences: PlainDifference[] = [];
  const ids = new Set([...plain.cases.keys(), ...driver.cases.keys()]);
  for (const id of ids) {
    const scope = plain.cases.has(id) ? undefined : scopeOf(id);
    const inPlain = plain.cases.get(id) ?? (scope === undefined ? undefined : plain.scopes.get(scope)) ?? 'absent';
    const inDriver = driver.cases.get(id) ?? 'absent';
    if (!agree(inPlain, inDriver)) differences.push({ id, plain: inPlain, driver: inDriver });
  }
  return { cases: ids.size, differences: differences.sort((a, b) => compareCodeUnits(a.id, b.id)) };
};
