import type { Command } from 'commander';
import type { Failure } from '../model/failure.ts';
import type { CommandContext } from './context.ts';
import { addJson, collect, example } from './options.ts';
import type { CommandEnd, Finish } from './tree.ts';

const failuresOf = (failures: Promise<readonly Failure[]>): Promise<CommandEnd> =>
  failures.then((list) => ({ failures: list }));

/** The commands that look after this project's data: catalogue, patches, manifests. `add` makes a command with its description and an example. */
export const addDataCommands = (
  program: Command,
  add: (name: string, description: string, shown: string) => Command,
  finish: Finish,
  context: CommandContext,
): void => {
  addJson(add('pin', 'add a version to the catalogue', 'cpython-awslc pin awslc 5.11.0 --crate aws-lc-sys@0.46.0'))
    .argument('<what>', 'cpython or awslc')
    .argument('<version>', 'the version')
    .option('--url <url>', 'an https origin')
    .option('--crate <name@version>', 'a crate origin')
    .option('--debian <package=path>', 'a Debian origin: python3.14=pool/main/p/python3.14/FILE')
    .option('--sha256 <digest>', 'the digest that the archive must have')
    .option('--line <name>', "AWS-LC's line: main, fips-2022, fips-2024, fips-2025 (default: by the version)")
    .option('--roster', "CPython: build it on the default recipe's AWS-LC, and write the roster of its cases")
    .option('--catalogue <dir>', "the catalogue's directory (default: this tool's)")
    .option('--store <dir>', 'where downloads are kept')
    .option('--offline', 'fetch nothing: use what the store has')
    .option('--mirror <from=to>', 'rewrites the beginning of https URLs (may be repeated)', collect)
    .action((what: string, pinned: string, options: { json?: boolean }) =>
      finish(failuresOf(import('./pin.ts').then(({ runPin }) => runPin(what, pinned, options, context))), options),
    );

  const patches = program
    .command('patches')
    .description('the patches against CPython 3.13 and older')
    .addHelpText('after', example('cpython-awslc patches verify'));
  addJson(patches.command('verify'))
    .description('apply every patch to every version that can be fetched: offsets, fuzz, rejects')
    .option('--python <version>', 'CPython: 3.13 or 3.13.15 (default: all that have patches)', collect)
    .option('--catalogue <dir>', "directory of awslc.json and cpython.json (default: this tool's catalogue)")
    .option('--store <dir>', 'where sources are kept (default: cpython-awslc in the XDG cache directory)')
    .option('--jobs <n>', 'sources at once (default: the cores)')
    .option('--offline', 'fetch nothing: use what the store has')
    .option('--mirror <from=to>', 'rewrites the beginning of https URLs (may be repeated)', collect)
    .addHelpText(
      'after',
      `${example('cpython-awslc patches verify --python 3.13')}
Ends with 1 when a patch does not apply without fuzz to a version that its series.json says it is for.`,
    )
    .action((options: { json?: boolean }) =>
      finish(
        failuresOf(import('./patches.ts').then(({ runPatchesVerify }) => runPatchesVerify(options, context))),
        options,
      ),
    );

  const manifest = program
    .command('manifest')
    .description('propose entries of a manifest from runs, or check the manifests by all runs')
    .addHelpText('after', example('cpython-awslc manifest draft > draft.json'));
  addJson(manifest.command('draft'))
    .description('propose entries for what a run showed and nothing explains; their reasons are left to you')
    .argument('[runs...]', 'ids of runs, or paths of their run.json (default: the newest run with suites)')
    .option('--series <series>', 'the series to draft, when the runs are of several')
    .option('--reasons-from <series>', "take that series' entries over, reasons included, where they explain the same")
    .option('--store <dir>', 'where runs are kept')
    .addHelpText(
      'after',
      `${example('cpython-awslc manifest draft > draft.json')}
Standard output is recipes/manifests/SERIES.json without what the series has already. Every reason is empty, and a
manifest with an empty reason is refused: write why, and the entry holds.`,
    )
    .action((runs: readonly string[], options: { json?: boolean }) =>
      finish(
        failuresOf(import('./manifest.ts').then(({ runManifestDraft }) => runManifestDraft(runs, options, context))),
        options,
      ),
    );

  addJson(manifest.command('check'))
    .description('hold the manifests against all runs: entries that are stale, overlap, or name no case')
    .argument('[runs...]', 'more records: ids of runs, run.json files, directories that have some')
    .option('--series <series>', 'only the manifest of this series')
    .option('--store <dir>', 'where runs are kept')
    .addHelpText(
      'after',
      `${example('cpython-awslc manifest check --series 3.14')}
Ends with 2 when it finds something: an entry that explained nothing though its cases ran where it holds (stale), a case
that no roster and no run of the series has, two entries that explain the same, a class of skips that was never needed.
What no run could tell (no cell for which the conditions hold) is listed as not judged, and is no finding.`,
    )
    .action((runs: readonly string[], options: { json?: boolean }) =>
      finish(
        failuresOf(import('./manifest.ts').then(({ runManifestCheck }) => runManifestCheck(runs, options, context))),
        options,
      ),
    );
};
