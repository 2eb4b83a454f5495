// The composite action, as data: `ci/make-workflows.mjs` writes action.yml from it.
import { inputs, variableOf } from './inputs.mjs';
import { pinned } from './pins.mjs';

const outputs = {
  verdict: 'as-expected, unexpected (verdicts), not-proved, failed, usage, integrity, interrupted or bug',
  'exit-code': 'the exit code of cpython-awslc',
  python: 'build, prove and test of one cell: path of the built Python',
  report: 'directory of the reports',
  run: 'path of the run’s record, where there is one',
  matrix: 'job-matrix: JSON for strategy.matrix',
};

// Inputs come by variables: text that is put into a script would be run.
const variables = Object.fromEntries(Object.keys(inputs).map((name) => [variableOf(name), `\${{ inputs.${name} }}`]));

const script = '"$GITHUB_ACTION_PATH/step.mjs"';
const notJobs = "inputs.command != 'job-matrix' && inputs.command != 'merge'";

export const action = {
  name: 'cpython-awslc',
  description: 'Builds a CPython on AWS-LC, proves it, and runs CPython’s own suites against expected results',
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      { description: input.description, required: false, default: input.default ?? '' },
    ]),
  ),
  outputs: Object.fromEntries(
    Object.entries(outputs).map(([name, description]) => [
      name,
      { description, value: `\${{ steps.run.outputs.${name} }}` },
    ]),
  ),
  runs: {
    using: 'composite',
    steps: [
      {
        name: 'Set up Node',
        if: "inputs.setup-node != ''",
        uses: pinned('actions/setup-node'),
        with: { 'node-version': '${{ inputs.setup-node }}' },
      },
      { name: 'Prepare', shell: 'bash', env: variables, run: `node ${script} prepare` },
      { name: 'Choose keys', id: 'keys', if: notJobs, shell: 'bash', env: variables, run: `node ${script} keys` },
      {
        name: 'Take sources and finished steps from the cache',
        id: 'steps',
        if: `inputs.cache == 'true' && ${notJobs} && steps.keys.outputs.steps-key != ''`,
        uses: pinned('actions/cache', 'restore'),
        with: {
          path: '${{ steps.keys.outputs.steps-path }}',
          key: '${{ steps.keys.outputs.steps-key }}',
          'restore-keys': '${{ steps.keys.outputs.steps-prefix }}',
        },
      },
      {
        name: 'Take earlier runs from the cache',
        if: `inputs.baseline != '' && ${notJobs} && steps.keys.outputs.runs-key != ''`,
        uses: pinned('actions/cache', 'restore'),
        with: {
          path: '${{ steps.keys.outputs.runs-path }}',
          key: '${{ steps.keys.outputs.runs-key }}',
          'restore-keys': '${{ steps.keys.outputs.runs-prefix }}',
        },
      },
      { name: 'cpython-awslc', id: 'run', shell: 'bash', env: variables, run: `node ${script} run` },
      {
        name: 'Put sources and finished steps into the cache',
        if: `always() && inputs.cache == 'true' && steps.keys.outputs.steps-key != '' && steps.steps.outputs.cache-hit != 'true' && steps.run.outputs.exit-code != ''`,
        uses: pinned('actions/cache', 'save'),
        with: { path: '${{ steps.keys.outputs.steps-path }}', key: '${{ steps.keys.outputs.steps-key }}' },
      },
      {
        name: 'Put this run into the cache',
        if: `always() && inputs.keep-runs == 'true' && steps.keys.outputs.runs-key != '' && steps.run.outputs.run != ''`,
        uses: pinned('actions/cache', 'save'),
        with: { path: '${{ steps.keys.outputs.runs-path }}', key: '${{ steps.keys.outputs.runs-key }}' },
      },
      {
        name: 'Upload reports',
        if: `always() && inputs.artifact != '' && steps.run.outputs.report != ''`,
        uses: pinned('actions/upload-artifact'),
        with: {
          name: '${{ inputs.artifact }}',
          path: '${{ steps.run.outputs.report }}',
          'if-no-files-found': 'error',
          'retention-days': '${{ inputs.retention-days }}',
        },
      },
    ],
  },
};
