import type { SuiteEvent, SuiteRun } from '../model/suite.ts';
import { isFailing } from './observe.ts';

const hasFailed = (event: SuiteEvent): boolean =>
  (event.event === 'end' || event.event === 'subtest' || event.event === 'import' || event.event === 'fixture') &&
  event.outcome !== 'ok' &&
  isFailing(event.outcome);

/** Events with the file that each belongs to: that of the last `begin` before it. */
const withFiles = (events: readonly SuiteEvent[]): readonly (readonly [string, SuiteEvent])[] => {
  let file = '';
  return events.map((event) => {
    if (event.event === 'begin') file = event.file;
    return [file, event] as const;
  });
};

/**
 * What runs told of the files in which anything failed or a process died. A verdict FAIL comes from one of the two in its own
 * file, in some pass, so whoever looks for those alone need not judge the other files.
 */
export const keepFailedFiles = (runs: readonly SuiteRun[]): readonly SuiteRun[] => {
  const known = runs.map((run) => ({ run, events: withFiles(run.events) }));
  const failed = new Set(
    known.flatMap(({ run, events }) => [
      ...events.filter(([, event]) => hasFailed(event)).map(([file]) => file),
      ...run.deaths.map(({ file }) => file),
    ]),
  );
  return known.map(({ run, events }) => ({
    ...run,
    events: events.filter(([file]) => failed.has(file)).map(([, event]) => event),
    deaths: run.deaths.filter(({ file }) => failed.has(file)),
  }));
};
