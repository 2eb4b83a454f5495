import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addCache, addJson, addSelection, addTests, collect } from './options.ts';
import type { Finish } from './tree.ts';

/** `bisect`: its options, help and action. `add` makes a command with a name, a description and an example. */
export const addBisect = (
  add: (name: string, description: string, shown: string) => Command,
  context: CommandContext,
  finish: Finish,
): Command =>
  addCache(
    addTests(
      addJson(
        addSelection(
          add(
            'bisect',
            'name the AWS-LC, version or commit, from which on an answer is another',
            'cpython-awslc bisect --awslc 1.42.0..5.12.0 --claim hmac-capability',
          ),
          ['--awslc <good..bad>', 'from which AWS-LC to which: 1.42.0..5.12.0, or git:URL#GOOD..BAD'],
        ),
      ),
    ),
  )
    .option('--case <id>', "a case's verdict or outcome: an id, or a pattern with * (may be repeated)", collect)
    .option('--claim <name>', 'what a claim of the proof found, and whether it holds: no suites are run')
    .option('--capability <name>', 'what AWS-LC has, as X509_VERIFY_PARAM_get_hostflags: nothing is built')
    .option('--emulate', 'in an emulator, what is built for another machine than this one')
    .option('--restart', 'begin anew, not where the same command was interrupted')
    .addHelpText(
      'after',
      `
Without --case, --claim or --capability it is asked whether build, proof and suites are as expected (exit code 0).
The older end comes first. What does not build is skipped; commits are followed along first parents.`,
    )
    .action((options: { json?: boolean }) =>
      finish(
        import('./bisect.ts').then(async ({ runBisect }) => ({ failures: await runBisect(options, context) })),
        options,
      ),
    );
