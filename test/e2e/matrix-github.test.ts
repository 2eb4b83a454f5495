import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GithubMatrix } from '../../src/model/runners.ts';
import { githubMatrixSchema } from '../../src/model/runners.ts';
import { failureCodes, runCli, type CliResult } from '../rig/cli.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

/** No compiler, no make: a runner that only plans. */
const bare = { env: { PATH: '/nowhere' } };
const github = (...args: readonly string[]): Promise<CliResult> =>
  runCli(['matrix', '--engine', 'github', ...args], bare);
const parse = (result: CliResult): GithubMatrix => githubMatrixSchema.parse(JSON.parse(result.stdout));

describe('matrix --engine github', () => {
  it('prints one line of JSON without a toolchain, also for machines of other kinds', async () => {
    const result = await github('--python', '3.14.6', '--target', 'generic', '--target', 'graviton3');
    expect([result.exitCode, result.stderr]).toEqual([0, '']);
    expect(result.stdout).toMatch(/^[^\n]+\n$/);
    expect(Object.keys(JSON.parse(result.stdout) as object)).toEqual(['include']);
    expect(parse(result).include.map(({ runner }) => runner.at(-1))).toEqual(['ubuntu-24.04', 'graviton3']);
  });

  it('says the same again, and the same of other architectures as they would themselves', async () => {
    const both = await github('--arch', 'x86_64', '--arch', 'aarch64');
    expect(await github('--arch', 'x86_64', '--arch', 'aarch64')).toMatchObject({ stdout: both.stdout });
    expect(parse(both).include.map(({ runner, cells }) => [runner, cells.includes('-aarch64-gnu-generic-')])).toEqual([
      [['ubuntu-24.04'], false],
      [['ubuntu-24.04-arm'], true],
    ]);
  });

  it('takes some cells by id', async () => {
    const all = parse(await github('--awslc', '5.11', '--awslc', '5.12', '--jobs-per', 'cell'));
    const [first, second] = all.include.map(({ cells }) => cells);
    const one = await github('--awslc', '5.11', '--awslc', '5.12', '--cell', second ?? '');
    expect(parse(one).include.map(({ cells }) => cells)).toEqual([second]);
    expect(first).not.toBe(second);
  });

  it.each([
    [['--jobs-per', 'shard'], '--jobs-per shard: not one of core, cell.'],
    [['--arch', 'arm64'], '--arch arm64: not one of x86_64, aarch64.'],
    [['--runner', 'graviton3'], '--runner graviton3: must be TARGET=LABEL'],
    [['--runner', 'graviton=x'], 'no target graviton. Did you mean graviton'],
    [['--runner', 'generic=a,,b'], 'must be TARGET=LABEL'],
    [['--cell', 'nothing'], '--cell nothing: no cell of this selection.'],
    [['--shard', '1/2'], '--shard 1/2 with --engine github: jobs are no shards.'],
    [['--python', '2.7'], '2.7'],
  ])('refuses %j', async (args, text) => {
    const result = await github(...args, '--json');
    expect([result.exitCode, failureCodes(result)]).toEqual([
      2,
      [args[0] === '--python' ? 'unknown-version' : 'usage'],
    ]);
    expect(result.stderr).toContain(text);
  });
});

describe('ids of cells', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.remove());

  it('are those of the plan that builds them', async () => {
    const recipe = join(world.directory, 'recipe.json');
    await mkdir(world.directory, { recursive: true });
    await writeFile(
      recipe,
      JSON.stringify({
        version: 1,
        name: 'two',
        cells: {
          python: ['3.14'],
          awslc: ['5'],
          target: ['generic', 'native'],
          link: ['static'],
          optimization: ['quick', 'release'],
          cipherString: ['ECDHE+AESGCM:!aNULL:!eNULL:!SHA1'],
        },
        test: { preset: 'quick' },
      }),
    );
    const selection = ['--recipe', recipe, '--catalogue', world.catalogue, '--store', world.store];
    const planned = await world.run(['plan', '--json', '--recipe', recipe]);
    const { cells } = JSON.parse(planned.stdout) as { readonly cells: readonly { readonly id: string }[] };
    const jobs = parse(await github(...selection)).include;
    expect(jobs.flatMap((job) => job.cells.split(' ')).sort()).toEqual(cells.map(({ id }) => id).sort());
  });
});
