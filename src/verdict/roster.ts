import { compareCodeUnits } from '../model/json.ts';
import type { Roster } from '../model/manifest.ts';
import type { SuiteEvent } from '../model/suite.ts';

/** The class (or function's module) of a case id and the name in it. */
export const splitCaseId = (id: string): { readonly scope: string; readonly name: string } => {
  const dot = id.lastIndexOf('.');
  return { scope: id.slice(0, Math.max(dot, 0)), name: id.slice(dot + 1) };
};

/** The file that a person names for a file of a split package: `test_asyncio` for `test_asyncio.test_tasks`. */
export const selectedFileOf = (file: string): string => {
  const parts = (file.startsWith('test.') ? file.slice('test.'.length) : file).split('.');
  return parts[0] ?? file;
};

/**
 * Makes a roster of what the driver collected. Files are those that a person names; a file that skips itself as a whole
 * when no resource is enabled (test_smtpnet) has no classes: a plain run starts nothing of it, so nothing can get lost.
 */
export const makeRoster = (events: readonly SuiteEvent[]): Roster => {
  const files = new Map<string, Map<string, Set<string>>>();
  let python = '';
  for (const event of events) {
    if (event.event === 'begin') {
      python = event.python;
      const file = selectedFileOf(event.file);
      if (!files.has(file)) files.set(file, new Map());
    } else if (event.event === 'collect') {
      const classes = files.get(selectedFileOf(event.file)) ?? new Map<string, Set<string>>();
      files.set(selectedFileOf(event.file), classes);
      for (const id of event.ids) {
        const { scope, name } = splitCaseId(id);
        const names = classes.get(scope) ?? new Set<string>();
        classes.set(scope, names.add(name));
      }
    }
  }
  const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => compareCodeUnits(a, b));
  return {
    version: 1,
    python,
    files: Object.fromEntries(
      sorted(files).map(([file, classes]) => [
        file,
        Object.fromEntries(sorted(classes).map(([scope, names]) => [scope, [...names].sort(compareCodeUnits)])),
      ]),
    ),
  };
};
