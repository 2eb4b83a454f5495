import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakePrograms, type FakePrograms } from '../rig/fake-programs.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let checkout: string;
let fakes: FakePrograms;

const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(checkout, path)), { recursive: true });
  await writeFile(join(checkout, path), text);
};
const lock = (version: string): string =>
  `{"packages": {"": {"name": "x"},
"node_modules/only-elsewhere": {"version": "1.0.0", "optional": true},
"node_modules/typescript": {"version": "${version}", "integrity": "sha512-${version}"}}}
`;

/** A compiler that writes dist/cli.js and remembers that it ran. */
const compiler = `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
const out = process.argv[process.argv.indexOf('--outDir') + 1];
appendFileSync(process.cwd() + '/compiled', 'x');
mkdirSync(out, { recursive: true });
writeFileSync(out + '/cli.js', '');
`;

/** The command line: remembers its arguments, and ends as the test says. */
const commandLine = `import { appendFileSync, existsSync } from 'node:fs';
const [verb] = process.argv.slice(2);
appendFileSync('commands', process.argv.slice(2).join(' ') + '\\n');
process.stderr.write('progress of ' + verb + '\\n');
process.stdout.write('report of ' + verb + '\\n');
if (!existsSync('dist/cli.js')) throw new Error('not compiled');
process.exitCode = Number(process.env['EXIT_' + verb] ?? 0);
`;

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  await mkdir(join(checkout, 'ci'));
  await mkdir(join(checkout, '.ci'));
  await copyFile(join(repository, 'ci/bootstrap.mjs'), join(checkout, 'ci/bootstrap.mjs'));
  await copyFile(join(repository, '.ci/run'), join(checkout, '.ci/run'));
  await write('bin/cpython-awslc.js', commandLine);
  await write(
    'package.json',
    '{"type":"module","scripts":{"test":"node ci/bootstrap.mjs test","start":"node ci/bootstrap.mjs start"}}',
  );
  await write('src/cli.ts', '');
  await write('tsconfig.json', '{}');
  await write('tsconfig.build.json', '{}');
  await write('package-lock.json', lock('6.0.0'));
  await write('tsc.cjs', compiler);
  const modules = `${checkout}/node_modules`;
  const vitest = (passed: number, failed: number): string =>
    `for a; do case $a in --outputFile.json=*) echo '{"numPassedTests":${passed},"numFailedTests":${failed}}' >"\${a#*=}";; esac; done; echo vitest speaks`;
  fakes = await fakePrograms(checkout, {
    npm: [
      {
        args: 'ci *',
        script: `mkdir -p '${modules}/typescript/bin'; echo '{"type":"commonjs"}' >'${modules}/typescript/package.json'; cp '${checkout}/tsc.cjs' '${modules}/typescript/bin/tsc'; grep -v only-elsewhere '${checkout}/package-lock.json' >'${modules}/.package-lock.json'; echo npm speaks`,
      },
      { args: 'run --silent check *', script: vitest(40, 0) },
      { args: 'run --silent test:real *', script: vitest(2, 0) },
      { args: 'test --silent', script: `exec '${process.execPath}' ci/bootstrap.mjs test` },
    ],
  });
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const path = `${fakes.path}:${dirname(process.execPath)}:/usr/bin:/bin`;
    const child = spawn(file, args, { cwd: checkout, env: { PATH: path, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, out, err });
    });
  });
const bootstrap = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  run(process.execPath, ['ci/bootstrap.mjs', ...args], env);
const commands = async (): Promise<readonly string[]> =>
  (await readFile(join(checkout, 'commands'), 'utf8')).trimEnd().split('\n');
const compilations = async (): Promise<number> => (await readFile(join(checkout, 'compiled'), 'utf8')).length;

describe('npm start', () => {
  it('installs, compiles, checks the toolchain, runs the default recipe; only its report is on standard output', async () => {
    const ended = await bootstrap(['start', '--python', '3.14']);
    expect(ended).toMatchObject({ exitCode: 0, out: 'report of test\n' });
    expect(await commands()).toEqual(['doctor --fix --required', 'test --recipe default --python 3.14']);
    expect(ended.err).not.toContain('npm speaks');
  });

  it('does none of it again the second time', async () => {
    await bootstrap(['start']);
    const ended = await bootstrap(['start']);
    expect(ended.err).toBe('progress of doctor\nreport of doctor\nprogress of test\n');
    expect(await fakes.calls('npm')).toHaveLength(1);
    expect(await compilations()).toBe(1);
  });

  it('compiles again when a source is newer or gone, not when Python leaves caches', async () => {
    const later = new Date(Date.now() + 60_000);
    await write('src/python/driver.py', '');
    await bootstrap(['start']);
    await utimes(join(checkout, 'src/python'), later, later);
    await bootstrap(['start']);
    expect(await compilations()).toBe(1);
    await utimes(join(checkout, 'src'), later, later);
    await bootstrap(['start']);
    expect(await compilations()).toBe(2);
  });

  it.each([
    ['the lock file asks for other versions', (): Promise<void> => write('package-lock.json', lock('6.0.1'))],
    ['a package has gone', (): Promise<void> => rm(join(checkout, 'node_modules/typescript/package.json'))],
    ['an installation was cut short', (): Promise<void> => rm(join(checkout, 'node_modules/.package-lock.json'))],
  ])('installs the Node packages again when %s', async (_, damage) => {
    await bootstrap(['start']);
    await damage();
    expect((await bootstrap(['start'])).exitCode).toBe(0);
    expect(await fakes.calls('npm')).toHaveLength(2);
  });

  it('gives --yes to doctor, and another recipe the place of the default one', async () => {
    await bootstrap(['start', '--yes', '--recipe=mine.json']);
    expect(await commands()).toEqual(['doctor --fix --required --yes', 'test --recipe=mine.json']);
  });

  it('tells doctor of a recipe whose name says FIPS', async () => {
    await bootstrap(['start', '--recipe=fips']);
    expect(await commands()).toEqual(['doctor --fix --required --fips', 'test --recipe=fips']);
  });

  it.each([
    [['--fips'], 'doctor --fix --required --fips'],
    [['--fips', '2024'], 'doctor --fix --required --fips 2024'],
    [['--awslc', 'fips-4.2.0'], 'doctor --fix --required --fips'],
    [['--awslc', '5.12.0'], 'doctor --fix --required'],
  ])('tells doctor of %j', async (selection, doctor) => {
    await bootstrap(['start', ...selection]);
    expect(await commands()).toEqual([doctor, `test --recipe default ${selection.join(' ')}`]);
  });

  it('ends as doctor does when consent is refused, and as the verdict says otherwise', async () => {
    expect((await bootstrap(['start'], { EXIT_doctor: '2' })).exitCode).toBe(2);
    expect(await commands()).toEqual(['doctor --fix --required']);
    expect((await bootstrap(['start'], { EXIT_test: '3' })).exitCode).toBe(3);
  });

  it('says what Node it needs before anything else', async () => {
    await write('old.cjs', "Object.defineProperty(process, 'versions', { value: { node: '18.20.4' } });");
    const ended = await bootstrap(['start'], { NODE_OPTIONS: `--require=${checkout}/old.cjs` });
    expect(ended.exitCode).toBe(1);
    expect(ended.err).toContain('needs Node 20.19 or later; this is Node 18.20.4');
    expect(await fakes.calls()).toEqual([]);
  });

  it('shows the last lines of npm and of the compiler when they fail, and keeps no half dist', async () => {
    await fakes.add({
      npm: { script: 'for i in $(seq 60); do echo "line $i"; done', stderr: 'npm error E404\n', exitCode: 1 },
    });
    const npm = await bootstrap(['start']);
    expect(npm.exitCode).toBe(1);
    expect(npm.err).toMatch(/Installing the Node packages failed \(exit code 1\):\n {4}npm ci /);
    expect(npm.err).toContain('line 60');
    expect(npm.err).not.toContain('line 20\n');
  });

  it('keeps the dist that is there when the compiler fails, and says why', async () => {
    await bootstrap(['start']);
    await write('node_modules/typescript/bin/tsc', "console.log('src/x.ts(1,1): error TS1'); process.exitCode = 2;");
    const later = new Date(Date.now() + 60_000);
    await utimes(join(checkout, 'src'), later, later);
    const ended = await bootstrap(['start']);
    expect(ended.exitCode).toBe(1);
    expect(ended.err).toContain('error TS1');
    expect(await readFile(join(checkout, 'dist/cli.js'), 'utf8')).toBe('');
  });
});

describe('prepare, for a pipeline', () => {
  it('makes tool and toolchain ready for a selection, and runs nothing', async () => {
    expect((await bootstrap(['prepare', '--yes', '--awslc=fips-4.2.0', '--python=3.14'])).exitCode).toBe(0);
    expect(await commands()).toEqual(['doctor --fix --required --fips --yes']);
  });

  it('asks for no toolchain where nothing is built', async () => {
    expect((await bootstrap(['prepare', '--tool-only'])).exitCode).toBe(0);
    await expect(commands()).rejects.toThrow('ENOENT');
    expect(await readFile(join(checkout, 'dist/cli.js'), 'utf8')).toBe('');
  });
});

describe('npm test', () => {
  it('adds the numbers of check and of the real tier, and writes nothing else to standard output', async () => {
    expect(await bootstrap(['test'])).toMatchObject({ exitCode: 0, out: '42 passed, 0 failed\n' });
    expect(await commands()).toEqual(['doctor --fix --required --fips 2025']);
    expect((await fakes.commandLines('npm')).slice(1).map((line) => line.split(' --reporter')[0])).toEqual([
      'npm run --silent check -- --',
      'npm run --silent test:real --',
    ]);
  });

  it('counts a check that ends before its tests as a failure, and builds nothing then', async () => {
    await bootstrap(['start']);
    await fakes.add({ npm: { args: 'run --silent check *', stdout: 'error TS2322\n', exitCode: 2 } });
    const ended = await bootstrap(['test']);
    expect(ended).toMatchObject({ exitCode: 1, out: '0 passed, 1 failed\n' });
    expect(ended.err).toContain('error TS2322');
  });

  it('is what .ci/run calls: its last line is the count, alone', async () => {
    const ended = await run('bash', ['.ci/run']);
    expect(ended).toMatchObject({ exitCode: 0, out: '42 passed, 0 failed\n' });
    const [call] = await fakes.calls('npm');
    expect(call?.env['CI']).toBe('true');
    const failed = await run('bash', ['.ci/run'], { EXIT_doctor: '2' });
    expect(failed).toMatchObject({ exitCode: 2, out: '0 passed, 1 failed\n' });
  });
});
