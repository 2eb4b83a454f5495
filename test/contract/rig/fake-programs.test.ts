import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram } from '../../../src/io/process.ts';
import { fakePrograms } from '../../rig/fake-programs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fake-programs-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const run = (argv: readonly string[], path: string, env: Record<string, string> = {}): ReturnType<typeof runProgram> =>
  runProgram(argv, { purpose: 'try a fake', cwd: directory, env: { PATH: path, ...env } });

it('records arguments, place and environment byte for byte, on a PATH of its own', async () => {
  const fakes = await fakePrograms(directory, { cc: { stdout: "it's\n", stderr: '%s' } });
  const args = ['-D', 'a b', '', 'quote\'\n"newline', '*'];
  expect(await run(['cc', ...args], fakes.path, { NAME: 'x=y\nz' })).toMatchObject({
    ok: true,
    value: { stdout: "it's\n", stderr: '%s' },
  });
  const [call] = await fakes.calls();
  expect(call).toMatchObject({ program: 'cc', args, cwd: directory });
  expect(call?.env['NAME']).toBe('x=y\nz');
});

it('answers by arguments and by the number of the call, and refuses what it was not told', async () => {
  const fakes = await fakePrograms(directory, {
    make: [
      { args: 'install *', call: 1, exitCode: 2, stderr: 'no\n' },
      { args: 'install *', stdout: 'done\n' },
      { args: '-v', script: 'echo "$CALL $1"' },
    ],
  });
  expect(await run(['make', 'install', 'x'], fakes.path)).toMatchObject({ ok: false, error: { exit: 'exit code 2' } });
  expect(await run(['make', 'install', 'x'], fakes.path)).toMatchObject({ ok: true, value: { stdout: 'done\n' } });
  expect(await run(['make', '-v'], fakes.path)).toMatchObject({ ok: true, value: { stdout: '3 -v\n' } });
  expect(await run(['make', 'all'], fakes.path)).toMatchObject({
    ok: false,
    error: { exit: 'exit code 99', lastLines: ['fake make: no answer for: all'] },
  });
  expect(await fakes.commandLines('make')).toEqual(['make install x', 'make install x', 'make -v', 'make all']);
});

it('keeps calls apart that run at once, dies by signals and stands in front of real programs', async () => {
  const fakes = await fakePrograms(directory, { cc: {}, ld: { signal: 'SEGV' }, sh: { exec: '/bin/sh' } });
  await Promise.all(Array.from({ length: 20 }, (_, index) => run(['cc', String(index)], fakes.path)));
  expect((await fakes.calls('cc')).map((call) => Number(call.args[0])).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, index) => index),
  );
  expect(await run(['ld'], fakes.path)).toMatchObject({ ok: false, error: { exit: 'signal SIGSEGV' } });
  expect(await run(['sh', '-c', 'echo real'], fakes.path)).toMatchObject({ ok: true, value: { stdout: 'real\n' } });
  await fakes.remove('cc');
  expect(await run(['cc'], fakes.path)).toMatchObject({ ok: false, error: { code: 'tool-missing' } });
});
