import { existsSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, failureCodes, type CliResult } from '../rig/cli.ts';
import { fakeSlurm, type FakeSlurm } from '../rig/fake-slurm.ts';
import { makeMatrixWorld, matrixOf, matrixVersions, refusePair, statesOf, type MatrixWorld } from '../rig/matrix.ts';
import { copyPackage } from '../rig/package-copy.ts';
import { cmakeCache, prepend } from '../rig/pipeline.ts';

let world: MatrixWorld;
let slurm: FakeSlurm;
beforeEach(async () => {
  world = await makeMatrixWorld(`
    def test_version(self):
        self.assertNotIn('"5.92.0"', AWSLC)
`);
  slurm = await fakeSlurm(world);
});
afterEach(async () => {
  await slurm.stop();
  await world.remove();
});

/** One CPython on two AWS-LCs, which is a core and two cells. */
const small = ['--python', '3.14.90', '--awslc', '5.90.0', '--awslc', '5.91.0'];
const onSlurm = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
  world.run(['matrix', '--engine', 'slurm', '--json', ...args], { env });
const ids = (): Promise<readonly string[]> => readdir(join(world.store, 'v1/matrices')).catch(() => []);
const onlyId = async (): Promise<string> => {
  const [id, ...others] = await ids();
  if (id === undefined || others.length > 0) throw new Error('not one matrix');
  return id;
};
const resume = async (): Promise<CliResult> => onSlurm(['--resume', await onlyId()]);
const callsOf = async (program: string): Promise<number> => (await world.fakes.calls(program)).length;

describe('matrix --engine slurm', { timeout: 180_000 }, () => {
  it('submits cores, then cells, follows them, and says what a local matrix says', async () => {
    const output = join(world.directory, 'out');
    const env = { SBATCH_PARTITION: 'other', SQUEUE_FORMAT: '%i', CCACHE_DIR: '/ccache' };
    const result = await world.matrix(['--engine', 'slurm', '--json', '--output', output], { env });
    const record = matrixOf(result);
    expect([result.exitCode, statesOf(record)]).toEqual([
      3,
      Object.fromEntries(
        matrixVersions.cpython.flatMap((python) =>
          matrixVersions.awslc.map((awslc) => [
            `${python} ${awslc}`,
            awslc === '5.92.0' ? 'unexpected' : 'as-expected',
          ]),
        ),
      ),
    ]);
    const submitted = await world.fakes.calls('sbatch');
    // Two cores ask for the same node; the three cells of each wait for theirs.
    expect(submitted.map(({ args }) => args.filter((word) => /^--(?:array|dependency)=/.test(word)))).toEqual([
      ['--array=0-1'],
      ['--array=0-2', '--dependency=afterok:100_0'],
      ['--array=0-2', '--dependency=afterok:100_1'],
    ]);
    const passed = Object.keys(submitted[0]?.env ?? {});
    expect(passed).toContain('CCACHE_DIR');
    expect(passed.filter((name) => /^(?:SBATCH|SQUEUE|XDG)_/.test(name))).toEqual([]);
    expect(result.stderr).toMatch(/note {3}\d queued, \d running, \d done/);
    const shared = new Map(record.steps.map(({ id, done }) => [id.replace(/-\w{12}$/, ''), done]));
    expect([shared.get('compile-core'), shared.get('compile-awslc')]).toEqual([1, 1]);
    expect((await world.summary()).filter((call) => call.startsWith('fake-configure')).length).toBe(2);

    const alone = await world.matrix(['--json', '--store', join(world.directory, 'other')]);
    const local = matrixOf(alone);
    expect(alone.exitCode).toBe(3);
    const verdicts = (from: typeof local): unknown =>
      from.cells.map(({ id, state, suites }) => [id, state, suites?.verdictsDigest]);
    expect(verdicts(record)).toEqual(verdicts(local));
    const merged = matrixOf(await world.run(['merge', output, '--json']));
    expect(verdicts(merged)).toEqual(verdicts(local));
  });

  it('runs nothing again that has a result, also when it is followed anew', async () => {
    expect((await onSlurm(small)).exitCode).toBe(0);
    const countWork = async (): Promise<number> =>
      (await world.summary()).filter((call) => !call.startsWith('squeue')).length;
    const before = await countWork();
    const again = await resume();
    expect([again.exitCode, matrixOf(again).cells.map(({ state }) => state)]).toEqual([
      0,
      ['as-expected', 'as-expected'],
    ]);
    expect(await countWork()).toBe(before);
  });

  it('a failed step fails its cell with the reason, and no other', async () => {
    await refusePair(world, '3.14.90', '5.91.0');
    const result = await onSlurm(small);
    const record = matrixOf(result);
    expect([result.exitCode, statesOf(record)]).toEqual([
      1,
      { '3.14.90 5.90.0': 'as-expected', '3.14.90 5.91.0': 'failed' },
    ]);
    expect(record.cells[1]?.failures).toMatchObject([{ code: 'incompatible' }]);
    // Its log came with it.
    expect(JSON.stringify(record.cells[1]?.logs)).toContain('SSL_small');
  });

  it('a core that fails: its cells are not begun, do not wait for ever, and have the core’s reason', async () => {
    await prepend(world, 'configure', { exitCode: 3, stderr: 'configure: error: no such machine\n' });
    const result = await onSlurm(small);
    const record = matrixOf(result);
    expect([result.exitCode, record.cells.map(({ state }) => state)]).toEqual([1, ['failed', 'failed']]);
    expect(record.cells.map(({ failures }) => failures.map(({ code }) => code))).toEqual([
      ['command-failed'],
      ['command-failed'],
    ]);
    expect(await slurm.states()).toEqual(['100_0 FAILED', '101_0 CANCELLED', '101_1 CANCELLED']);
    // The reason is gone: the core is tried again for the sake of its cells.
    await prepend(world, 'configure');
    expect((await resume()).exitCode).toBe(0);
  });

  it('a task that a limit ended is told with the limit’s name and the log, and is run by --resume', async () => {
    const die = (state: string): Promise<void> =>
      prepend(world, 'cmake', {
        args: '--build *',
        script: `echo compiling >&2; echo ${state} >'${slurm.directory}/override'; kill -9 $PPID; sleep 5`,
      });
    await die('OUT_OF_MEMORY');
    const result = await onSlurm(small.slice(0, 4));
    const record = matrixOf(result);
    expect([result.exitCode, record.cells.map(({ state }) => state)]).toEqual([1, ['failed']]);
    expect(record.cells[0]?.failures).toMatchObject([
      {
        code: 'task-failed',
        state: 'OUT_OF_MEMORY',
        node: 'n1',
        job: '101_0',
        reason: expect.stringContaining('--mem') as unknown,
      },
    ]);
    expect(result.stderr).toMatch(
      /To run again what has no result: cpython-awslc matrix --engine slurm --resume \S+ --store/,
    );
    await die('TIMEOUT');
    const late = matrixOf(await resume());
    expect(late.cells[0]?.failures).toMatchObject([
      { state: 'TIMEOUT', reason: expect.stringContaining('--slurm-time') as unknown },
    ]);
    await makeGood();
    const whole = await resume();
    expect([whole.exitCode, matrixOf(whole).cells[0]?.state]).toEqual([0, 'as-expected']);
  });
});

const makeGood = async (): Promise<void> => {
  await prepend(
    world,
    'cmake',
    { args: '-G Ninja *', script: `${cmakeCache()}; echo any >build/version` },
    {
      args: '--build *',
      script: 'mkdir -p build/crypto build/ssl; echo c >build/crypto/libcrypto.a; echo s >build/ssl/libssl.a',
    },
  );
};

describe('a cluster', { timeout: 180_000 }, () => {
  it('without the feature of a target: its cells cannot run, the others do', async () => {
    await slurm.offer('x86-64-v2');
    const result = await onSlurm([...small.slice(0, 4), '--target', 'generic', '--target', 'graviton3']);
    const record = matrixOf(result);
    expect([result.exitCode, record.cells.map(({ state }) => state)]).toEqual([1, ['as-expected', 'cannot-run']]);
    expect(record.cells[1]?.failures).toEqual([
      { code: 'no-node', target: 'graviton3', feature: 'graviton3', known: ['x86-64-v2'] },
    ]);
    expect((await onSlurm(['--resume', await onlyId(), '--partial'])).exitCode).toBe(0);
  });

  it('is asked for features by its own names, and for what is passed on', async () => {
    await slurm.offer('haswell,x86_64');
    const more = [
      '--slurm-partition',
      'fast',
      '--slurm-time',
      '1:00:00',
      '--slurm-arg',
      '--mem=8G',
      '--slurm-arg',
      '--account=me',
    ];
    const cells = [...small.slice(0, 4), '--target', 'x86-64-v2', '--target', 'generic'];
    const result = await onSlurm([
      ...cells,
      '--slurm-feature',
      'x86-64-v2=haswell',
      ...more,
      '--up-to',
      'core',
      '--detach',
    ]);
    expect([result.exitCode, JSON.parse(result.stdout)]).toEqual([
      0,
      expect.objectContaining({ kind: 'slurm', did: 'submitted', jobs: ['100', '101'], tasks: 2 }),
    ]);
    const calls = await world.fakes.calls('sbatch');
    expect(calls.map(({ args }) => args.find((word) => word.startsWith('--constraint=')))).toEqual([
      '--constraint=haswell',
      '--constraint=x86_64',
    ]);
    for (const { args } of calls) {
      expect(args).toEqual(
        expect.arrayContaining(['--partition=fast', '--time=1:00:00', '--mem=8G', '--account=me', '--requeue']),
      );
    }
    expect((await world.fakes.calls('sinfo'))[0]?.args).toContain('--partition=fast');
    const followed = await resume();
    expect([followed.exitCode, matrixOf(followed).stage]).toEqual([0, 'core']);
  });

  it('that has no programs, no controller, or refuses: one failure, and nothing is left submitted', async () => {
    const unreachable = 'slurm_load_partitions: Unable to contact slurm controller (connect failure)\n';
    await slurm.interfere('sinfo', { stderr: unreachable, exitCode: 1 });
    const silent = await onSlurm(small);
    expect([silent.exitCode, failureCodes(silent), await ids()]).toEqual([1, ['slurm-refused'], []]);
    expect(silent.stderr).toContain('scontrol ping');
    await slurm.interfere('sinfo');
    // The cores were accepted, the cells are not: the cores are cancelled.
    await slurm.hold();
    const invalid = 'sbatch: error: Batch job submission failed: Invalid partition name specified\n';
    await slurm.interfere('sbatch', { call: 2, stderr: invalid, exitCode: 1 });
    const refused = await onSlurm(small);
    expect([refused.exitCode, failureCodes(refused)]).toEqual([1, ['slurm-refused']]);
    expect(refused.stderr).toMatch(/Invalid partition name[^]*--slurm-partition/);
    expect(await slurm.states()).toEqual(['100_0 CANCELLED']);
    await slurm.letGo();
    const mended = await resume();
    expect([mended.exitCode, matrixOf(mended).cells.length]).toEqual([0, 2]);
    await slurm.interfere('sbatch', { stdout: 'thank you\n' });
    const speechless = await onSlurm(small);
    expect([failureCodes(speechless), speechless.stderr]).toEqual([
      ['slurm-refused'],
      expect.stringContaining('thank you'),
    ]);
    const missing = await onSlurm(small, { PATH: join(world.directory, 'nothing') });
    expect([missing.exitCode, failureCodes(missing)]).toEqual([1, ['tool-missing']]);
    expect(missing.stderr).toContain('slurm-client');
  });

  it('whose controller is restarted is asked again', async () => {
    const answers = [2, 3].map((call) => ({
      call,
      stderr: 'slurm_load_jobs error: Unable to contact slurm controller\n',
      exitCode: 1,
    }));
    await slurm.interfere('squeue', ...answers);
    const result = await onSlurm(small.slice(0, 4));
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringMatching(/does not answer[^]*answers again/)]);
  });

  it('whose nodes lack the tool, or do not see the store: the failure says so', async () => {
    const copy = await copyPackage(join(world.directory, 'copy'));
    const lose = async (bin: string, what: (id: string) => Promise<void>): Promise<string> => {
      await slurm.hold();
      const cli = world.start(['matrix', '--engine', 'slurm', '--json', ...small.slice(0, 4)], { bin });
      while (!cli.stderr().includes('queued')) await sleep(50);
      const [newest = ''] = (await ids()).toSorted().reverse();
      await what(newest);
      await slurm.letGo();
      const result = await cli.ended;
      const [cell] = matrixOf(result).cells;
      expect([result.exitCode, cell?.state, cell?.failures]).toEqual([
        1,
        'failed',
        [
          expect.objectContaining({
            code: 'task-failed',
            state: 'FAILED',
            task: expect.stringContaining('core') as unknown,
          }),
        ],
      ]);
      return JSON.stringify(cell?.failures);
    };
    const other = await lose(bin, async (id) => {
      const tasks = join(world.store, 'v1/matrices', id, 'tasks');
      await rename(tasks, `${tasks}-elsewhere`);
    });
    expect(other).toContain('n1 does not see');
    const without = await lose(copy.bin, async () => {
      // The follower has loaded what it needs.
      await rm(copy.bin);
    });
    expect(without).toContain('must have the same paths on every node');
  });
});

describe('a submitter', { timeout: 180_000 }, () => {
  it('that is killed between sbatch’s answer and writing it down: the job is found by name, not submitted again', async () => {
    await slurm.hold();
    await writeFile(join(slurm.directory, 'lose-answer'), '');
    const killed = await onSlurm(small);
    expect(killed.signal).toBe('SIGKILL');
    await slurm.letGo();
    const result = await resume();
    expect([result.exitCode, matrixOf(result).cells.length]).toEqual([0, 2]);
    // One array of cores, one of cells.
    expect(await slurm.states()).toEqual(['100_0 COMPLETED', '101_0 COMPLETED', '101_1 COMPLETED']);
  });

  it('that is killed while it follows: jobs go on, and are followed again', async () => {
    await slurm.hold();
    const cli = world.start(['matrix', '--engine', 'slurm', ...small]);
    while (!cli.stderr().includes('queued')) await sleep(50);
    cli.child.kill('SIGKILL');
    await cli.ended;
    await slurm.letGo();
    const result = await resume();
    expect([result.exitCode, await callsOf('sbatch')]).toEqual([0, 2]);
  });

  it('that gets Ctrl-C cancels its jobs, says how to go on, and goes on', async () => {
    await slurm.hold();
    const cli = world.start(['matrix', '--engine', 'slurm', ...small]);
    while (!cli.stderr().includes('queued')) await sleep(50);
    cli.child.kill('SIGINT');
    const result = await cli.ended;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toMatch(/Cancelled 2 job arrays\. To go on: .*--resume/);
    expect(new Set((await slurm.states()).map((line) => line.split(' ')[1]))).toEqual(new Set(['CANCELLED']));
    await slurm.letGo();
    expect((await resume()).exitCode).toBe(0);
  });

  it('cancels a matrix from elsewhere: whoever follows it says so', async () => {
    await slurm.hold();
    const cli = world.start(['matrix', '--engine', 'slurm', '--json', ...small]);
    while (!cli.stderr().includes('queued')) await sleep(50);
    const cancelled = await onSlurm(['--cancel', await onlyId()]);
    expect([cancelled.exitCode, JSON.parse(cancelled.stdout)]).toEqual([
      0,
      expect.objectContaining({ did: 'cancelled', jobs: ['100', '101'] }),
    ]);
    const result = await cli.ended;
    expect(result.exitCode).toBe(1);
    expect(matrixOf(result).cells[0]?.failures).toMatchObject([{ code: 'task-failed', state: 'CANCELLED' }]);
    await slurm.letGo();
    expect((await resume()).exitCode).toBe(0);
  });

  it('with --fail-fast cancels what waits after the first failure', async () => {
    await refusePair(world, '3.14.90', '5.90.0');
    await prepend(world, 'make', { args: '*modules.mk *', script: 'sleep 30' });
    const result = await onSlurm([...small, '--fail-fast']);
    expect([result.exitCode, matrixOf(result).cells.map(({ state }) => state)]).toEqual([1, ['failed', 'not-run']]);
  });

  it('that writes nonsense is told so', async () => {
    const refused = async (...args: readonly string[]): Promise<string> => {
      const result = await onSlurm(args);
      expect([args, result.exitCode, failureCodes(result)[0]]).toEqual([args, 2, 'usage']);
      return result.stderr;
    };
    expect(await refused('--slurm-arg', '--wrap=rm')).toContain('the engine says --wrap itself');
    expect(await refused('--slurm-arg', '--dep=afterok:1')).toContain('--dependency');
    expect(await refused('--slurm-arg', '-p x')).toContain('not a long option');
    expect(await refused('--slurm-time', 'soon')).toContain('not a time');
    expect(await refused('--slurm-partition', 'a b')).toContain('not the name of a partition');
    expect(await refused('--slurm-feature', 'graviton9=x')).toContain('no target graviton9');
    expect(await refused('--slurm-feature', 'graviton3')).toContain('TARGET=FEATURE');
    expect(await refused('--shard', '1/2')).toContain('Slurm shares the cells out');
    expect(await refused('--resume', 'x', '--cancel', 'x')).toContain('one of them');
    expect(await refused('--resume', '../x')).toContain('No matrix ../x');
    const local = await world.run(['matrix', '--json', '--slurm-time', '5', '--detach']);
    expect([local.exitCode, local.stderr]).toEqual([
      2,
      expect.stringContaining('--detach, --slurm-time: only with --engine slurm'),
    ]);
    expect(existsSync(join(slurm.directory, 'jobs', '100_0'))).toBe(false);
  });
});
