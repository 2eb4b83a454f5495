import { whileRunning } from '../model/suite.ts';
import {
  caseKey,
  isFailing,
  type CaseSeen,
  type FileSeen,
  type FixtureSeen,
  type PassSeen,
  type Told,
} from './observe.ts';
import { lastLine } from './texts.ts';

/** What one pass says about one judged unit: a case, or a subtest that failed or skipped. */
export type Finding = { readonly id: string } & (
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | {
      readonly kind: 'failed';
      readonly outcome: string;
      /** The failure's last line. */
      readonly reason: string;
      readonly details?: string;
      /** Everything that an entry's `match` is looked for in. */
      readonly text: string;
    }
  | { readonly kind: 'unended'; readonly reason: string }
  | { readonly kind: 'unstarted'; readonly reason: string }
);

/**
 * A traceback without the source lines that it quotes: a test quotes what it expects (`assertIn('x', …)`), and an entry
 * whose text stood there would explain every failure of the line.
 */
const dropSources = (details: string): string => details.replace(/^( *)(File "[^\n]*)((?:\n\1 {2}[^\n]*)+)/gm, '$1$2');

const findFromTold = (id: string, told: Told, extraText = ''): Finding => {
  if (told.outcome === 'skip') return { id, kind: 'skipped', reason: told.reason ?? '' };
  if (!isFailing(told.outcome)) return { id, kind: 'passed' };
  const details = told.details;
  const said = told.reason ?? lastLine(details ?? '');
  const reason = said === '' ? told.outcome.replace('-', ' ') : said;
  return {
    id,
    kind: 'failed',
    outcome: told.outcome,
    reason,
    ...(details === undefined ? {} : { details }),
    text: [reason, dropSources(details ?? ''), dropSources(extraText)].filter((part) => part !== '').join('\n'),
  };
};

/** Why a case of a file did not end or start: the deaths in which it was running, if they name it, else all of the file's. */
const describeDeaths = (file: FileSeen | undefined, id?: string): string => {
  const all = [...new Set(file?.deaths)];
  const own = id === undefined ? [] : all.filter((reason) => reason.endsWith(whileRunning(id)));
  const reasons = own.length > 0 ? own : all;
  return reasons.length === 0 ? 'its process ended without a word' : reasons.join('; or: ');
};

/** Whether a fixture's scope (a class or module id) holds a case. */
export const isInScope = (id: string, fixture: FixtureSeen): boolean => id.startsWith(`${fixture.scope}.`);

const findFixtures = (pass: PassSeen, file: string, id: string): readonly FixtureSeen[] =>
  pass.fixtures.filter(
    (fixture) => fixture.file === file && isInScope(id, fixture) && fixture.fixture.startsWith('setUp'),
  );

/**
 * The subtests speak for the case, unless it failed or skipped by itself too: the driver gives a failing case details
 * only then, and a skipping one a reason that is not one of its subtests'.
 */
const speaksForItself = (seen: CaseSeen, end: Told): boolean => {
  const subtests = [...seen.subtests.values()];
  if (isFailing(end.outcome)) return end.details !== undefined || !subtests.some((told) => isFailing(told.outcome));
  if (end.outcome === 'skip') return !subtests.some((told) => told.outcome === 'skip' && told.reason === end.reason);
  return true;
};

/** What an import that skipped or failed says of a case; a file that is not there has lost it. */
const findImport = (told: Told, file: string, id: string): Finding => {
  const isGone = told.reason?.includes(`No module named 'test.${file.replace(/^test\./, '')}'`) === true;
  return isGone ? { id, kind: 'unstarted', reason: 'its file is not there' } : findFromTold(id, told);
};

const findWithoutStart = (pass: PassSeen, file: string, id: string): Finding => {
  const [fixture] = findFixtures(pass, file, id);
  if (fixture !== undefined) {
    const told = findFromTold(id, fixture);
    return told.kind === 'failed' ? { ...told, reason: `${fixture.fixture}: ${told.reason}` } : told;
  }
  const fileSeen = pass.files.get(file);
  if (fileSeen?.importTold !== undefined) return findImport(fileSeen.importTold, file, id);
  const why =
    fileSeen === undefined
      ? 'its file was not run'
      : fileSeen.deaths.length > 0
        ? `not started; ${describeDeaths(fileSeen)}`
        : fileSeen.collected.has(id)
          ? 'collected, but not started'
          : 'its file ran without it';
  return { id, kind: 'unstarted', reason: why };
};

/**
 * What a pass says about a case, one finding per thing to judge: each subtest that failed or skipped, and the case itself
 * unless its subtests speak for it. A case that was not started is told by its file's import, or by its class's or
 * module's set-up; an end event of its own wins over both.
 */
export const findCase = (pass: PassSeen, file: string, id: string): readonly Finding[] => {
  const seen = pass.cases.get(caseKey(file, id));
  if (seen === undefined || (seen.starts === 0 && seen.end === undefined)) return [findWithoutStart(pass, file, id)];
  if (seen.end === undefined || seen.starts > seen.ends) {
    return [{ id, kind: 'unended', reason: describeDeaths(pass.files.get(file), id) }];
  }
  const end = seen.end;
  // What almost every case of thousands does: nothing is left to be said of it.
  if (seen.subtests.size === 0 && end.outcome !== 'skip' && !isFailing(end.outcome)) return [{ id, kind: 'passed' }];
  const findings = [...seen.subtests].map(([subtestId, told]) => findFromTold(subtestId, told));
  if (speaksForItself(seen, end)) {
    const fixtureText = findFixtures(pass, file, id)
      .map((fixture) => fixture.details ?? '')
      .join('\n');
    findings.push(findFromTold(id, end, fixtureText));
  }
  return findings;
};

/** Whether a pass ended a case well: passed, and no subtest failed. */
export const hasPassed = (findings: readonly Finding[]): boolean =>
  findings.some((finding) => finding.kind === 'passed') &&
  findings.every((finding) => finding.kind === 'passed' || finding.kind === 'skipped');

/** What a whole file says of itself when it has no case to say it of. */
export const findFile = (file: FileSeen | undefined, id: string): Finding => {
  if (file?.importTold !== undefined) return findImport(file.importTold, file.file, id);
  return { id, kind: 'unstarted', reason: file === undefined ? 'the file was not run' : 'the file ran no case' };
};

/** A fixture that failed or skipped, as a finding of its own: `class id (tearDownClass)`. */
export const findFixture = (fixture: FixtureSeen): Finding =>
  findFromTold(`${fixture.scope} (${fixture.fixture})`, fixture);
