import type { Cell } from '../model/cell.ts';
import { digestValue } from '../model/digest.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { GithubJob, Runners } from '../model/runners.ts';
import type { CellChoice } from '../recipe/resolve.ts';
import { chooseBuiltinHashes } from './core.ts';

/** What each job has: the cells that share a core, or one cell. */
export const jobSizes = ['core', 'cell'] as const;
export type JobSize = (typeof jobSizes)[number];

/** As many jobs as GitHub takes in one matrix. */
const mostJobs = 256;

export interface JobsInput {
  readonly cells: readonly { readonly id: string; readonly choice: CellChoice }[];
  readonly per: JobSize;
  readonly runners: Runners;
  /** Labels by target, in place of the file's. */
  readonly overrides: ReadonlyMap<string, readonly string[]>;
}

/** What a core is told by without a machine: cells that are alike in it share one wherever they are built. */
const coreOf = ({ cell, series, capabilities }: CellChoice): unknown => ({
  python: cell.python,
  platform: cell.platform,
  target: cell.target,
  optimization: cell.optimization,
  cipherString: cell.cipherString,
  builtinHashes: chooseBuiltinHashes(series, capabilities.hashes),
  pha: capabilities.pha,
});

const chooseRunner = (cell: Cell, { runners, overrides }: JobsInput): Result<readonly string[]> => {
  const labels =
    overrides.get(cell.target) ??
    runners.runners.find(({ target }) => target === cell.target)?.labels ??
    runners.runners.find(({ arch }) => arch === cell.platform.arch)?.labels;
  if (labels !== undefined) return ok(labels);
  return fail({
    code: 'usage',
    message: `No runner is known for target ${cell.target} on ${cell.platform.arch}.`,
    next: `Name one: --runner ${cell.target}=LABEL, or LABEL,LABEL for one that has both.`,
  });
};

const nameJob = (cell: Cell, per: JobSize): string => {
  const { python, awslc, platform, target, link, optimization } = cell;
  const ofCell = per === 'cell' ? [`AWS-LC ${awslc.version}`] : [];
  const parts = [`CPython ${python.version}`, ...ofCell, platform.arch, target];
  return [...parts, ...(per === 'cell' ? [link] : []), optimization].join(', ');
};

/**
 * Groups cells into jobs, each for runners of one kind: those that share a core go together, since a core costs more than all
 * that is built on it. Failures (`usage`): a cell that no runner is known for; more jobs than GitHub takes.
 */
export const groupJobs = (input: JobsInput): Result<readonly GithubJob[], readonly Failure[]> => {
  const groups = new Map<
    string,
    { readonly first: Cell; readonly runner: readonly string[]; readonly ids: string[] }
  >();
  const failures = new Map<string, Failure>();
  for (const { id, choice } of input.cells) {
    const runner = chooseRunner(choice.cell, input);
    if (!runner.ok) {
      failures.set(JSON.stringify(runner.error), runner.error);
      continue;
    }
    const digest = digestValue(input.per === 'cell' ? id : coreOf(choice));
    const known = groups.get(digest);
    if (known === undefined) groups.set(digest, { first: choice.cell, runner: runner.value, ids: [id] });
    else known.ids.push(id);
  }
  if (failures.size > 0) return fail([...failures.values()]);
  if (groups.size > mostJobs) {
    const next =
      input.per === 'cell' ? 'Say --jobs-per core, or narrow the axes.' : 'Narrow the axes, and make several matrices.';
    return fail([{ code: 'usage', message: `${groups.size} jobs: GitHub takes ${mostJobs} in one matrix.`, next }]);
  }
  const jobs = [...groups].map(([digest, { first, runner, ids }]) => ({
    name: nameJob(first, input.per),
    runner: [...runner],
    cells: ids.join(' '),
    count: ids.length,
    args: ids.map((id) => `--cell ${id}`).join(' '),
    key: [first.python.version, first.platform.arch, first.target, first.optimization, digest.slice(0, 8)].join('-'),
  }));
  const count = (name: string): number => jobs.filter((job) => job.name === name).length;
  // Two cores of one version differ in what a name does not say: their digests tell them apart.
  return ok(jobs.map((job) => (count(job.name) === 1 ? job : { ...job, name: `${job.name} (${job.key.slice(-8)})` })));
};
