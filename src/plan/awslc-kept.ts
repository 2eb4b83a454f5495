import type { Action, Step } from '../model/plan.ts';
import { awslcFlags, awslcTools } from './awslc-flags.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { makeStep, pickTools } from './step.ts';

/** Where a program of this step has its home: what a killed run has left running is found by it. */
const env = { HOME: '{kept}' };

/** The content of a checkout whose build tree is kept, or nothing: archives, commits and FIPS modules are compiled clean. */
export const findCheckout = ({ mayKeep, cell, awslcSource }: CellDraft): string | undefined =>
  mayKeep === true && !cell.awslc.fips && awslcSource.kind === 'tree' && awslcSource.commit === undefined
    ? awslcSource.treeDigest
    : undefined;

/**
 * Configures and compiles AWS-LC in a build tree that stays: what ninja finds as it was is not compiled again. Its
 * fingerprint is not a clean build's, since the actions are others, so neither is ever taken for the other.
 */
export const planKeptLibrary = (draft: CellDraft, tree: Step, checkout: string, libraries: readonly string[]): Step => {
  const flags = awslcFlags(draft, '{kept}/src');
  const run = (argv: readonly string[], why?: string): Action => ({
    do: 'exec',
    argv: [...argv],
    cwd: '{kept}',
    env,
    ...(why === undefined ? {} : { why }),
  });
  return makeStep({
    kind: 'compile',
    subject: 'awslc',
    title: `compile AWS-LC ${draft.cell.awslc.version}`,
    inputs: { awslc: tree },
    actions: [
      {
        do: 'synchronize',
        from: '{awslc}',
        to: '{kept}/src',
        discard: '{kept}/build',
        why: 'only what changed gets a new time; a header that came or went may change which one an include finds',
      },
      run(
        ['cmake', '-E', 'rm', '-rf', '{kept}/build/CMakeCache.txt', '{kept}/build/CMakeFiles'],
        'configured anew: no answer of another content is taken over, only objects that ninja knows to be as they were',
      ),
      run(['cmake', '-G', 'Ninja', '-S', '{kept}/src', '-B', '{kept}/build', ...flags.map(({ flag }) => flag)]),
      run(['cmake', '--build', 'build', '--parallel', '{jobs}', '--target', 'crypto', 'ssl']),
      ...libraries.map((path): Action => ({
        do: 'copy',
        from: `{kept}/build/${path}`,
        to: `{tree}/${path.replace(/^.*\//, '')}`,
      })),
    ],
    flags: [...flags],
    width: 'all',
    keepsFor: checkout,
    alsoDependsOn: {
      tools: pickTools(draft.host.tools, awslcTools(draft)),
      platform: draft.cell.platform,
      environment: buildEnvironment,
    },
  });
};
