import * as z from 'zod';

const runnerSchema = z.strictObject({
  target: z.string().optional().describe('of cells for this target: a name in recipes/targets.json'),
  arch: z.string().optional().describe('of all other cells for this architecture, as uname -m says it'),
  labels: z.array(z.string().min(1)).min(1).describe('for `runs-on`: a runner that has all of these'),
  reason: z.string().min(1).describe('why this one'),
});

/** recipes/knowledge/runners.json: which runners of GitHub Actions a cell can run on. */
export const runnersSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  runners: z.array(
    runnerSchema.refine(
      ({ target, arch }) => (target === undefined) !== (arch === undefined),
      'names a target or an architecture, and not both',
    ),
  ),
});
export type Runners = z.infer<typeof runnersSchema>;

/** One job of a matrix of GitHub Actions. Every member is there for the workflow: `${{ matrix.cells }}`. */
export const githubJobSchema = z.strictObject({
  name: z.string().describe('what the job is called'),
  runner: z.array(z.string()).min(1).describe('for `runs-on`'),
  cells: z.string().describe('ids of its cells, with a space between: each is a --cell of `matrix`'),
  count: z.int().describe('how many cells'),
  args: z
    .string()
    .describe('the same as options: --cell ID --cell ID; ids have no character that a shell takes for its own'),
  key: z
    .string()
    .describe('unlike any other job’s, the same from run to run: for names of artifacts and keys of caches'),
});
export type GithubJob = z.infer<typeof githubJobSchema>;

/** What `matrix --engine github` prints, for `strategy.matrix`: GitHub takes every other member for an axis. */
export const githubMatrixSchema = z.strictObject({ include: z.array(githubJobSchema) });
export type GithubMatrix = z.infer<typeof githubMatrixSchema>;
