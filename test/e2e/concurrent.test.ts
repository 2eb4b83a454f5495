import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cmakeCache, findStored, flipByte, makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const once = (calls: readonly string[]): readonly string[] => [...new Set(calls)];

describe('two runs on one store', () => {
  it('share the work: each tool runs once, both end well, and one says that it waits', async () => {
    await prepend(world, 'cmake', {
      args: '-G Ninja *',
      script: `sleep 1; ${cmakeCache()}`,
    });
    const results = await Promise.all([world.run(['test']), world.run(['test'])]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const made = (await world.summary()).filter((call) => !/compileall|driver/.test(call));
    expect(made).toEqual(once(made));
    expect(results.map(({ stderr }) => stderr).join('')).toMatch(
      /waiting for another run \(process \d+\) that does the same/,
    );
    expect(await world.leftovers()).toEqual([]);
  });

  it('a run alone never says that it waits', async () => {
    const { stderr } = await world.run(['test']);
    expect(stderr).not.toContain('waiting');
  });

  it('repair one damage together', async () => {
    await world.run(['build']);
    await flipByte(join(await findStored(world, 'install-cell'), 'tree/opt/cpython-awslc/bin/pip3'));
    const results = await Promise.all([world.run(['prove']), world.run(['test'])]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect((await world.summary()).filter((call) => call === 'python ensurepip')).toHaveLength(2);
    expect((await world.run(['test'])).exitCode).toBe(0);
  });

  it('a lock whose owner is dead does not block', async () => {
    const locks = join(world.store, 'v1/locks');
    await mkdir(locks, { recursive: true });
    // Everybody who could hold a lock is killed in the middle.
    await prepend(world, 'cmake', { args: '-G Ninja *', script: 'sleep 30' });
    const first = world.start(['build']);
    while ((await world.work()).every(({ program }) => program !== 'cmake')) await sleep(20);
    first.child.kill('SIGKILL');
    await first.ended;
    await prepend(world, 'cmake');
    const second = await world.run(['build']);
    expect([second.exitCode, second.stderr]).toEqual([0, expect.not.stringContaining('waiting')]);
  });

  it('waits for a living owner, and can be interrupted while it waits', async () => {
    await world.run(['fetch']);
    // The work that configure and compile of AWS-LC share; its lock is held by somebody else.
    const plan = JSON.parse((await world.run(['plan', '--json'])).stdout) as {
      steps: readonly { kind: string; subject: string; workKey: string }[];
    };
    const step = plan.steps.find(({ kind, subject }) => kind === 'configure' && subject === 'awslc');
    const lock = join(world.store, 'v1/locks', step?.workKey.slice(0, 12) ?? '');
    const holder = spawn('flock', ['-x', lock, 'sleep', '30'], { stdio: 'ignore', detached: true });
    try {
      await sleep(200);
      const result = await world.run(['build'], { signalAfter: { text: /waiting for another run/, signal: 'SIGINT' } });
      expect(result.exitCode).toBe(130);
    } finally {
      if (holder.pid !== undefined) process.kill(-holder.pid, 'SIGKILL');
    }
  });
});
