import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli, type RunningCli } from '../rig/cli.ts';
import type { FakeAnswer } from '../rig/fake-programs.ts';
import { findStored, makeWorld, prepend, type World, type WorldOptions } from '../rig/pipeline.ts';

let world: World;
let checkout: string;
const begin = async (options: WorldOptions = {}): Promise<void> => {
  world = await makeWorld(options);
  await world.run(['fetch']);
  checkout = join(world.directory, 'checkout');
  await cp(join(await findStored(world, 'unpack-awslc'), 'tree'), checkout, { recursive: true });
  await writeFile(join(checkout, 'crypto/a.c'), 'one\n');
};
beforeEach(() => begin());
afterEach(() => world.remove());

const watch = (...more: readonly string[]): RunningCli =>
  world.start(['watch', '--awslc', `path:${checkout}`, '--tests', 'test_small', ...more]);
const save = (text: string, name = 'crypto/a.c'): Promise<void> => writeFile(join(checkout, name), text);
const storedSteps = async (): Promise<readonly string[]> => {
  const steps = join(world.store, 'v1/steps');
  const keys = await readdir(steps);
  return Promise.all(
    keys.map(async (key) => {
      const record = JSON.parse(await readFile(join(steps, key, 'record.json'), 'utf8')) as { id: string };
      return record.id;
    }),
  );
};
const count = (cli: RunningCli, text: string): number => cli.stderr().split(text).length - 1;
/** Waits until it has said a text so many times. */
const says = async (cli: RunningCli, text: string, times = 1): Promise<void> => {
  while (count(cli, text) < times) {
    if (cli.child.exitCode !== null) throw new Error(`it ended: ${cli.stderr()}`);
    await sleep(30);
  }
};

/** A build that waits until the gate is there, and whose library holds crypto/a.c. */
const build = (gate: string, more = ''): FakeAnswer => ({
  args: '--build *',
  script: `while [ ! -e '${gate}' ]; do sleep 0.05; done
${more}
mkdir -p build/crypto build/ssl; cat src/crypto/a.c >build/crypto/libcrypto.a; echo ssl >build/ssl/libssl.a`,
});

/** Fails when the library has a certain word. */
const suite = `import os, unittest

class SmallTests(unittest.TestCase):
    def test_one(self):
        object = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'lib-dynload', '_ssl.small.so')
        with open(object) as file:
            self.assertNotIn('wrong', file.read())

    def test_two(self):
        pass
`;

describe('watch', () => {
  it('runs again on what is saved, not on what is only looked at, and Ctrl-C ends it with 130', async () => {
    const cli = watch();
    await says(cli, 'watching ');
    // As many editors save: written beside it, and renamed over it.
    await writeFile(join(world.directory, 'new'), 'two\n');
    await rename(join(world.directory, 'new'), join(checkout, 'crypto/a.c'));
    await says(cli, 'watching ', 2);
    expect(count(cli, 'changed: crypto/a.c\n')).toBe(1);
    await save('of version control\n', '.git');
    await mkdir(join(checkout, 'build'));
    await save('of CMake\n', 'build/CMakeCache.txt');
    await readFile(join(checkout, 'crypto/a.c'));
    await sleep(2500);
    expect(count(cli, 'changed: ')).toBe(1);
    cli.child.kill('SIGINT');
    const result = await cli.ended;
    expect(result.exitCode).toBe(130);
    expect(result.stderr).toContain('Interrupted (SIGINT)');
    expect(result.stdout.match(/suites +All as expected: 2 cases/g)).toHaveLength(2);
    // A pipe gets lines, nothing that redraws.
    expect(result.stdout + result.stderr).not.toContain('\u001b');
  }, 180_000);

  it('says what came out otherwise than before, and leaves the outputs of the last contents only', async () => {
    await world.remove();
    await begin({ suites: { 'test_small.py': suite } });
    await prepend(world, 'cmake', build('/'));
    const cli = watch('--times', '5');
    for (const [index, text] of ['wrong two', 'three', 'four', 'five'].entries()) {
      await says(cli, 'watching ', index + 1);
      await save(`${text}\n`);
    }
    const { exitCode, stdout } = await cli.ended;
    expect(exitCode).toBe(0);
    const told = stdout
      .match(/^\S.* in run [^;]*|^ {2}PASS -> .*|\d better/gm)
      ?.join('\n')
      .replace(/\d{8}T\S+/g, 'RUN');
    expect(told).toMatch(
      /^1 verdict worse than in run RUN\n0 better\n {2}PASS -> FAIL {2}test\.test_small\.SmallTests\.test_one: .*\nNothing worse than in run RUN\n1 better(?:\nNothing worse than in run RUN\n0 better){2}$/,
    );
    const ids = await storedSteps();
    const left = ['unpack-awslc', 'compile-awslc', 'install-cell', 'test-cell', 'compile-core'].map(
      (name) => ids.filter((id) => id.startsWith(name)).length,
    );
    // The source that the test itself fetched, and the core, are of no content that was saved over.
    expect(left).toEqual([3 + 1, 3, 3, 3, 1]);
    // Every run's record is still there.
    expect((await readdir(join(world.store, 'v1/runs'))).filter((name) => /^\d/.test(name)).length).toBeGreaterThan(4);
  }, 180_000);

  it('what is saved during a run is looked at after it, once; a failed build is shown, and watching goes on', async () => {
    const [gate, broken] = [join(world.directory, 'gate'), join(world.directory, 'broken')];
    await writeFile(broken, '');
    const fail = `if [ -e '${broken}' ]; then rm '${broken}'; echo 'a.c: something is wrong' >&2; exit 1; fi`;
    await prepend(world, 'cmake', build(gate, fail));
    const cli = watch('--times', '3');
    await says(cli, 'start  compile AWS-LC');
    await save('two\n');
    await save('three\n');
    await writeFile(gate, '');
    await says(cli, 'a.c: something is wrong');
    await says(cli, 'watching ');
    expect(count(cli, '[command-failed]')).toBe(1);
    expect(count(cli, 'changed: ')).toBe(1);
    // A switch of branches: for a moment it is no AWS-LC.
    await rm(join(checkout, 'include'), { recursive: true });
    const result = await cli.ended;
    expect([result.exitCode, result.stdout.match(/suites +All as expected/g)]).toEqual([
      2,
      expect.objectContaining({ length: 1 }),
    ]);
    expect(result.stderr).toContain('there is no include/openssl/base.h');
  }, 180_000);

  it('ends with 130 in the middle of a run too', async () => {
    await prepend(world, 'cmake', { args: '--build *', sleepSeconds: 60 });
    const cli = watch();
    await says(cli, 'start  compile AWS-LC');
    cli.child.kill('SIGTERM');
    const result = await cli.ended;
    expect([result.exitCode, result.stderr.match(/Interrupted/g)]).toEqual([130, ['Interrupted']]);
  }, 180_000);

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
