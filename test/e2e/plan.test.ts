import { cp, mkdir, readdir } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planSchema, type Plan } from '../../src/model/plan.ts';
import { parseJson } from '../../src/model/json.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const readPlan = (text: string): Plan => {
  const plan = parseJson(planSchema, text);
  if (!plan.ok) throw new Error(JSON.stringify(plan.error));
  return plan.value;
};

describe('plan', () => {
  it('is the same bytes from another directory, with another store, home, locale and number of jobs', async () => {
    const [here, there] = [join(world.directory, 'here'), join(world.directory, 'there')];
    for (const path of [here, there]) await mkdir(path);
    const first = await world.run(['plan', '--json'], { cwd: here });
    const second = await world.run(['plan', '--json', '--store', join(there, 'store'), '--jobs', '7'], {
      cwd: there,
      env: { LANG: 'tr_TR.UTF-8', TZ: 'Asia/Tokyo', USER: 'somebody', CFLAGS: '-O3' },
    });
    expect(first.exitCode).toBe(0);
    expect(second.stdout).toBe(first.stdout);
  });

  it('names no place, host or user of this machine, and every digest and command line', async () => {
    const { stdout } = await world.run(['plan', '--json']);
    const plan = readPlan(stdout);
    // `root` is also a word of archives, and a short host name may be part of another one.
    const names = [hostname(), userInfo().username].filter((name) => name !== 'root' && name.length > 3);
    for (const secret of [world.directory, world.store, process.cwd(), '/home/', ...names]) {
      expect(stdout.includes(secret) ? secret : '').toBe('');
    }
    for (const step of plan.steps) {
      expect(step.fingerprint).toMatch(/^[0-9a-f]{64}$/);
      for (const action of step.actions) {
        if (action.do === 'fetch') expect(stdout).toContain(action.archive.sha256);
        if (action.do === 'exec') expect(action.cwd).toMatch(/^\{[a-z]+\}/);
      }
    }
    for (const flag of plan.steps.flatMap(({ flags }) => flags)) expect(flag.reason.length).toBeGreaterThan(5);
    expect(plan.resolved.map(({ asked, got }) => [asked, got])).toEqual([
      ['3.14', '3.14.90'],
      ['5', '5.90.0'],
    ]);
  });

  it('needs nothing fetched and makes nothing', async () => {
    expect((await world.run(['plan'])).exitCode).toBe(0);
    expect(world.servers.awslc.requests).toEqual([]);
    expect(await world.work()).toEqual([]);
    await expect(readdir(join(world.store, 'v1'))).rejects.toThrow('ENOENT');
  });

  it('is what a run carries out: the same step ids, and the record holds the plan', async () => {
    const plan = readPlan((await world.run(['plan', '--json'])).stdout);
    const { cells } = JSON.parse((await world.run(['test', '--json'])).stdout) as { cells: readonly { id: string }[] };
    expect(cells.map(({ id }) => id)).toEqual(plan.cells.map(({ id }) => id));
    const stored = await readdir(join(world.store, 'v1/steps'));
    // Proof and results are kept by the machine too.
    const shared = plan.steps
      .filter(({ kind, subject }) => kind !== 'prove' && kind !== 'test' && subject !== 'twin')
      .map(({ fingerprint }) => fingerprint);
    expect(stored.filter((key) => shared.includes(key)).sort()).toEqual([...shared].sort());
  });

  it('does not depend on where a source tree of one’s own lies, but on what is in it', async () => {
    await world.run(['fetch']);
    const steps = join(world.store, 'v1/steps');
    const trees = await Promise.all(
      (await readdir(steps)).map(async (key) => [key, await readdir(join(steps, key, 'tree'))] as const),
    );
    const [awslc = ''] = trees.find(([, names]) => names.includes('include')) ?? [];
    const [one, two] = [join(world.directory, 'one'), join(world.directory, 'two')];
    for (const path of [one, two]) await cp(join(steps, awslc, 'tree'), path, { recursive: true });
    const plans = [];
    for (const path of [one, two]) {
      const { stdout, exitCode } = await world.run(['plan', '--json', '--awslc', `path:${path}`]);
      expect(exitCode).toBe(0);
      plans.push(stdout);
    }
    expect(plans[0]).toBe(plans[1]);
    expect(plans[0]).not.toContain(world.directory);
    await cp(join(two, 'include/openssl/base.h'), join(two, 'include/openssl/more.h'));
    const changed = await world.run(['plan', '--json', '--awslc', `path:${two}`]);
    expect(changed.stdout).not.toBe(plans[0]);
  });

  it('as text names versions, steps and flags with their reasons', async () => {
    const { stdout } = await world.run(['plan']);
    for (const text of ['3.14.90', '5.90.0', '--with-builtin-hashlib-hashes=blake2', 'AWS-LC lacks blake2b, blake2s']) {
      expect(stdout).toContain(text);
    }
  });
});
