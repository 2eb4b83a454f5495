import type { Action, Step } from '../model/plan.ts';
import { awslcFlags, awslcTools } from './awslc-flags.ts';
import { crossInputs } from './cross.ts';
import type { CellDraft } from './draft.ts';
import { buildEnvironment } from './environment.ts';
import { makeStep, pickTools } from './step.ts';

/** Where a program of this step has its home: what a killed run has left running is found by it. */
const env = { HOME: '{kept}' };

/** The content of a directory, or nothing: archives and commits have no checkout. */
const contentOf = ({ awslcSource }: CellDraft): string | undefined =>
  awslcSource.kind === 'tree' && awslcSource.commit === undefined ? awslcSource.treeDigest : undefined;

/**
 * The content of a checkout whose build tree is kept, or nothing: archives, commits and FIPS modules are compiled clean. A
 * FIPS module's bytes hold a hash of its code, which programs compute that ninja knows too little of (Go's, the delocator),
 * and its certificate fixes the steps: a build from nothing.
 */
export const findCheckout = (draft: CellDraft): string | undefined =>
  draft.mayKeep === true && !draft.cell.awslc.fips ? contentOf(draft) : undefined;

/** What a plan says of how AWS-LC of a directory is compiled. */
export const noteKept = (draft: CellDraft): readonly string[] => {
  if (draft.mayKeep !== true || contentOf(draft) === undefined) return [];
  return draft.cell.awslc.fips
    ? ['a FIPS module is compiled clean each time, of a directory too: its certificate fixes the steps']
    : [
        'AWS-LC of a directory is compiled on from the build tree that is kept for that directory; `--clean` compiles all of it',
      ];
};

export interface KeptLibrary {
  /** The content of the checkout. */
  readonly checkout: string;
  /** What the step leaves in `{tree}`: paths below the build directory. */
  readonly libraries: readonly string[];
  /** What must hold of the build directory when CMake has ended. */
  readonly checks: readonly Action[];
}

/**
 * Configures and compiles AWS-LC in a build tree that stays: what ninja finds as it was is not compiled again. Its
 * fingerprint is not a clean build's, since the actions are others, so neither is ever taken for the other.
 */
export const planKeptLibrary = (draft: CellDraft, tree: Step, { checkout, libraries, checks }: KeptLibrary): Step => {
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
    inputs: { awslc: tree, ...crossInputs(draft) },
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
      ...checks,
      run(['cmake', '--build', 'build', '--parallel', '{jobs}', '--target', 'crypto', 'ssl']),
      ...libraries.map((path): Action => ({
        do: 'copy',
        from: `{kept}/build/${path}`,
        to: `{tree}/${path.replace(/^.*\//, '')}`,
      })),
    ],
    flags: [...flags],
    width: 'all',
    keepsFor: { role: 'awslc', content: checkout },
    alsoDependsOn: {
      tools: pickTools(draft.host.tools, awslcTools(draft)),
      platform: draft.cell.platform,
      environment: buildEnvironment,
    },
  });
};
