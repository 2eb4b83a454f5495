import { setTimeout as sleep } from 'node:timers/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

describe('run', () => {
  it('builds first when nothing is there, then is silent: only Python speaks', async () => {
    const first = await world.run(['run', '--', '-c', 'print("hello")']);
    expect([first.exitCode, first.stdout]).toEqual([0, 'hello\n']);
    expect(first.stderr).toContain('done   install');
    const second = await world.run(['run', '--', '-c', 'print("hello")']);
    expect([second.exitCode, second.stdout, second.stderr]).toEqual([0, 'hello\n', '']);
  });

  it('passes arguments, standard input, the directory, the environment and the exit code through', async () => {
    await world.run(['build']);
    await writeFile(join(world.directory, 'here'), '');
    const program =
      'import os, sys; print(sys.argv[1:], sys.stdin.read(), os.path.exists("here"), os.environ["MINE"]); sys.exit(37)';
    const result = await world.run(['run', '--', '-c', program, '--json', '-x', 'two words', ''], {
      input: 'from stdin',
      cwd: world.directory,
      env: { MINE: 'yes' },
    });
    expect([result.exitCode, result.stdout]).toEqual([37, "['--json', '-x', 'two words', ''] from stdin True yes\n"]);
  });

  it('passes signals on, and ends as Python does', async () => {
    await world.run(['build']);
    const ready = join(world.directory, 'ready');
    const program = `import signal, sys, time
def stop(number, frame):
    print("got", signal.Signals(number).name); sys.exit(5)
for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(one, stop)
open(${JSON.stringify(ready)}, "w").write("x")
while True: time.sleep(0.05)`;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      await writeFile(ready, '');
      const cli = world.start(['run', '--', '-c', program]);
      while ((await readFile(ready, 'utf8')) === '') await sleep(20);
      cli.child.kill(signal);
      const result = await cli.ended;
      expect([result.exitCode, result.stdout]).toEqual([5, `got ${signal}\n`]);
    }
    const killed = await world.run(['run', '--', '-c', 'import os; os.kill(os.getpid(), 9)']);
    expect(killed.exitCode).toBe(137);
  });

  it('takes one cell', async () => {
    const result = await world.run(['run', '--optimization', 'quick', '--optimization', 'debug', '--', '--version']);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('run takes one cell');
  });
});
