import { Option, type Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addCache, addGithubJobs, addMask, addMatrixReports, addSelection, addTests, collect } from './options.ts';
import type { Finish } from './tree.ts';

/** The commands that work on sets of cells. `add` makes a command with its description and an example. */
export const addMatrixCommands = (
  add: (name: string, description: string, shown: string) => Command,
  finish: Finish,
  context: CommandContext,
): void => {
  const matrix = add(
    'matrix',
    'run every cell of a recipe, and report them together',
    'cpython-awslc matrix --recipe pr --awslc path:.',
  );
  addGithubJobs(addMatrixReports(addMask(addTests(addCache(addSelection(matrix))))))
    .addOption(
      new Option(
        '--engine <name>',
        'where cells run: on this machine, as jobs of a Slurm cluster; github prints jobs for GitHub Actions',
      )
        .choices(['local', 'slurm', 'github'])
        .default('local'),
    )
    .addOption(
      new Option('--up-to <stage>', 'how far; core stops at what cells share')
        .choices(['core', 'build', 'prove', 'test', 'diff'])
        .default('test'),
    )
    .option('--cell <id>', 'only this cell, by its id (may be repeated)', collect)
    .option('--shard <i/n>', 'the i-th of n parts, the same on every machine')
    .option('--times <run|matrix>', 'share cells out by the times of this run or matrix.json')
    .option('--fail-fast', 'begin nothing new after the first failed step or unexpected cell')
    .option(
      '--baseline <run>',
      "fail only on what changed: a run, a directory of runs, or newest: each cell's newest good one",
    )
    .option('--openssl <path:dir>', "the twin's OpenSSL (default: this machine's libssl-dev)")
    .option('--output <dir>', 'write run.json, matrix.json and logs of failed steps there, for merge')
    .option('--rerun', 'run again though results of this machine are recorded')
    .option('--emulate', 'in an emulator, what is built for another machine than this one')
    .option('--detach', 'slurm: submit and end; --resume follows')
    .option('--resume <id>', 'slurm: follow this matrix, and submit what has neither a result nor a job')
    .option('--cancel <id>', 'slurm: cancel the jobs of this matrix')
    .option('--slurm-partition <name>', 'partition of the jobs')
    .option('--slurm-time <time>', 'time limit of each job, as sbatch takes it')
    .option('--slurm-arg <arg>', 'passed on to sbatch, as --mem=8G (may be repeated)', collect)
    .option('--slurm-feature <target=feature>', "what the cluster calls a target's nodes (may be repeated)", collect)
    .action((options: { json?: boolean }) =>
      finish(
        import('./matrix.ts').then(({ runMatrix }) => runMatrix(options, context)),
        options,
      ),
    );

  addMatrixReports(add('merge', 'put runs of many machines together as one matrix', 'cpython-awslc merge artefacts/'))
    .argument('<runs...>', 'ids of runs, run.json files, directories that have some')
    .option('--output <file>', 'write matrix.json there')
    .option('--store <dir>', 'where runs are kept')
    .action((runs: readonly string[], options: { json?: boolean }) =>
      finish(
        import('./merge.ts').then(({ runMerge }) => runMerge(runs, options, context)),
        options,
      ),
    );
};
