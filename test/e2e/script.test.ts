import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../rig/cli.ts';
import { describeCall, makeWorld, type World } from '../rig/pipeline.ts';
import type { FakeCall } from '../rig/fake-programs.ts';

const execute = promisify(execFile);
let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

/** What a call was, with the places of a run and of a script by one name. */
const normalize = (calls: readonly FakeCall[], places: readonly (readonly [RegExp, string])[]): readonly string[] =>
  calls
    .map(({ program, args, env }) =>
      [
        program,
        ...args,
        ...Object.entries(env)
          .sort()
          .filter(([name]) => !['PWD', 'OLDPWD', 'SHLVL', '_', 'PATH', 'PREFIX', 'CONFIG_SITE'].includes(name))
          .map(([name, value]) => `${name}=${value}`),
      ].join(' '),
    )
    .map((line) => places.reduce((text, [from, to]) => text.replace(from, to), line))
    .sort();

const saveScript = async (): Promise<string> => {
  const script = join(world.directory, 'by-hand.sh');
  const { stdout, exitCode } = await world.run(['plan', '--format', 'sh']);
  expect(exitCode).toBe(0);
  await writeFile(script, stdout);
  return script;
};
const runScript = (script: string, env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> =>
  execute('dash', [script, join(world.directory, 'hand')], {
    cwd: world.directory,
    env: { PATH: world.fakes.pathWithSystem, HOME: world.directory, JOBS: '2', ...env },
    maxBuffer: 1 << 24,
  });

describe('plan --format sh', () => {
  it('gives the tools the same arguments and environment as a build does, and makes the same proof', async () => {
    const built = await world.run(['prove', '--jobs', '2', '--json']);
    expect(built.exitCode).toBe(0);
    const byTool = await world.work();
    const script = await saveScript();
    const before = (await world.work()).length;
    await runScript(script, { TEST: 'no' });
    const byHand = (await world.work()).slice(before);
    expect(byHand.map(describeCall).sort()).toEqual(byTool.map(describeCall).sort());
    const hand = join(world.directory, 'hand');
    const store = join(world.store, 'v1');
    const tool = /\S*\/(src\/python|hand\/tool)\b/g;
    const asTool = [
      [tool, '{tool}'],
      [new RegExp(`${join(store, 'work')}/`, 'g'), '{work}/'],
      [new RegExp(`${store}/(steps|tmp)/[^ /]+/tree`, 'g'), '{tree}'],
    ] as const;
    const asHand = [
      [tool, '{tool}'],
      [new RegExp(`${join(hand, 'work')}/`, 'g'), '{work}/'],
      [new RegExp(`${hand}/[a-z]+-[a-z]+-[0-9a-f]{12}`, 'g'), '{tree}'],
    ] as const;
    expect(normalize(byHand, asHand)).toEqual(normalize(byTool, asTool));
    const { cells } = JSON.parse(built.stdout) as { cells: readonly [{ proof: object }] };
    const proofs = execFileSync('sh', ['-c', `cat '${hand}'/prove-cell-*/proof.json`], { encoding: 'utf8' });
    expect(JSON.parse(proofs)).toEqual(cells[0].proof);
  });

  it('builds the twin only when it is told to', async () => {
    const script = await saveScript();
    await runScript(script, { TEST: 'no', TWIN: 'yes' });
    expect((await world.work()).map(({ args }) => args[1])).toContain('twin.mk');
    const version = `cat '${world.directory}/hand'/install-twin-*/openssl-version.txt`;
    expect(execFileSync('sh', ['-c', version], { encoding: 'utf8' })).toBe('OpenSSL 3.0.90 1 Jan 2026\n');
  });

  it('runs the suites too, and can be run again in the same directory', async () => {
    const script = await saveScript();
    await runScript(script);
    const { stderr } = await runScript(script);
    expect(stderr).toContain('python: ');
    expect(world.servers.awslc.requests).toHaveLength(1);
    const events = execFileSync('sh', ['-c', `cat '${world.directory}/hand'/test-cell-*/events.jsonl`], {
      encoding: 'utf8',
    });
    expect(events).toContain('test.test_small.SmallTests.test_one');
  });

  it('stops at the first command that fails, at a wrong digest and at wrong headers', async () => {
    const script = await saveScript();
    const hand = join(world.directory, 'hand');
    const text = await readFile(script, 'utf8');
    const ends = async (edited: string, code: number, said: RegExp): Promise<void> => {
      await rm(hand, { recursive: true, force: true });
      const path = join(world.directory, 'edited.sh');
      await writeFile(path, edited);
      const failure = (await runScript(path).catch((error: unknown) => error)) as { code?: number; stderr?: string };
      expect([failure.code, failure.stderr]).toEqual([code, expect.stringMatching(said)]);
    };
    await ends(text.replaceAll(/[0-9a-f]{64}/g, 'a'.repeat(64)), 4, /wrong digest/);
    const edited = text.replace("EVP_md4\\('", "EVP_md400\\('");
    expect(edited).not.toBe(text);
    await ends(edited, 5, /lacks .*EVP_md400/);
    await world.fakes.add({ ninja: { exitCode: 1 }, cmake: { exitCode: 7 } });
    await ends(text, 7, /configure AWS-LC/);
  });

  // Compiler flags name it, and sysconfig spells a letter beyond ASCII in two ways: the real thing fails there, and late.
  it.each(["an odd 'name", 'a$b', 'cäche'])('refuses the directory %s, which make cannot carry', async (name) => {
    const script = await saveScript();
    const odd = join(world.directory, name);
    await mkdir(odd);
    const run = execute('dash', [script], {
      cwd: odd,
      env: { PATH: world.fakes.pathWithSystem, HOME: world.directory, TEST: 'no' },
    });
    await expect(run).rejects.toThrow('choose one of ASCII letters');
    await expect(run).rejects.toMatchObject({ code: 2 });
    expect(await world.work()).toEqual([]);
  });

  it('of the default recipe is sh that dash can read, without a place of this machine', async () => {
    const { stdout, exitCode } = await runCli(['plan', '--format', 'sh'], {
      env: { PATH: world.fakes.pathWithSystem },
    });
    expect(exitCode).toBe(0);
    const script = join(world.directory, 'default.sh');
    await writeFile(script, stdout);
    await execute('dash', ['-n', script]);
    for (const place of [world.directory, process.cwd(), '/home/']) expect(stdout).not.toContain(place);
    expect(stdout).toMatch(/^#!\/bin\/sh\n/);
  });
});
