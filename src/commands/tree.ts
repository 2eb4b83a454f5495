import { Command, Option } from 'commander';
import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { collect, example, addCache, addSelection, addTests, addMask, addJson, addPipeline } from './options.ts';
import { addBisect } from './tree-bisect.ts';
import { addDataCommands } from './tree-data.ts';
import { addMatrixCommands } from './tree-matrix.ts';

/**
 * What a command ended with: failures to describe, and an exit code where its own report says what is wrong; or the exit code of a
 * program that it stood for.
 */
export type CommandEnd =
  { readonly failures: readonly Failure[]; readonly exitCode?: number } | { readonly exitCode: number };

/** Takes a command's end: the one place that decides the exit code. */
export type Finish = (end: Promise<CommandEnd>, options: { readonly json?: boolean }) => Promise<void>;

/** The command line: every command with its options, help and example. What a command does is loaded when it runs. */
export const makeProgram = (version: string, context: CommandContext, finish: Finish): Command => {
  const program = new Command('cpython-awslc')
    .description("Builds a CPython whose ssl and hashlib run on AWS-LC, proves it, and runs CPython's suites.")
    .version(version)
    .showHelpAfterError('(add --help for what it takes)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .addHelpText(
      'after',
      `${example('cpython-awslc test\ncpython-awslc run -- -c "import ssl; print(ssl.OPENSSL_VERSION)"')}
Exit codes: 0 all as expected, 1 a step failed, 2 usage, 3 unexpected verdicts, 4 integrity, 5 proof, 6 not
reproducible, 70 bug, 130 interrupted.`,
    );
  const add = (name: string, description: string, shown: string): Command =>
    program.command(name).description(description).addHelpText('after', example(shown));
  const end = (failures: Promise<readonly Failure[]>): Promise<CommandEnd> =>
    failures.then((list) => ({ failures: list }));

  addJson(add('doctor', 'say what this machine lacks for a build, and install it', 'cpython-awslc doctor --fix'))
    .option('--fix', 'install what is missing with the package manager')
    .option('--yes', 'do not ask before installing')
    .option('--required', 'only what no build can do without')
    .option('--fips [year]', 'count what FIPS lines need as required: of 2022, 2024 or 2025, or of all')
    .option('--target <name>', 'count what a build for it needs as required, as graviton3 on another machine')
    .option('--offline', 'ask no origin and no cache')
    .option('--store <dir>', 'the store whose disk is looked at')
    .option('--cache <url>', 'ask this remote cache whether it can be read (default: CPYTHON_AWSLC_CACHE)')
    .option('--cache-write', 'ask it also whether it can be written to')
    .action((options: { json?: boolean }) =>
      finish(end(import('./doctor.ts').then(({ runDoctor }) => runDoctor(options, context))), options),
    );

  addJson(add('list', 'show the catalogue, targets, recipes, the store, past runs', 'cpython-awslc list --runs'))
    .option('--runs', 'past runs')
    .option('--store-contents', 'finished steps in the store')
    .option('--store <dir>', 'where finished steps are kept')
    .option('--catalogue <dir>', "directory of awslc.json and cpython.json (default: this tool's catalogue)")
    .action((options: { json?: boolean }) =>
      finish(end(import('./list.ts').then(({ runList }) => runList(options, context))), options),
    );

  addJson(
    add(
      'certificates',
      "show what NIST says of AWS-LC's FIPS modules: conditions, dates, what is near its end",
      'cpython-awslc certificates',
    ),
  ).action((options: { json?: boolean }) =>
    finish(end(import('./certificates.ts').then(({ runCertificates }) => runCertificates(options, context))), options),
  );

  addJson(
    add(
      'compat',
      'say which CPython compiles against which AWS-LC, nothing built',
      'cpython-awslc compat --awslc 1.26',
    ),
  )
    .option('--python <version>', 'CPython: 3.14, 3.14.6, path:DIR or git:URL#REF (may be repeated)', collect)
    .option('--awslc <version>', 'AWS-LC: 5.12, 5.12.0, path:DIR or git:URL#REF (may be repeated)', collect)
    .option('--all', 'the whole catalogue, as without --python and --awslc')
    .option('--catalogue <dir>', "directory of awslc.json and cpython.json (default: this tool's catalogue)")
    .option('--store <dir>', 'where finished steps are kept (default: cpython-awslc in the XDG cache directory)')
    .option('--jobs <n>', 'checks at once (default: the cores)')
    .option('--offline', 'fetch nothing: use what the store has')
    .option('--mirror <from=to>', 'rewrites the beginning of https URLs (may be repeated)', collect)
    .action((options: { json?: boolean }) =>
      finish(end(import('./compat.ts').then(({ runCompat }) => runCompat(options, context))), options),
    );

  addMask(addTests(addPipeline(add('plan', 'print what would be done', 'cpython-awslc plan --format sh > build.sh'))))
    .addOption(
      new Option('--format <name>', 'text, json, or sh: a script to run by hand').choices(['text', 'json', 'sh']),
    )
    .action((options: { json?: boolean }) =>
      finish(end(import('./plan.ts').then(({ runPlan }) => runPlan(options, context))), options),
    );

  addCache(addPipeline(add('fetch', 'bring the sources into the store', 'cpython-awslc fetch --python 3.14'))).action(
    (options: { json?: boolean }) =>
      finish(end(import('./fetch.ts').then(({ runFetch }) => runFetch(options, context))), options),
  );

  addCache(addPipeline(add('build', 'build the Python, and say where it is', 'cpython-awslc build --prefix ~/python')))
    .option('--prefix <dir>', 'copy the result there, free to be changed')
    .action((options: { json?: boolean }) =>
      finish(end(import('./build.ts').then(({ runBuild }) => runBuild(options, context))), options),
    );

  addCache(addMask(addPipeline(add('prove', 'build, and prove what was built', 'cpython-awslc prove --detailed'))))
    .option('--rerun', 'make the proof again though one of this machine is recorded')
    .option('--emulate', 'in an emulator, what is built for another machine than this one')
    .option('--detailed', 'how each claim was checked, facts, and the code that each primitive takes on this CPU')
    .option('--prefix <dir>', 'copy the result there, free to be changed')
    .option('--markdown <file>', 'write the proof as a Markdown page')
    .option('--annotations <file>', 'write what went wrong as annotations for GitHub Actions')
    .action((options: { json?: boolean }) =>
      finish(end(import('./prove.ts').then(({ runProve }) => runProve(options, context))), options),
    );

  addCache(
    addMask(
      addTests(
        addPipeline(add('test', 'build, prove, and run the suites to a verdict', 'cpython-awslc test --preset quick')),
      ),
    ),
  )
    .option('--rerun', 'run again though a result of this machine is recorded')
    .option('--emulate', 'in an emulator, what is built for another machine than this one')
    .option('--prefix <dir>', 'copy the result there, free to be changed')
    .option('--junit <file>', 'write a JUnit report')
    .option('--markdown <file>', 'write a Markdown report, for a CI summary page')
    .option('--annotations <file>', 'write what went wrong as annotations for GitHub Actions')
    .option('--baseline <run>', 'fail only on what changed: a run’s id or run.json, a directory of runs, or newest')
    .option('--compare-plain', 'also run `python -m test`, and compare the two case by case')
    .action((options: { json?: boolean }) =>
      finish(end(import('./test.ts').then(({ runTest }) => runTest(options, context))), options),
    );

  addCache(
    addTests(
      addSelection(
        add(
          'watch',
          'test source trees of your own whenever something was saved',
          'cpython-awslc watch --awslc path:.',
        ),
      ),
    ),
  )
    .option('--baseline <run>', 'tell only what changed against this run: its id, or its run.json')
    .option('--times <n>', 'end after so many runs, as the last of them ends (default: watch until Ctrl-C)')
    .action((options: object) =>
      finish(end(import('./watch.ts').then(({ runWatch }) => runWatch(options, context))), {}),
    );

  addCache(
    addTests(
      addPipeline(
        add(
          'diff',
          'say what the suites do otherwise on OpenSSL: what is AWS-LC’s doing',
          'cpython-awslc diff --preset quick',
        ),
      ),
    ),
  )
    .option('--openssl <path:dir>', "the prefix of an installed OpenSSL (default: this machine's libssl-dev)")
    .option('--rerun', 'run again though results of this machine are recorded')
    .option('--markdown <file>', 'write a Markdown report, for a CI summary page')
    .action((options: { json?: boolean }) =>
      finish(end(import('./diff.ts').then(({ runDiff }) => runDiff(options, context))), options),
    );

  addMatrixCommands(add, finish, context);
  addBisect(add, context, finish);

  const bench = program
    .command('bench')
    .description('measure what was built')
    .addHelpText('after', example('cpython-awslc bench crypto'));
  addCache(addPipeline(bench.command('crypto')))
    .description('measure ssl and hashlib against the OpenSSL twin, in turns on one core')
    .option('--openssl <path:dir>', "the prefix of an installed OpenSSL (default: this machine's libssl-dev)")
    .option('--mask <features>', 'also measure without these features of the CPU, as avx512 (may be repeated)', collect)
    .option(
      '--against <target>',
      'also measure the same cell built for this target, as generic (may be repeated)',
      collect,
    )
    .option('--pairs <n>', 'turns that each case gets (default: 15)')
    .option('--markdown <file>', 'write the tables as a Markdown page')
    .option('--svg <file>', 'draw the ratios to OpenSSL')
    .addHelpText(
      'after',
      `${example('cpython-awslc bench crypto --mask avx512 --svg ratios.svg\ncpython-awslc bench crypto --target x86-64-v4 --against generic')}
Faster or slower is said only where eight of ten turns show 2 % or more; all else is "not separated". Let nothing else run.`,
    )
    .action((options: { json?: boolean }) =>
      finish(end(import('./bench.ts').then(({ runBench }) => runBench(options, context))), options),
    );

  const inspect = program
    .command('inspect')
    .description('look at what was built')
    .addHelpText('after', example('cpython-awslc inspect cpu'));
  addCache(addMask(addPipeline(inspect.command('cpu'))))
    .description('say what AWS-LC sees of this CPU, which code each primitive takes, and what of it is verified')
    .option('--rerun', 'make the proof again though one of this machine is recorded')
    .option('--emulate', 'in an emulator, what is built for another machine than this one')
    .option('--markdown <file>', 'write the report as a Markdown page')
    .addHelpText(
      'after',
      `${example('cpython-awslc inspect cpu --mask-cpu avx512')}
Implementations follow from AWS-LC's own words about the CPU, the rules in its sources (recipes/knowledge/cpu-paths.json)
and the names in the object. What does not follow from them is "not known".`,
    )
    .action((options: { json?: boolean }) =>
      finish(end(import('./inspect-cpu.ts').then(({ runInspectCpu }) => runInspectCpu(options, context))), options),
    );

  addCache(addSelection(add('run', 'run the built Python', 'cpython-awslc run -- -m pip --version')))
    .argument('[args...]', 'arguments of Python, after --')
    .action((args: readonly string[], options: object) =>
      finish(
        import('./run.ts').then(async ({ runPython }): Promise<CommandEnd> => {
          const outcome = await runPython(args, options, context);
          return outcome.ran ? { exitCode: outcome.exitCode } : { failures: outcome.failures };
        }),
        {},
      ),
    );

  addDataCommands(program, add, finish, context);

  addJson(add('cache', 'look after the store', 'cpython-awslc cache verify'))
    .argument('<action>', 'status, verify, or gc')
    .option('--store <dir>', 'where finished steps are kept')
    .option('--older-than <days>', 'gc: also drop finished steps and runs that are older')
    .action((action: string, options: { json?: boolean }) =>
      finish(end(import('./cache.ts').then(({ runCache }) => runCache(action, options, context))), options),
    );

  addJson(add('schema', 'print the JSON Schema of a format', 'cpython-awslc schema recipe > recipe.schema.json'))
    .argument('[name]', 'one of the names printed without it')
    .action((name: string | undefined, options: { json?: boolean }) =>
      finish(end(import('./schema.ts').then(({ runSchema }) => runSchema(name, options, context))), options),
    );

  return program;
};
