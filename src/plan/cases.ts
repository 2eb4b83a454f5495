import { prettyJson } from '../model/json.ts';
import type { Plan, Step } from '../model/plan.ts';
import { runDriver } from './driver.ts';
import { buildEnvironment } from './environment.ts';
import type { CasesByFile } from './shards.ts';
import { makeStep } from './step.ts';

/** Which of a cell's two Pythons something is run on. */
export type Side = 'cell' | 'twin';

/**
 * A step that the plan cannot hold, because only a run's results say which cases it runs: some cases, each alone, on a
 * cell or on its twin. Its results are kept like those of any other test step.
 */
export const planCases = (plan: Plan, install: Step, side: Side, cases: CasesByFile): Step =>
  makeStep({
    kind: 'test',
    subject: `${side}-cases`,
    title: `run ${Object.values(cases).flat().length} of the cases alone${side === 'twin' ? ' on the twin' : ''}`,
    inputs: { install },
    actions: [
      { do: 'copy-linked', from: '{install}/opt', to: '{work}/opt' },
      { do: 'write', path: '{work}/cases.json', text: prettyJson(cases) },
      runDriver(['--cases-from', '{work}/cases.json']),
    ],
    width: 'all',
    alsoDependsOn: {
      assets: plan.assets.filter(({ name }) => name.startsWith('driver')),
      environment: buildEnvironment,
    },
  });
