import { userInfo } from 'node:os';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { JobState } from '../model/slurm.ts';
import { runProgram, type ProgramResult } from './process.ts';

/** How Slurm's programs are run. */
export interface SlurmAccess {
  /** Whole environment of the programs; what sbatch has, its jobs have. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A program that has not answered by then has no controller to ask: Slurm's own give up after ten seconds or so. */
const askTimeoutMs = 90_000;

const install = 'Run it where Slurm’s programs are: on a login node, or after installing slurm-client.';
const hints: readonly (readonly [RegExp, string])[] = [
  [
    /Unable to contact|Connection refused|connect failure|Zero Bytes were transmitted/i,
    'Is slurmctld up? `scontrol ping` tells; SLURM_CONF names another cluster’s slurm.conf.',
  ],
  [/partition/i, '`sinfo` shows the partitions; --slurm-partition chooses one.'],
  [/time limit/i, 'Ask for less with --slurm-time, or for another partition with --slurm-partition.'],
  [
    /account|QOS|AssocMax|limit/i,
    'Name an account or QOS that may: --slurm-arg --account=NAME, --slurm-arg --qos=NAME.',
  ],
  [
    /Invalid feature|node configuration/i,
    'No node has what was asked for: `sinfo -o "%n %f %c %m"` shows what they have.',
  ],
  [/munge|credential|authentication/i, 'munge must run here with the cluster’s key.'],
];

/** `sbatch: error: Batch job submission failed: Invalid partition name specified` as a failure, with what to do. */
const describeRefusal = (doing: string, failure: Failure): Failure => {
  if (failure.code === 'tool-missing') return { ...failure, next: install };
  if (failure.code !== 'command-failed') return failure;
  const said = failure.lastLines.filter((line) => line.trim() !== '');
  const text = said.join('\n');
  const next = hints.find(([pattern]) => pattern.test(text))?.[1] ?? 'Slurm’s own words say why.';
  return {
    code: 'slurm-refused',
    doing,
    argv: [...failure.argv],
    said: said.length === 0 ? [failure.exit] : said,
    next,
  };
};

const askSlurm = async (
  doing: string,
  argv: readonly string[],
  { env, signal }: SlurmAccess,
): Promise<Result<ProgramResult>> => {
  const asked = await runProgram(argv, {
    purpose: doing,
    cwd: '/',
    env,
    timeoutMs: askTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  return asked.ok ? asked : fail(describeRefusal(doing, asked.error));
};

/** What is submitted as one job array. */
export interface ArrayRequest {
  readonly name: string;
  readonly count: number;
  readonly script: string;
  /** Where each task's output goes; `%a` is its index. */
  readonly log: string;
  readonly feature: string | null;
  /** `4711_3`: a job that must have ended well before. */
  readonly after?: string;
  readonly partition?: string;
  readonly time?: string;
  readonly args: readonly string[];
}

/** The command line that submits an array. A job is requeued when its node dies, and cancelled when its core failed. */
export const sbatchArguments = (request: ArrayRequest): readonly string[] => [
  'sbatch',
  '--parsable',
  ...request.args,
  `--job-name=${request.name}`,
  `--array=0-${request.count - 1}`,
  '--requeue',
  '--open-mode=append',
  // The environment is that of this sbatch, which is made for it.
  '--export=ALL',
  // Where one stands need not be on the nodes, and means nothing to a task.
  '--chdir=/',
  `--output=${request.log}`,
  ...(request.partition === undefined ? [] : [`--partition=${request.partition}`]),
  ...(request.time === undefined ? [] : [`--time=${request.time}`]),
  ...(request.feature === null ? [] : [`--constraint=${request.feature}`]),
  ...(request.after === undefined ? [] : [`--dependency=afterok:${request.after}`, '--kill-on-invalid-dep=yes']),
  request.script,
];

/** Reads what `sbatch --parsable` says: `4711` or `4711;cluster`, maybe after lines of a site's own. Nothing when there is no id. */
export const parseJobId = (stdout: string): string | undefined =>
  stdout
    .split('\n')
    .map((line) => /^(\d+)(?:;\S+)?$/.exec(line.trim())?.[1])
    .findLast((id) => id !== undefined);

/** Submits a job array and returns its id. Failures: `tool-missing`, `slurm-refused`, `interrupted`. */
export const submitArray = async (request: ArrayRequest, access: SlurmAccess): Promise<Result<string>> => {
  const argv = sbatchArguments(request);
  const asked = await askSlurm('submit a job array', argv, access);
  if (!asked.ok) return asked;
  const id = parseJobId(asked.value.stdout);
  if (id !== undefined) return ok(id);
  const said = [asked.value.stdout, asked.value.stderr].join('\n').split('\n');
  return fail({
    code: 'slurm-refused',
    doing: 'submit a job array',
    argv: [...argv],
    said: ['it ended well, but named no job:', ...said.filter((line) => line !== '')],
    next: 'A site’s own sbatch must pass --parsable on.',
  });
};

const queued = ['PENDING', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'];
const ended = [
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMEOUT',
  'OUT_OF_MEMORY',
  'NODE_FAIL',
  'BOOT_FAIL',
  'DEADLINE',
  'PREEMPTED',
  'REVOKED',
  'LAUNCH_FAILED',
];
const phaseOf = (state: string): JobState['phase'] =>
  queued.includes(state) ? 'queued' : ended.includes(state) ? 'ended' : 'running';

/** Fields that every squeue has had since Slurm 2: job, name, state, nodes, reason, which may itself hold the separator. */
const stateFormat = '%i|%j|%T|%N|%r';

/** Reads lines of squeue in `stateFormat`. Of no use are jobs that are no array's tasks: they are left out. */
export const parseJobStates = (stdout: string): readonly JobState[] =>
  stdout.split('\n').flatMap((line) => {
    const [, job, position, name, state, node, reason] =
      /^(\d+_(\d+))\|([^|]*)\|([A-Z_]+)\+?\|([^|]*)\|(.*)$/.exec(line.trim()) ?? [];
    if (job === undefined || position === undefined || name === undefined || state === undefined) return [];
    return [
      {
        job,
        name,
        position: Number(position),
        phase: phaseOf(state),
        state,
        node: node ?? '',
        reason: reason === undefined || /^(?:None|\(null\))$/.test(reason) ? '' : reason,
      },
    ];
  });

/**
 * The tasks of arrays by name, those that ended a short while ago (MinJobAge) included: there need be no accounting
 * database. Failures: `tool-missing`, `slurm-refused` (no controller), `interrupted`.
 */
export const readJobStates = async (
  names: readonly string[],
  access: SlurmAccess,
): Promise<Result<readonly JobState[]>> => {
  if (names.length === 0) return ok([]);
  const asked = await askSlurm(
    'ask for the state of jobs',
    [
      'squeue',
      '--noheader',
      '--array',
      '--states=all',
      // Whose are not ours need not be sent.
      `--user=${userInfo().uid}`,
      `--name=${names.join(',')}`,
      `--format=${stateFormat}`,
    ],
    access,
  );
  return asked.ok ? ok(parseJobStates(asked.value.stdout)) : asked;
};

/** Ends jobs, also those that have ended already. Failures: `tool-missing`, `slurm-refused`, `interrupted`. */
export const cancelJobs = async (jobs: readonly string[], access: SlurmAccess): Promise<Result<void>> => {
  if (jobs.length === 0) return ok(undefined);
  const asked = await askSlurm('cancel jobs', ['scancel', '--quiet', ...jobs], access);
  return asked.ok ? ok(undefined) : asked;
};

/** Reads `sinfo --format=%f`: every feature once, sorted. */
export const parseFeatures = (stdout: string): readonly string[] =>
  [
    ...new Set(
      stdout
        .split(/[\n,]/)
        .map((feature) => feature.trim())
        .filter((feature) => feature !== '' && feature !== '(null)'),
    ),
  ].sort();

/** Features that nodes of a partition, or of any, may have, busy and sleeping ones included. Failures as of `readJobStates`. */
export const readFeatures = async (
  partition: string | undefined,
  access: SlurmAccess,
): Promise<Result<readonly string[]>> => {
  const asked = await askSlurm(
    'ask which nodes there are',
    ['sinfo', '--noheader', '--format=%f', ...(partition === undefined ? [] : [`--partition=${partition}`])],
    access,
  );
  return asked.ok ? ok(parseFeatures(asked.value.stdout)) : asked;
};
