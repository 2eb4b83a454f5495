import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SlurmOptions } from '../model/slurm.ts';

/** What `matrix --engine slurm` takes beside the options of every matrix, as commander gives them. */
export interface SlurmCommandOptions {
  readonly detach?: boolean;
  readonly resume?: string;
  readonly cancel?: string;
  readonly slurmPartition?: string;
  readonly slurmTime?: string;
  readonly slurmArg?: readonly string[];
  readonly slurmFeature?: readonly string[];
}

export interface ParsedSlurmOptions {
  readonly options: SlurmOptions;
  /** Target to feature. */
  readonly features: ReadonlyMap<string, string>;
}

/** What the engine itself says to sbatch, and what would change when or where a task runs unseen. */
const ownArguments = [
  'array',
  'chdir',
  'constraint',
  'dependency',
  'error',
  'export',
  'export-file',
  'help',
  'job-name',
  'kill-on-invalid-dep',
  'no-requeue',
  'open-mode',
  'output',
  'parsable',
  'requeue',
  'test-only',
  'usage',
  'version',
  'wait',
  'wrap',
];

const plainName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

const checkArgument = (argument: string): Failure | undefined => {
  const message = `--slurm-arg ${argument}: `;
  const [, name] = /^--([a-z][a-z-]*)(?:=[\u0020-\u007e]+)?$/.exec(argument) ?? [];
  if (name === undefined) {
    const next = 'Give it as one word: --slurm-arg --mem=8G; may be repeated.';
    return { code: 'usage', message: `${message}not a long option of sbatch.`, next };
  }
  // sbatch takes the beginning of a long option for the whole.
  const own = ownArguments.find((known) => known.startsWith(name));
  if (own === undefined) return undefined;
  const next = own === 'constraint' ? 'Nodes are chosen by targets: --slurm-feature TARGET=FEATURE.' : 'Leave it out.';
  return { code: 'usage', message: `${message}the engine says --${own} itself.`, next };
};

/** Checks the options of `--engine slurm`: nothing reaches sbatch that could mean something else there. */
export const parseSlurmOptions = (
  given: SlurmCommandOptions,
  targets: readonly string[],
): Result<ParsedSlurmOptions, readonly Failure[]> => {
  const failures: Failure[] = [];
  const refuse = (message: string, next: string): void => {
    failures.push({ code: 'usage', message, next });
  };
  const { slurmPartition: partition, slurmTime: time } = given;
  if (partition !== undefined && !partition.split(',').every((name) => plainName.test(name))) {
    refuse(`--slurm-partition ${partition}: not the name of a partition.`, '`sinfo` shows them.');
  }
  if (time !== undefined && !/^(?:\d+-)?\d+(?::\d+){0,2}$/.test(time)) {
    refuse(`--slurm-time ${time}: not a time.`, 'As sbatch takes it: minutes, 2:30:00, 1-12:00.');
  }
  for (const argument of given.slurmArg ?? []) {
    const problem = checkArgument(argument);
    if (problem !== undefined) failures.push(problem);
  }
  const features = new Map<string, string>();
  for (const pair of given.slurmFeature ?? []) {
    const [, target, feature] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    if (target === undefined || feature === undefined || !plainName.test(feature)) {
      refuse(`--slurm-feature ${pair}: must be TARGET=FEATURE.`, 'As --slurm-feature graviton3=c7g.');
    } else if (!targets.includes(target)) {
      refuse(`--slurm-feature ${pair}: no target ${target}.`, `Targets are ${targets.join(', ')}.`);
    } else features.set(target, feature);
  }
  if (given.resume !== undefined && given.cancel !== undefined) {
    refuse('--resume and --cancel: one of them.', 'Cancel it first, then resume it.');
  }
  if (failures.length > 0) return fail(failures);
  return ok({
    options: {
      ...(partition === undefined ? {} : { partition }),
      ...(time === undefined ? {} : { time }),
      args: [...(given.slurmArg ?? [])],
    },
    features,
  });
};

/** What is wrong with options that belong to an engine. */
export const findEngineProblems = (
  options: SlurmCommandOptions & { readonly engine?: string; readonly shard?: string },
): readonly Failure[] => {
  const { detach, resume, cancel, slurmPartition, slurmTime, slurmArg, slurmFeature, engine, shard } = options;
  const named = Object.entries({
    detach,
    resume,
    cancel,
    'slurm-partition': slurmPartition,
    'slurm-time': slurmTime,
    'slurm-arg': slurmArg,
    'slurm-feature': slurmFeature,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (engine === 'slurm') {
    const message = '--shard with --engine slurm: Slurm shares the cells out.';
    return shard === undefined ? [] : [{ code: 'usage', message, next: 'Leave --shard out.' }];
  }
  if (named.length === 0) return [];
  return [{ code: 'usage', message: `${named.join(', ')}: only with --engine slurm.` }];
};
