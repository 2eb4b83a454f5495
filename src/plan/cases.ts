import { prettyJson } from '../model/json.ts';
import type { Action, Plan, Step } from '../model/plan.ts';
import { pickAssets } from './draft.ts';
import { runDriver } from './driver.ts';
import { buildEnvironment } from './environment.ts';
import type { CasesByFile } from './shards.ts';
import { makeStep } from './step.ts';
import { packageAssets, venvPython } from './wheels.ts';

/** Which of a cell's two Pythons something is run on. */
export type Side = 'cell' | 'twin';

interface SetUp {
  /** What the plan's own test step does of the same Python between the copy and the driver, for package checks. */
  readonly setUp: readonly Action[];
  readonly inputs: Readonly<Record<string, Step>>;
  readonly python?: string;
}

const findSetUp = (plan: Plan, install: Step): SetUp => {
  const tested = plan.steps.find(({ kind, inputs }) => kind === 'test' && inputs['install'] === install.id);
  const wheels = plan.steps.find(({ id }) => id === tested?.inputs['packages']);
  if (tested === undefined || wheels === undefined) return { setUp: [], inputs: {} };
  return { setUp: tested.actions.slice(1, -1), inputs: { packages: wheels }, python: venvPython };
};

/**
 * A step that the plan cannot hold, because only a run's results say which cases it runs: some cases, each alone, on a
 * cell or on its twin. Its results are kept like those of any other test step.
 */
export const planCases = (plan: Plan, install: Step, side: Side, cases: CasesByFile): Step => {
  const { setUp, inputs, python } = findSetUp(plan, install);
  return makeStep({
    kind: 'test',
    subject: `${side}-cases`,
    title: `run ${Object.values(cases).flat().length} of the cases alone${side === 'twin' ? ' on the twin' : ''}`,
    inputs: { install, ...inputs },
    actions: [
      { do: 'copy-linked', from: '{install}/opt', to: '{work}/opt' },
      ...setUp,
      { do: 'write', path: '{work}/cases.json', text: prettyJson(cases) },
      runDriver(['--cases-from', '{work}/cases.json'], python),
    ],
    width: 'all',
    alsoDependsOn: {
      assets: pickAssets(plan.assets, setUp.length === 0 ? ['driver'] : ['driver', ...packageAssets]),
      environment: buildEnvironment,
    },
  });
};
