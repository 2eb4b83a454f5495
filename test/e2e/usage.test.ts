import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bin, failureCodes, runCli } from '../rig/cli.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

const execute = promisify(execFile);
const escape = '\u001b';

describe('the command line', () => {
  it('has an example in the help of every command, on standard output', async () => {
    const help = await runCli(['--help']);
    expect([help.exitCode, help.stderr]).toEqual([0, '']);
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'help');
    expect(commands).toEqual(
      expect.arrayContaining(['doctor', 'list', 'plan', 'fetch', 'build', 'prove', 'test', 'run']),
    );
    const helps = await Promise.all(commands.map((name) => runCli([name, '--help'])));
    for (const [index, { exitCode, stdout, stderr }] of helps.entries()) {
      expect([commands[index], exitCode, stderr]).toEqual([commands[index], 0, '']);
      expect(stdout).toMatch(/Example:\n {2}\$ cpython-awslc /);
      expect(stdout).not.toContain(escape);
    }
  });

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(await runCli(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it('refuses unknown commands and options with 2, and suggests', async () => {
    const command = await runCli(['biuld']);
    expect([command.exitCode, command.stdout]).toEqual([2, '']);
    expect(command.stderr).toContain('Did you mean build?');
    const option = await runCli(['build', '--pythn', '3.14']);
    expect(option.exitCode).toBe(2);
    expect(option.stderr).toContain('Did you mean --python?');
    expect((await runCli([])).exitCode).toBe(2);
  });

  it('keeps the promise of --json when the command line itself is wrong', async () => {
    const result = await runCli(['build', '--json', '--pythn', '3.14']);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    expect(result.stderr).toContain('--pythn');
  });
});

describe('a selection', () => {
  const refused = async (args: readonly string[], codes: readonly string[]): Promise<string> => {
    const result = await runCli([...args, '--json']);
    expect([args, result.exitCode, failureCodes(result)]).toEqual([args, 2, codes]);
    return result.stderr;
  };

  it('with an unknown version: what is known, and what was probably meant', async () => {
    expect(await refused(['plan', '--python', '3.14.60'], ['unknown-version'])).toMatch(
      /CPython 3\.14\.60 is not in the catalogue\. Did you mean 3\.14\.6\?\n {2}known: .*3\.14\.6/,
    );
    // All at once.
    await refused(['plan', '--python', '2.7', '--awslc', '0.1'], ['unknown-version', 'unknown-version']);
  });

  it('with an unknown recipe, target, or one for another machine', async () => {
    expect(await refused(['plan', '--recipe', 'defualt'], ['unknown-recipe'])).toContain('known names: ');
    await refused(['plan', '--recipe', './no-such-file.json'], ['unknown-recipe']);
    expect(await refused(['plan', '--target', 'genric'], ['usage'])).toContain('Did you mean generic?');
  });

  it('with values that cannot be: every one is said', async () => {
    const stderr = await refused(
      [
        'plan',
        '--link',
        'dynamic',
        '--optimization',
        'fast',
        '--jobs',
        '0',
        '--mirror',
        'nonsense',
        '--cipher-string',
        'X@SECLEVEL=2',
      ],
      ['usage', 'usage', 'usage', 'usage', 'usage'],
    );
    for (const part of ['--link dynamic', '--optimization fast', '--jobs 0', '--mirror nonsense', '@SECLEVEL']) {
      expect(stderr).toContain(part);
    }
    await refused(['plan', '--jobs', '1.5'], ['usage']);
    await refused(['build', '--awslc', 'git:https://example.invalid/x'], ['usage']);
  });
});

describe('in a small world', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld();
  });
  afterEach(() => world.remove());

  it('a bad recipe: every problem with its path, and suggestions', async () => {
    const recipe = join(world.directory, 'bad.json');
    const bad = {
      version: 1,
      name: 'Bad Name',
      cells: {
        pyhton: ['3.14'],
        awslc: [],
        target: ['genric'],
        link: ['sttic'],
        optimization: ['quick'],
        cipherString: ['DEFAULT'],
      },
      test: { preset: 'cypto' },
    };
    await writeFile(recipe, JSON.stringify(bad));
    const result = await world.run(['plan', '--recipe', recipe, '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['file-invalid']]);
    const { failures } = JSON.parse(result.stdout) as {
      failures: readonly [{ problems: readonly { path: string; suggestion?: string }[] }];
    };
    const problems = failures[0].problems.map(({ path, suggestion }) => [path, suggestion]);
    expect(problems).toEqual(
      expect.arrayContaining([
        ['$.name', undefined],
        ['$.cells.python', undefined],
        ['$.cells.pyhton', 'python'],
        ['$.cells.awslc', undefined],
        ['$.cells.link[0]', 'static'],
        ['$.test.preset', 'crypto'],
      ]),
    );
    expect(result.stderr).toContain('$.cells.pyhton: no such member: pyhton (did you mean python?)');
    await writeFile(recipe, '{"version": 1,');
    const broken = await world.run(['plan', '--recipe', recipe, '--json']);
    expect([broken.exitCode, failureCodes(broken)]).toEqual([2, ['file-invalid']]);
  });

  it('a recipe of one’s own, by a path relative to where one stands', async () => {
    const text = await readFile('recipes/default.json', 'utf8');
    const recipe = { ...(JSON.parse(text) as object), name: 'mine' };
    await writeFile(join(world.directory, 'mine.json'), JSON.stringify(recipe));
    const result = await world.run(['plan', '--recipe', 'mine.json', '--json'], { cwd: world.directory });
    expect(JSON.parse(result.stdout)).toMatchObject({ kind: 'plan', recipe: 'mine' });
  });

  it('a catalogue that is not there, or is no catalogue', async () => {
    await writeFile(join(world.catalogue, 'awslc.json'), '{"version": 1, "entries": [{}]}');
    const result = await world.run(['plan', '--json']);
    expect([result.exitCode, failureCodes(result)]).toEqual([2, ['file-invalid']]);
    expect(result.stderr).toContain('$.entries[0].version');
    const absent = await runCli(['plan', '--json', '--catalogue', join(world.directory, 'nowhere')]);
    expect([absent.exitCode, failureCodes(absent)]).toEqual([2, ['file-invalid']]);
  });

  it('standard output has one JSON document or a report, standard error the rest; neither has escape codes in a pipe', async () => {
    for (const args of [['plan'], ['build'], ['prove'], ['test']]) {
      const json = await world.run([...args, '--json']);
      expect(json.exitCode).toBe(0);
      expect(Object.keys(JSON.parse(json.stdout) as object)).toContain('version');
      const text = await world.run(args);
      expect(text.stdout + text.stderr + json.stderr).not.toContain(escape);
    }
  });

  it('colours only where they are wanted', async () => {
    await world.run(['test']);
    const forced = await world.run(['test'], { env: { FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain(escape);
    const refused = await world.run(['test'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(refused.stdout).not.toContain(escape);
  });

  it('draws on the terminal’s standard error only: a report that goes to a file has nothing of it', async () => {
    const report = join(world.directory, 'report.json');
    const command = [
      process.execPath,
      bin,
      'build',
      '--json',
      '--python',
      '3.14',
      '--awslc',
      '5',
      '--catalogue',
      world.catalogue,
      '--store',
      world.store,
    ];
    // script gives the command a terminal; what the terminal gets is in its output.
    const draw = async (stty: string): Promise<string> => {
      const { stdout } = await execute(
        'script',
        ['-qec', `${stty}${command.map((word) => `'${word}'`).join(' ')} >'${report}'`, '/dev/null'],
        { env: { PATH: world.fakes.pathWithSystem, HOME: world.directory, TERM: 'xterm', CCACHE_DISABLE: '1' } },
      );
      return stdout;
    };
    const terminal = await draw('stty cols 80; ');
    expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ kind: 'result', failures: [] });
    expect(terminal).toContain('compile AWS-LC 5.90.0');
    expect(terminal).toContain(escape);
    // A terminal without a size cannot be drawn on: it would get one letter on a line.
    expect(await draw('stty cols 0; ')).toMatch(/^have {3}install \(recorded\)/m);
  });

  it('output that cannot be written is said and is no success', async () => {
    for (const args of ['list', 'plan --json', 'schema']) {
      const command = `'${process.execPath}' '${bin}' ${args} >/dev/full 2>'${join(world.directory, 'said')}'`;
      const ended = await execute('sh', ['-c', `${command}; echo $?`], {
        env: { PATH: world.fakes.pathWithSystem, HOME: world.directory },
      });
      expect([args, ended.stdout]).toEqual([args, '1\n']);
      expect(await readFile(join(world.directory, 'said'), 'utf8')).toMatch(
        /^cpython-awslc: Could not write the output: .*ENOSPC/,
      );
    }
  });

  it('a plan needs no store; a store whose path make cannot carry is refused before it trips', async () => {
    const file = join(world.directory, 'file');
    await writeFile(file, '');
    const never = { env: { XDG_CACHE_HOME: undefined, HOME: file } };
    expect((await runCli(['plan', '--json'], never)).exitCode).toBe(0);
    const build = await runCli(['build', '--json'], never);
    expect([build.exitCode, failureCodes(build)]).toEqual([1, ['io-failed']]);
    for (const name of ['my store', 'cäche', 'a$b']) {
      const refused = await world.run(['build', '--json', '--store', join(world.directory, name)]);
      expect([name, refused.exitCode, failureCodes(refused)]).toEqual([name, 2, ['unsupported']]);
      expect(refused.stderr).toContain('--store DIR');
    }
    expect(await world.work()).toEqual([]);
  });

  it('an empty or absent HOME is what the user database says, never the current directory', async () => {
    const cwd = join(world.directory, 'cwd');
    await mkdir(cwd);
    for (const HOME of ['', undefined]) {
      // Unlike `cache status`, this does not walk over what a real store may hold.
      const listed = await runCli(['list', '--store-contents', '--json'], {
        cwd,
        env: { HOME, XDG_CACHE_HOME: undefined },
      });
      const path = join(userInfo().homedir, '.cache/cpython-awslc/v1');
      expect(JSON.parse(listed.stdout)).toMatchObject({ store: { path } });
    }
    expect(await readdir(cwd)).toEqual([]);
  });

  it('a directory that is no source of it is refused before it is copied', async () => {
    for (const [axis, marker] of [
      ['--awslc', 'include/openssl/base.h'],
      ['--python', 'Include/patchlevel.h'],
    ] as const) {
      const result = await runCli(['plan', '--json', '--store', world.store, axis, `path:${world.directory}`]);
      expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
      expect(result.stderr).toContain(marker);
      const empty = await runCli(['plan', '--json', axis, 'path:']);
      expect([empty.exitCode, failureCodes(empty)]).toEqual([2, ['usage']]);
    }
  });

  it('a reader that goes away is no failure, and does not cut the work short', async () => {
    const words = (verb: string): string =>
      [
        process.execPath,
        bin,
        verb,
        '--python',
        '3.14',
        '--awslc',
        '5',
        '--catalogue',
        world.catalogue,
        '--store',
        world.store,
      ]
        .map((word) => `'${word}'`)
        .join(' ');
    const env = { PATH: world.fakes.pathWithSystem, HOME: world.directory, CCACHE_DISABLE: '1' };
    const status = join(world.directory, 'status');
    const piped = (verb: string, redirect: string): string =>
      `{ ${words(verb)} ${redirect}; echo $? >'${status}'; } | head -c 10 >/dev/null`;
    const plan = await execute('sh', ['-c', piped('plan', '--json')], { env });
    expect([plan.stderr, (await readFile(status, 'utf8')).trim()]).toEqual(['', '0']);
    await execute('sh', ['-c', piped('build', '2>&1')], { env });
    expect((await readFile(status, 'utf8')).trim()).toBe('0');
    expect(await world.summary()).toContain('make -f');
  });

  it('--prefix: refuses what is there before it builds anything, and leaves nothing half-made', async () => {
    const full = join(world.directory, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine'), 'x');
    const file = join(world.directory, 'file');
    await writeFile(file, 'precious');
    for (const prefix of [full, file]) {
      const result = await world.run(['build', '--json', '--prefix', prefix]);
      expect([result.exitCode, failureCodes(result)]).toEqual([2, ['usage']]);
    }
    expect(await world.work()).toEqual([]);
    expect([await readdir(full), await readFile(file, 'utf8')]).toEqual([['mine'], 'precious']);

    const prefix = join(world.directory, 'deep/er/python');
    const exported = await world.run(['build', '--prefix', prefix]);
    expect(exported.exitCode).toBe(0);
    expect(exported.stdout).toContain(`  python   ${prefix}/bin/python3\n  run it   ${prefix}/bin/python3 --version\n`);
    expect(await readdir(join(world.directory, 'deep/er'))).toEqual(['python']);
    expect(await readFile(join(prefix, 'bin/pip3'), 'utf8')).toBe(`#!${prefix}/bin/python3\n`);
    const spaced = join(world.directory, 'a "$b" c');
    expect((await world.run(['build', '--prefix', spaced])).exitCode).toBe(0);
    // No first line can name it: sh starts it, with the script and its arguments as they were.
    const pip = join(spaced, 'bin/pip3');
    await rm(join(spaced, 'bin/python3'));
    await writeFile(join(spaced, 'bin/python3'), `#!/bin/sh\nprintf '[%s]' "$@"\n`, { mode: 0o755 });
    await chmod(pip, 0o755);
    expect((await execute(pip, ['x y'])).stdout).toBe(`[${pip}][x y]`);
    expect(await readFile(join(prefix, 'lib/python3.14/config-3.14/Makefile'), 'utf8')).toContain(
      `prefix = ${prefix} `,
    );
    // It may be changed, and the store does not notice.
    await writeFile(join(prefix, 'bin/pip3'), 'changed');
    await chmod(join(prefix, 'bin/pip3'), 0o755);
    expect((await world.run(['build', '--json'])).stdout).toContain('"recorded": true');

    const empty = join(world.directory, 'empty');
    await mkdir(empty);
    expect((await world.run(['build', '--prefix', 'empty'], { cwd: world.directory })).exitCode).toBe(0);
    expect(await readdir(empty)).toEqual(['bin', 'lib']);
    const several = await world.run([
      'build',
      '--json',
      '--optimization',
      'quick',
      '--optimization',
      'debug',
      '--prefix',
      join(world.directory, 'p2'),
    ]);
    expect([several.exitCode, failureCodes(several)]).toEqual([2, ['usage']]);
  });
});
