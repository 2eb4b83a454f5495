// This project's own workflows, and templates for others, as data.
import { pinned } from './pins.mjs';

const checkout = { uses: pinned('actions/checkout'), with: { 'persist-credentials': false } };
const newestRunner = 'ubuntu-24.04';
/** Never more than to read the sources. */
const permissions = { contents: 'read' };
/** A newer push to a pull request takes the place of the older one; what is on a branch is finished. */
const concurrency = {
  group: '${{ github.workflow }}-${{ github.ref }}',
  'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
};

const download = {
  name: 'Get all runs',
  uses: pinned('actions/download-artifact'),
  with: { pattern: 'cells-*', path: 'runs' },
};

/** The jobs that put the runs of others together. */
const verdictJob = (action, needs, more = []) => ({
  name: 'verdict',
  needs,
  if: '${{ !cancelled() }}',
  'runs-on': newestRunner,
  'timeout-minutes': 20,
  steps: [...more, download, { uses: action, with: { command: 'merge', runs: 'runs', artifact: 'verdict' } }],
});

const cellsJob = (action, matrix, inputs, needs = {}) => ({
  name: '${{ matrix.name }}',
  ...needs,
  'runs-on': '${{ matrix.runner }}',
  'timeout-minutes': 180,
  strategy: { 'fail-fast': false, matrix },
  steps: [
    checkout,
    {
      uses: action,
      with: {
        command: 'matrix',
        ...inputs,
        cell: '${{ matrix.cells }}',
        'cache-key': '${{ matrix.key }}',
        artifact: 'cells-${{ matrix.key }}',
      },
    },
  ],
});

const triggers = {
  pr: { pull_request: {}, push: { branches: ['main'] } },
  nightly: { schedule: [{ cron: '17 2 * * *' }], workflow_dispatch: {} },
  release: { push: { tags: ['v*'] }, workflow_dispatch: {} },
};
/** Recipes that have a workflow of their own. */
export const ownRecipes = Object.keys(triggers);

/** The workflow of a recipe: its jobs stand in it, as `matrix --engine github` groups them. */
export const recipeWorkflow = (recipe, jobs) => ({
  name: recipe.name,
  on: triggers[recipe.name],
  permissions,
  concurrency,
  jobs: {
    cells: cellsJob(
      './ci/github',
      { include: jobs.map(({ name, runner, cells, key }) => ({ name, runner, cells, key })) },
      { recipe: recipe.name },
    ),
    verdict: verdictJob('./ci/github', 'cells', [checkout]),
  },
});

/** The project's own tests, as its CI runs them, on the Nodes that it is for. */
export const checkWorkflow = {
  name: 'check',
  on: { pull_request: {}, push: { branches: ['main'] } },
  permissions,
  concurrency,
  jobs: {
    check: {
      name: 'Node ${{ matrix.node }} on ${{ matrix.runner }}',
      'runs-on': '${{ matrix.runner }}',
      'timeout-minutes': 90,
      strategy: {
        'fail-fast': false,
        matrix: {
          node: ['20', '22', '24'],
          runner: [newestRunner],
          include: [{ node: '22', runner: 'ubuntu-24.04-arm' }],
        },
      },
      steps: [
        checkout,
        { uses: pinned('actions/setup-node'), with: { 'node-version': '${{ matrix.node }}' } },
        { name: 'Run what CI runs', run: 'bash .ci/run' },
      ],
    },
  },
};

/** The action as others name it: they put in where they have it, and the commit that they have read. */
const foreign = 'OWNER/cpython-awslc/ci/github@COMMIT';

const template = ({ name, on, plan, cells }) => ({
  name,
  on,
  permissions,
  concurrency,
  jobs: {
    plan: {
      name: 'plan',
      'runs-on': newestRunner,
      'timeout-minutes': 20,
      outputs: { matrix: '${{ steps.plan.outputs.matrix }}' },
      steps: [checkout, { id: 'plan', uses: foreign, with: { command: 'job-matrix', ...plan } }],
    },
    cells: cellsJob(foreign, '${{ fromJSON(needs.plan.outputs.matrix) }}', { ...plan, ...cells }, { needs: 'plan' }),
    verdict: verdictJob(foreign, 'cells'),
  },
});

/** Workflows for others; `series` are those of CPython that the catalogue has. */
export const templates = (series) => ({
  'aws-lc': {
    head: [
      'For AWS-LC: does this change still carry CPython’s suites, in all series?',
      'A pull request fails only on what it made worse than the newest good run of the branch that it is for.',
    ],
    workflow: template({
      name: 'cpython',
      on: { pull_request: {}, push: { branches: ['main'] } },
      plan: { recipe: 'pr', awslc: 'path:.', python: series.join(', ') },
      cells: {
        baseline: "${{ github.event_name == 'pull_request' && 'newest' || '' }}",
        'keep-runs': "${{ github.event_name == 'push' }}",
      },
    }),
  },
  cpython: {
    head: ['For CPython: does this change work on AWS-LC, the newest one and the newest FIPS one with a certificate?'],
    workflow: template({
      name: 'aws-lc',
      on: { pull_request: {}, push: { branches: ['main'] } },
      plan: { recipe: 'default', python: 'path:.', awslc: '5, fips' },
      cells: {
        baseline: "${{ github.event_name == 'pull_request' && 'newest' || '' }}",
        'keep-runs': "${{ github.event_name == 'push' }}",
      },
    }),
  },
  nightly: {
    head: [
      'For who packs Python on AWS-LC: every night all cells of a recipe, of this tool’s or of your own (a path).',
    ],
    workflow: template({
      name: 'nightly',
      on: { schedule: [{ cron: '47 3 * * *' }], workflow_dispatch: {} },
      plan: { recipe: 'nightly' },
      cells: {},
    }),
  },
});
