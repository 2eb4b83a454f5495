import type { Action } from '../model/plan.ts';
import { buildOnlyVariables } from './environment.ts';

/** Runs the test driver in the copy of a Python below `{work}/opt`, without what only a build needs. */
export const runDriver = (args: readonly string[]): Extract<Action, { do: 'exec' }> => ({
  do: 'exec',
  argv: [
    'env',
    ...buildOnlyVariables.flatMap((name) => ['-u', name]),
    '{work}/opt/cpython-awslc/bin/python3',
    '{tool}/driver.py',
    '--events',
    '{tree}/events.jsonl',
    ...args,
  ],
  cwd: '{work}',
});
