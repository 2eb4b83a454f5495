import type { Action } from '../model/plan.ts';
import { buildOnlyVariables } from './environment.ts';

/** The interpreter of the copy that a step runs. */
export const builtPython = '{work}/opt/cpython-awslc/bin/python3';

/** Runs the test driver in the copy of a Python below `{work}/opt`, or in an environment made of it, without what only a build needs. */
export const runDriver = (args: readonly string[], python: string = builtPython): Extract<Action, { do: 'exec' }> => ({
  do: 'exec',
  argv: [
    'env',
    ...buildOnlyVariables.flatMap((name) => ['-u', name]),
    python,
    '{tool}/driver.py',
    '--events',
    '{tree}/events.jsonl',
    ...args,
  ],
  cwd: '{work}',
});
