import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MatrixRecord } from '../../src/model/matrix.ts';
import type { CliOptions, CliResult, RunningCli } from '../rig/cli.ts';
import { makeMatrixWorld, matrixOf, type MatrixWorld } from '../rig/matrix.ts';
import { prepend } from '../rig/pipeline.ts';
import { findMissingSlurm, installSlurm, startSlurm, type RealSlurm } from '../rig/real-slurm.ts';

let missing: readonly string[];
let slurm: RealSlurm | undefined;
let world: MatrixWorld;

beforeAll(async () => {
  missing = await findMissingSlurm();
  // Nothing is installed on a machine whose owner was not asked: a CI has said yes.
  if (missing.length > 0 && process.env['CI'] === 'true') {
    await installSlurm();
    missing = await findMissingSlurm();
  }
  if (missing.length === 0 && arch() === 'x64') slurm = await startSlurm({ n1: 'plain', n2: 'x86-64-v2' });
});
afterAll(() => slurm?.stop());
beforeEach(async () => {
  world = await makeMatrixWorld();
});
afterEach(() => world.remove());

const cluster = (skip: (note: string) => never): RealSlurm => {
  if (arch() !== 'x64') skip('the levels of CPU that it asks for are of x86-64');
  return slurm ?? skip(`no ${missing.join(', ')} here: apt-get install munge slurmctld slurmd slurm-client`);
};
const within = (running: RealSlurm): CliOptions => ({
  env: { PATH: world.fakes.pathWithSystem, SLURM_CONF: running.conf },
});
const onSlurm = (running: RealSlurm, args: readonly string[]): Promise<CliResult> =>
  world.run(['matrix', '--engine', 'slurm', '--json', ...args], within(running));
const start = (running: RealSlurm, args: readonly string[]): RunningCli =>
  world.start(['matrix', '--engine', 'slurm', '--json', ...args], within(running));
const oneCell = ['--python', '3.14.90', '--awslc', '5.90.0'];
const idOf = (stderr: string): string => /--resume (\S+)/.exec(stderr)?.[1] ?? '';

/** The core's make hangs as long as the file \`hang\` is there; says by the file \`building\` that it is at it. */
const hangingMake = (): Promise<void> => {
  const [hang, building] = ['hang', 'building'].map((name) => join(world.directory, name));
  return writeFile(join(world.directory, 'hang'), '').then(() =>
    prepend(world, 'make', {
      args: '-j*',
      script: `if [ -e '${hang ?? ''}' ]; then : >'${building ?? ''}'; sleep 300; exit 1; fi
printf '#!/bin/sh\\nSELF=$(readlink -f "$0")\\nPREFIX=$(dirname "$(dirname "$SELF")")\\nexport PREFIX\\nexec fake-python "$@"\\n' >python
chmod +x python`,
    }),
  );
};
const isBuilding = async (cli: RunningCli): Promise<void> => {
  while (!existsSync(join(world.directory, 'building'))) {
    if (cli.child.exitCode !== null) throw new Error(cli.stderr());
    await sleep(50);
  }
  await rm(join(world.directory, 'hang'));
};
const says = async (cli: RunningCli, text: RegExp): Promise<void> => {
  while (!text.test(cli.stderr())) {
    if (cli.child.exitCode !== null) throw new Error(cli.stderr());
    await sleep(50);
  }
};
const verdictsOf = ({ cells }: MatrixRecord): unknown =>
  cells.map(({ id, state, suites }) => [id, state, suites?.verdictsDigest]);

describe('a real Slurm with two nodes', () => {
  it('runs 2 x 3 cells where targets want them, shared steps once, to the verdicts of a local run', async ({
    skip,
  }) => {
    const running = cluster(skip);
    const cells = ['--python', '3.14.90', ...['5.90.0', '5.91.0', '5.92.0'].flatMap((version) => ['--awslc', version])];
    const targets = ['--target', 'generic', '--target', 'x86-64-v2'];
    const result = await onSlurm(running, [...cells, ...targets, '--slurm-feature', 'generic=plain']);
    const record = matrixOf(result);
    expect([result.exitCode, new Set(record.cells.map(({ state }) => state))]).toEqual([0, new Set(['as-expected'])]);
    expect(
      [...result.stderr.matchAll(/^done .*, (generic|x86-64-v2), .* on (n\d)\)$/gm)]
        .map(([, target, node]) => `${target} ${node}`)
        .sort(),
    ).toEqual([...Array.from({ length: 4 }, () => 'generic n1'), ...Array.from({ length: 4 }, () => 'x86-64-v2 n2')]);
    // A core for each target, an AWS-LC for each cell of one.
    const steps = record.steps.map(({ id, cells: of, done }) => [id.replace(/-\w{12}$/, ''), of, done]);
    expect(steps.filter(([id]) => id === 'compile-core')).toEqual([
      ['compile-core', 3, 1],
      ['compile-core', 3, 1],
    ]);
    expect(steps.every(([, , done]) => done === 1)).toBe(true);
    const local = matrixOf(
      await world.run(['matrix', ...cells, ...targets, '--json', '--store', join(world.directory, 'other')]),
    );
    expect(verdictsOf(record)).toEqual(verdictsOf(local));
  });

  it('a node that is killed while its task runs: the task is queued again and done on the other node', async ({
    skip,
  }) => {
    const running = cluster(skip);
    await hangingMake();
    const cli = start(running, oneCell);
    await isBuilding(cli);
    await running.killNode('n1');
    await says(cli, /queued again, since n1 failed/);
    // An operator who does not wait for the two minutes that Slurm puts between two tries.
    const [job = ''] = (await running.run('squeue', '--noheader', '--array', '--states=PENDING', '--format=%i %r'))
      .split('\n')
      .flatMap((line) => (line.endsWith('Dependency') ? [] : [line.split(' ')[0] ?? '']));
    await running.run('scontrol', 'update', `JobId=${job}`, 'StartTime=now');
    const result = await cli.ended;
    running.startNode('n1');
    expect([result.exitCode, matrixOf(result).cells[0]?.state]).toEqual([0, 'as-expected']);
    expect(result.stderr).toMatch(/^done {3}core .* on n2\)$/m);
    expect(await running.run('scontrol', 'show', 'job', job)).toMatch(/Restarts=1/);
    // What the killed task had finished was not done again.
    const configured = (await world.fakes.calls('fake-configure')).length;
    expect(configured).toBe(1);
  });

  it('goes on over a restart of the controller, is cancelled by Ctrl-C, and resumed', async ({ skip }) => {
    const running = cluster(skip);
    await hangingMake();
    const cli = start(running, oneCell);
    await isBuilding(cli);
    await running.restartController(() => says(cli, /does not answer/));
    await says(cli, /answers again/);
    cli.child.kill('SIGINT');
    const stopped = await cli.ended;
    expect(stopped.exitCode).toBe(130);
    const id = idOf(stopped.stderr);
    const states = await running.run('squeue', '--noheader', '--array', '--states=all', '--format=%j %T');
    const own = states.split('\n').filter((line) => line.includes(id));
    expect(own.length).toBe(2);
    expect(own.every((line) => /CANCELLED|COMPLETING/.test(line))).toBe(true);
    const result = await onSlurm(running, ['--resume', id]);
    expect([result.exitCode, matrixOf(result).cells[0]?.state]).toEqual([0, 'as-expected']);
  });

  it('cancels the cells of a core that fails, which have its reason', async ({ skip }) => {
    const running = cluster(skip);
    await prepend(world, 'configure', { exitCode: 3, stderr: 'configure: error: no such machine\n' });
    const result = await onSlurm(running, oneCell);
    const [cell] = matrixOf(result).cells;
    expect([result.exitCode, cell?.state, cell?.failures.map(({ code }) => code)]).toEqual([
      1,
      'failed',
      ['command-failed'],
    ]);
    const states = await running.run('squeue', '--noheader', '--array', '--states=all', '--format=%j %T %r');
    const own = states.split('\n').filter((line) => line.includes(idOf(result.stderr)));
    expect(own.sort()).toEqual([
      expect.stringMatching(/-0 FAILED /),
      expect.stringMatching(/-1 CANCELLED DependencyNeverSatisfied/),
    ]);
  });

  it('refuses a partition that it does not have, and knows nothing of it afterwards', async ({ skip }) => {
    const running = cluster(skip);
    const result = await onSlurm(running, [...oneCell, '--slurm-partition', 'nope']);
    expect([result.exitCode, result.stderr]).toEqual([
      1,
      expect.stringMatching(/Invalid partition name[^]*--slurm-partition/),
    ]);
    const id = idOf(result.stderr);
    expect(await running.run('squeue', '--noheader', '--states=all', `--name=awslc-${id}-0`)).toBe('');
    const directory = join(world.store, 'v1/matrices', id);
    expect(JSON.parse(await readFile(join(directory, 'slurm.json'), 'utf8'))).toMatchObject({
      kind: 'slurm-matrix',
      id,
    });
  });
});
