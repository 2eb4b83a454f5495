// What the action takes. `option` is the option of the command line that an input becomes.

/** Inputs that select cells: each is the option of the same name. */
export const selection = {
  recipe: { option: 'one', description: 'a recipe of this repository by its name, or the path of a recipe file' },
  python: {
    option: 'each',
    description: 'CPython: 3.14, 3.14.6, path:DIR or git:URL#REF; several on lines or with commas',
  },
  awslc: {
    option: 'each',
    description: 'AWS-LC: 5.12, fips-4.2.0, path:DIR or git:URL#REF; several on lines or with commas',
  },
  fips: { option: 'maybe', description: 'a FIPS build: true, or the year of a line (2022, 2024, 2025)' },
  target: { option: 'each', description: 'CPU level, as generic, x86-64-v3 or graviton3' },
  link: { option: 'each', description: 'static or shared' },
  optimization: { option: 'each', description: 'quick, release or debug' },
  'cipher-string': { option: 'one', description: 'default cipher suites' },
  'try-patches': { option: 'flag', description: 'true: apply patches to versions too that they are not known for' },
  catalogue: { option: 'one', description: 'directory of awslc.json and cpython.json' },
  store: { option: 'one', description: 'where finished steps are kept; in the home directory unless given' },
  offline: { option: 'flag', description: 'true: fetch nothing' },
  mirror: { option: 'each', description: 'FROM=TO, two beginnings of https URLs' },
};

/** Options of commands that run something, with the commands that take them. */
export const running = {
  jobs: {
    option: 'one',
    commands: ['build', 'prove', 'test', 'matrix'],
    description: 'programs that a step may run at once',
  },
  clean: {
    option: 'flag',
    commands: ['build', 'prove', 'test', 'matrix'],
    description: 'true: compile all of AWS-LC of path:DIR',
  },
  preset: { option: 'one', commands: ['test', 'matrix'], description: 'quick, crypto, full or packages' },
  tests: {
    option: 'one',
    commands: ['test', 'matrix'],
    description: 'test files instead of a preset, as test_ssl,test_hashlib',
  },
  match: {
    option: 'each',
    commands: ['test', 'matrix'],
    description: 'only cases that match, as `python -m test -m` takes it',
  },
  'mask-cpu': {
    option: 'one',
    commands: ['prove', 'test', 'matrix'],
    description: 'features of the CPU to do without, as avx512',
  },
  baseline: {
    option: 'one',
    commands: ['test', 'matrix'],
    description: 'fail only on what got worse since: a run, or newest',
  },
  cell: { option: 'each', commands: ['matrix', 'job-matrix'], description: 'ids of cells, as the job matrix has them' },
  shard: { option: 'one', commands: ['matrix'], description: 'the part I/N of the cells' },
  'up-to': { option: 'one', commands: ['matrix'], description: 'core, build, prove, test or diff' },
  'fail-fast': {
    option: 'flag',
    commands: ['matrix'],
    description: 'true: begin nothing more after the first failure',
  },
  partial: {
    option: 'flag',
    commands: ['matrix', 'merge'],
    description: 'true: cells that nobody can run are no failure',
  },
  since: { option: 'one', commands: ['merge'], description: 'an earlier matrix.json to compare with' },
  'jobs-per': {
    option: 'one',
    commands: ['job-matrix'],
    description: 'core: cells that share a core are one job; cell: one each',
  },
  runner: { option: 'each', commands: ['job-matrix'], description: 'TARGET=LABEL, or LABEL,LABEL; one on a line' },
  arch: { option: 'each', commands: ['job-matrix'], description: 'machines that the recipe is for: x86_64, aarch64' },
};

/** What is no option of the command line. */
export const own = {
  command: {
    description:
      'build, prove, test; matrix: every cell that this machine can; job-matrix: print the jobs; merge: put runs together',
    default: 'test',
  },
  runs: { description: 'merge: the directory that has the runs of all jobs' },
  rerun: {
    description: 'prove and test anew, also what a machine like this one did: no other machine speaks for it',
    default: 'true',
  },
  toolchain: { description: 'install what is missing of the toolchain', default: 'true' },
  'setup-node': { description: 'version of Node to set up; empty: the one that is there', default: '22' },
  cache: { description: 'keep sources and finished steps in the cache of GitHub Actions', default: 'true' },
  'cache-key': { description: 'tells jobs apart that build different cells: the key of the job matrix' },
  'keep-runs': { description: 'true: keep this run’s record for `baseline: newest` of later ones', default: 'false' },
  'cache-url': { description: 'a remote cache of finished steps over HTTP' },
  'cache-token': { description: 'bearer token of the remote cache: a secret' },
  'cache-write': {
    description: 'true: also write to the remote cache; not in pull requests of others',
    default: 'false',
  },
  artifact: { description: 'name of the artifact that gets the reports and the run; empty: none' },
  'retention-days': { description: 'how long the artifact is kept; empty: as the repository says' },
  fail: { description: 'false: the step ends well whatever the verdict; see the outputs', default: 'true' },
};

export const inputs = { ...own, ...selection, ...running };

/** Name of the variable that carries an input to a step. */
export const variableOf = (name) => `INPUT_${name.toUpperCase().replaceAll('-', '_')}`;
