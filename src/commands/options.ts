import { Option, type Command } from 'commander';

/** Gathers the values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
/** The same, of an option whose value may be a list with commas or blanks. */
const collectList = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value.split(/[\s,]+/).filter((word) => word !== ''),
];

/** An example in a command's help; further lines are further commands. */
export const example = (text: string): string => `\nExample:\n  $ ${text.replaceAll('\n', '\n  $ ')}\n`;

/** The options that select cells, the same for every command, but for what one may take as AWS-LC. */
export const addSelection = (
  command: Command,
  awslc: readonly [string, string] = [
    '--awslc <version>',
    'AWS-LC: 5.12, 5.12.0, path:DIR or git:URL#REF (may be repeated)',
  ],
): Command =>
  command
    .option('--recipe <file|name>', 'what to build: a recipe file, or a name that `list` shows', 'default')
    .option('--python <version>', 'CPython: 3.14, 3.14.6, path:DIR or git:URL#REF (may be repeated)', collect)
    .option(...awslc, collect)
    .option('--clean', 'compile all of AWS-LC of path:DIR, not on from the build tree that is kept for DIR')
    .option('--fips [year]', 'a FIPS build: of 2022, 2024 or 2025, or of the newest version that a certificate names')
    .option('--target <name>', 'CPU level, as generic, native, x86-64-v3, graviton3 (may be repeated)', collect)
    .option(
      '--sysroot <dir>',
      "libraries of the target's machine, when it is another (default: what doctor --target put into the store)",
    )
    .option('--link <mode>', 'static: one object; shared: a FIPS module of its own (may be repeated)', collect)
    .option('--optimization <name>', 'quick, release or debug (may be repeated)', collect)
    .option('--cipher-string <string>', 'default cipher suites, without @SECLEVEL (may be repeated)', collect)
    .option('--try-patches', 'apply patches also to versions that they are not known for')
    .option('--catalogue <dir>', "directory of awslc.json and cpython.json (default: this tool's catalogue)")
    .option('--store <dir>', 'where finished steps are kept (default: cpython-awslc in the XDG cache directory)')
    .option('--jobs <n>', 'programs that a step may run at once (default: the cores)')
    .option('--offline', 'fetch nothing: use what the store has')
    .option('--mirror <from=to>', 'rewrites the beginning of https URLs (may be repeated)', collect);

/** Which suites run. */
export const addTests = (command: Command): Command =>
  command
    .addOption(
      new Option('--preset <name>', "suites to run (default: the recipe's)").choices([
        'quick',
        'crypto',
        'full',
        'packages',
      ]),
    )
    .option('--tests <files>', 'test files instead of a preset, as test_ssl,test_hashlib', collectList)
    .option('--match <pattern>', 'only cases that match, as `python -m test -m` takes it (may be repeated)', collect);

/** Without which features of the CPU. */
export const addMask = (command: Command): Command =>
  command.option(
    '--mask-cpu <features>',
    'proof and suites without these features of the CPU, as avx512,shani or baseline',
    collectList,
  );

/** A remote cache. */
export const addCache = (command: Command): Command =>
  command
    .option('--cache <url>', 'take finished steps and sources from a cache over HTTP (default: CPYTHON_AWSLC_CACHE)')
    .option('--cache-write', 'also write to it what is made here; without it the cache is only read')
    .option('--cache-sign <file>', 'sign what is written: a private Ed25519 key (PEM)')
    .option('--cache-trust <file>', 'take only steps that one of these public Ed25519 keys (PEM) signed');

/** A document for programs. */
export const addJson = (command: Command): Command => command.option('--json', 'one JSON document on standard output');

/** The options of every command that works on cells and reports. */
export const addPipeline = (command: Command): Command => addJson(addSelection(command));

/** The report files of a matrix. */
export const addMatrixReports = (command: Command): Command =>
  addJson(command)
    .option('--junit <file>', 'write a JUnit report: a suite for each cell')
    .option('--markdown <file>', 'write a Markdown report, for a CI summary page')
    .option('--html <file>', 'write one page for people: no network, no script')
    .option('--annotations <file>', 'write what went wrong as annotations for GitHub Actions')
    .option('--since <matrix>', 'say what changed against an earlier matrix.json')
    .option('--partial', 'cells that cannot run here, or that nobody ran, are no failure');

/** How a matrix is given to an engine that runs it elsewhere: GitHub Actions takes jobs. */
export const addGithubJobs = (command: Command): Command =>
  command
    .option('--jobs-per <size>', 'github: core: cells that share a core are one job (default); cell: one job each')
    .option(
      '--runner <target=label>',
      'github: the runner of a target; LABEL,LABEL has both (may be repeated)',
      collect,
    )
    .option('--arch <name>', 'github: the recipe is for this machine, x86_64 or aarch64 (may be repeated)', collect);
