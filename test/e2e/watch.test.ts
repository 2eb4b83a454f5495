import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli, type RunningCli } from '../rig/cli.ts';
import { findStored, makeWorld, prepend, type World } from '../rig/pipeline.ts';

let world: World;
let checkout: string;
beforeEach(async () => {
  world = await makeWorld();
  await world.run(['fetch']);
  checkout = join(world.directory, 'checkout');
  await cp(join(await findStored(world, 'unpack-awslc'), 'tree'), checkout, { recursive: true });
  await writeFile(join(checkout, 'crypto/a.c'), 'one\n');
});
afterEach(() => world.remove());

const watch = (...more: readonly string[]): RunningCli =>
  world.start(['watch', '--awslc', `path:${checkout}`, '--tests', 'test_small', ...more]);
const save = (text: string, name = 'crypto/a.c'): Promise<void> => writeFile(join(checkout, name), text);
const count = (cli: RunningCli, text: string): number => cli.stderr().split(text).length - 1;
/** Waits until it has said a text so many times. */
const says = async (cli: RunningCli, text: string, times = 1): Promise<void> => {
  while (count(cli, text) < times) {
    if (cli.child.exitCode !== null) throw new Error(`it ended: ${cli.stderr()}`);
    await sleep(30);
  }
};

describe('watch', () => {
  it('runs again on what is saved, not on what is only looked at, and Ctrl-C ends it with 130', async () => {
    const cli = watch();
    await says(cli, 'watching ');
    // Saved in two strokes: one run.
    await save('');
    await sleep(50);
    await save('two\n');
    await says(cli, 'watching ', 2);
    expect(count(cli, 'changed: crypto/a.c\n')).toBe(1);
    await save('of version control\n', '.git').catch(() => undefined);
    await sleep(2500);
    expect(count(cli, 'changed: ')).toBe(1);
    cli.child.kill('SIGINT');
    const result = await cli.ended;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain('Interrupted (SIGINT)');
    expect(result.stdout.match(/suites +All as expected: 2 cases/g)).toHaveLength(2);
    // A pipe gets lines, nothing that redraws.
    expect(result.stdout + result.stderr).not.toContain('\u001b');
  }, 60_000);

  it('what is saved during a run is looked at after it, once; a failed build is shown, and watching goes on', async () => {
    const cmake = { args: '--build *', stderr: 'a.c: something is wrong\n', exitCode: 1, sleepSeconds: 3 };
    await prepend(world, 'cmake', cmake);
    const cli = watch('--times', '3');
    await says(cli, 'start  compile AWS-LC');
    await save('two\n');
    await sleep(500);
    await save('three\n');
    await says(cli, 'a.c: something is wrong');
    await prepend(world, 'cmake');
    await says(cli, 'watching ');
    expect(count(cli, '[command-failed]')).toBe(1);
    expect(count(cli, 'changed: ')).toBe(1);
    // A switch of branches: for a moment it is no AWS-LC.
    await rm(join(checkout, 'include/openssl/base.h'));
    const result = await cli.ended;
    expect([result.exitCode, result.stdout.match(/suites +All as expected/g)]).toEqual([
      2,
      expect.objectContaining({ length: 1 }),
    ]);
    expect(result.stderr).toContain('there is no include/openssl/base.h');
  }, 60_000);

  it('ends with 130 in the middle of a run too', async () => {
    await prepend(world, 'cmake', { args: '--build *', sleepSeconds: 60 });
    const cli = watch();
    await says(cli, 'start  compile AWS-LC');
    cli.child.kill('SIGTERM');
    const result = await cli.ended;
    expect([result.exitCode, result.stderr.match(/Interrupted/g)]).toEqual([130, ['Interrupted']]);
  }, 60_000);

  it.each([
    [[], 'watch needs a source tree of your own'],
    [['--awslc', 'path:nowhere'], 'no such directory'],
    [['--awslc', 'path:.', '--times', '0'], '--times 0: must be a whole number'],
    [['--awslc', 'path:.', '--preset', 'quick', '--tests', 'test_ssl'], 'both say what to run'],
    [['--awslc', 'path:.', '--python', '9.99'], '9.99 is not in the catalogue'],
  ])('%j is refused at once', async (args, message) => {
    const result = await runCli(['watch', '--store', world.store, '--catalogue', world.catalogue, ...args], {
      cwd: checkout,
      env: { PATH: world.fakes.pathWithSystem },
    });
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
