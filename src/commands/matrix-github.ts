import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { suggestWord } from '../model/suggest.ts';
import { groupJobs, jobSizes, type JobSize } from '../plan/jobs.ts';
import { loadRunners, loadTargets } from '../run/data.ts';
import type { CommandContext } from './context.ts';
import { listSelectedCells } from './list-cells.ts';
import type { SelectionOptions } from './selection.ts';

/** Options of `matrix --engine github`. */
export interface GithubOptions extends SelectionOptions {
  /** Only these cells, by id. */
  readonly cell?: readonly string[];
  readonly jobsPer?: string;
  /** `TARGET=LABEL`, or `TARGET=LABEL,LABEL`. */
  readonly runner?: readonly string[];
  /** Machines (uname -m) that the recipe is for; this one unless given. */
  readonly arch?: readonly string[];
  readonly shard?: string;
}

const parseRunners = async (
  values: readonly string[],
): Promise<Result<ReadonlyMap<string, readonly string[]>, readonly Failure[]>> => {
  const targets = await loadTargets();
  if (!targets.ok) return fail([targets.error]);
  const names = targets.value.targets.map(({ name }) => name);
  const overrides = new Map<string, readonly string[]>();
  const failures: Failure[] = [];
  for (const value of values) {
    const [, target, labels] = /^([^=]+)=(.+)$/.exec(value) ?? [];
    const all = labels?.split(',').map((label) => label.trim()) ?? [];
    if (target === undefined || all.includes('') || all.length === 0) {
      const next = 'For instance --runner graviton3=self-hosted,graviton3.';
      failures.push({
        code: 'usage',
        message: `--runner ${value}: must be TARGET=LABEL, or TARGET=LABEL,LABEL.`,
        next,
      });
    } else if (!names.includes(target)) {
      const suggestion = suggestWord(target, names);
      const meant = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
      failures.push({ code: 'usage', message: `--runner ${value}: no target ${target}.${meant}` });
    } else overrides.set(target, all);
  }
  return failures.length === 0 ? ok(overrides) : fail(failures);
};

/** Machines that jobs can be for; another word would make cells that no machine has. */
const archs: readonly string[] = ['x86_64', 'aarch64'];

const parseJobSize = (asked: string | undefined): JobSize | undefined =>
  asked === undefined ? 'core' : jobSizes.find((size) => size === asked);

/**
 * Prints the job matrix for GitHub Actions: one line of JSON for `strategy.matrix`. Needs no compiler, and knows the cells of
 * other machines. Failures: `usage`, and those of a selection.
 */
export const runMatrixGithub = async (options: GithubOptions, context: CommandContext): Promise<readonly Failure[]> => {
  const per = parseJobSize(options.jobsPer);
  const wrong: Failure[] = (options.arch ?? [])
    .filter((arch) => !archs.includes(arch))
    .map((arch) => ({ code: 'usage', message: `--arch ${arch}: not one of ${archs.join(', ')}.` }));
  if (per === undefined) {
    wrong.push({ code: 'usage', message: `--jobs-per ${options.jobsPer ?? ''}: not one of ${jobSizes.join(', ')}.` });
  }
  if (options.shard !== undefined) {
    const next = 'Say --jobs-per core or cell: each job is given its cells.';
    wrong.push({ code: 'usage', message: `--shard ${options.shard} with --engine github: jobs are no shards.`, next });
  }
  const overrides = await parseRunners(options.runner ?? []);
  if (!overrides.ok) wrong.push(...overrides.error);
  if (per === undefined || !overrides.ok || wrong.length > 0) return wrong;
  const runners = await loadRunners();
  if (!runners.ok) return [runners.error];
  const listed = await listSelectedCells(options, context, options.arch);
  if (!listed.ok) return listed.error;
  const { cells } = listed.value;
  const unknown = (options.cell ?? []).filter((id) => !cells.some((cell) => cell.id === id));
  if (unknown.length > 0) {
    const next = 'Ids of cells are what `matrix --engine github` prints without --cell.';
    return [{ code: 'usage', message: `--cell ${unknown.join(', ')}: no cell of this selection.`, next }];
  }
  const jobs = groupJobs({
    cells: cells.filter(({ id }) => options.cell === undefined || options.cell.includes(id)),
    per,
    runners: runners.value,
    overrides: overrides.value,
  });
  if (!jobs.ok) return jobs.error;
  context.out(`${JSON.stringify({ include: jobs.value })}\n`);
  return [];
};
