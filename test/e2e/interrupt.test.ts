import { readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureCodes } from '../rig/cli.ts';
import { findStored, makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

/** A make that ignores every polite signal, as does a grandchild; both write their ids into \`pids\`. */
const stubbornMake = async (): Promise<void> => {
  const pids = join(world.directory, 'pids');
  await prepend(world, 'make', {
    args: '-j*',
    script: `
trap '' TERM INT HUP
sh -c "trap '' TERM INT HUP; echo \\$\\$ >>'${pids}'; while :; do echo grandchild >>grandchild.txt; sleep 0.05; done" &
echo $$ >>'${pids}'
echo compiling
while :; do sleep 0.05; done`,
  });
};
const makeIsRunning = async (): Promise<readonly number[]> => {
  for (;;) {
    const text = await readFile(join(world.directory, 'pids'), 'utf8').catch(() => '');
    const pids = text.split('\n').filter((line) => line !== '');
    if (pids.length === 2) return pids.map(Number);
    await sleep(20);
  }
};
/** Zombies are dead: a container whose first process reaps nobody keeps them. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const goodMake = (): Promise<void> => prepend(world, 'make');
/** The same command goes on from what is finished, to the same end as without an interruption. */
const resumes = async (): Promise<void> => {
  await goodMake();
  const configured = (await world.fakes.calls('fake-configure')).length;
  const result = await world.run(['build']);
  expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('have   configure CPython')]);
  expect((await world.fakes.calls('fake-configure')).length).toBe(configured);
  expect(await world.leftovers()).toEqual([]);
  expect(await readdir(join(world.store, 'v1/work'))).toEqual([]);
  const tree = join(await findStored(world, 'compile-core'), 'tree');
  expect(existsSync(join(tree, 'opt/cpython-awslc/bin/python3'))).toBe(true);
};

describe('an interrupted run', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`${signal}: ends with 130, leaves no process, and can be gone on with`, async () => {
      await stubbornMake();
      const cli = world.start(['build', '--json']);
      const pids = await makeIsRunning();
      cli.child.kill(signal);
      const result = await cli.ended;
      expect([result.exitCode, failureCodes(result)]).toEqual([130, ['interrupted']]);
      expect(result.stderr).toContain(`Interrupted (${signal}); what is finished is kept`);
      // SIGTERM was ignored; the group got SIGKILL within its grace.
      expect(result.durationMs).toBeLessThan(15_000);
      expect(pids.filter(isAlive)).toEqual([]);
      expect(await world.leftovers()).toEqual([]);
      await resumes();
    });
  }

  it('a second SIGINT ends at once, and the processes with it', async () => {
    await stubbornMake();
    const cli = world.start(['build']);
    const pids = await makeIsRunning();
    cli.child.kill('SIGINT');
    await sleep(200);
    const from = performance.now();
    cli.child.kill('SIGINT');
    expect((await cli.ended).exitCode).toBe(130);
    expect(performance.now() - from).toBeLessThan(1500);
    await sleep(100);
    expect(pids.filter(isAlive)).toEqual([]);
    await resumes();
  });

  it('while sources are fetched', async () => {
    await world.remove();
    world = await makeWorld({
      awslcServer: [
        { do: 'stall', after: 50, etag: '"a"' },
        { do: 'serve', etag: '"a"' },
      ],
    });
    const cli = world.start(['fetch', '--json']);
    while (world.servers.awslc.requests.length === 0) await sleep(20);
    await sleep(100);
    cli.child.kill('SIGINT');
    const result = await cli.ended;
    expect([result.exitCode, failureCodes(result)]).toEqual([130, ['interrupted']]);
    expect((await world.run(['fetch'])).exitCode).toBe(0);
    // What had come was kept and asked on from there.
    expect(world.servers.awslc.requests.at(-1)?.headers.range).toBe('bytes=50-');
  });

  it('while the machine is asked what it has: nothing is said to be missing', async () => {
    await world.fakes.add({ cmake: { script: 'sleep 20' } });
    const cli = world.start(['build', '--json']);
    while ((await world.fakes.calls('cmake')).length === 0) await sleep(20);
    cli.child.kill('SIGINT');
    const result = await cli.ended;
    expect([result.exitCode, failureCodes(result)]).toEqual([130, ['interrupted']]);
  });
});

describe('a killed run', () => {
  it('kill -9 with its make still running: the next run ends the orphans and comes to the same end', async () => {
    await stubbornMake();
    const cli = world.start(['build']);
    const pids = await makeIsRunning();
    cli.child.kill('SIGKILL');
    expect((await cli.ended).signal).toBe('SIGKILL');
    expect(pids.filter(isAlive)).toEqual(pids);
    expect(await world.leftovers()).not.toEqual([]);
    await resumes();
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('comes to the same bytes as a run that nobody killed', async () => {
    const whole = await makeWorld();
    try {
      await whole.run(['build']);
      await stubbornMake();
      const cli = world.start(['build']);
      await makeIsRunning();
      cli.child.kill('SIGKILL');
      await cli.ended;
      await resumes();
      const digests = async (from: World): Promise<readonly unknown[]> =>
        Promise.all(
          ['unpack-cpython', 'compile-awslc', 'compile-core', 'modules-crypto'].map(
            async (id) =>
              (
                JSON.parse(await readFile(join(await findStored(from, id), 'record.json'), 'utf8')) as {
                  treeDigest: string;
                }
              ).treeDigest,
          ),
        );
      expect(await digests(world)).toEqual(await digests(whole));
    } finally {
      await whole.remove();
    }
  });

  it('a person’s shell that stands in the work directory is left alone', async () => {
    await prepend(world, 'make', { args: '-j*', exitCode: 2 });
    await world.run(['build']);
    const [work = ''] = await readdir(join(world.store, 'v1/work'));
    const { spawn } = await import('node:child_process');
    const shell = spawn('sleep', ['60'], { cwd: join(world.store, 'v1/work', work), stdio: 'ignore' });
    try {
      await goodMake();
      expect((await world.run(['build'])).exitCode).toBe(0);
      expect(shell.exitCode).toBeNull();
      expect(isAlive(shell.pid ?? 0)).toBe(true);
    } finally {
      shell.kill('SIGKILL');
    }
  });

  it('a tool that leaves a daemon with our pipes does not hold the run up', async () => {
    await prepend(world, 'make', {
      args: '-f modules.mk *',
      script: `
for WORD; do case $WORD in OUT=*) OUT=\${WORD#OUT=};; esac; done
echo x >"$OUT/_ssl.small.so"; ln -s _ssl.small.so "$OUT/_hashlib.small.so"
setsid sleep 61 &`,
    });
    const result = await world.run(['build']);
    expect(result.exitCode).toBe(0);
    expect(result.durationMs).toBeLessThan(30_000);
    await writeFile(join(world.directory, 'done'), '');
  });
});
