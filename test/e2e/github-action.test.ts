import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runComposite, type CompositeAction, type CompositeRun, type CompositeStep } from '../rig/composite.ts';
import { makeWorld, type World, type WorldOptions } from '../rig/pipeline.ts';

/** The action as data; that action.yml says the same is what `ci/make-workflows.mjs --check` holds. */
interface Made {
  readonly action: Omit<CompositeAction, 'runs'> & {
    readonly runs: {
      readonly steps: readonly (Omit<CompositeStep, 'uses'> & { readonly uses?: { readonly text: string } })[];
    };
  };
}

const loadAction = async (): Promise<CompositeAction> => {
  const { action } = (await import(resolve('ci/github/source/action.mjs'))) as Made; // Plain JavaScript has no types.
  const steps = action.runs.steps.map(({ uses, ...step }) => ({
    ...step,
    ...(uses === undefined ? {} : { uses: uses.text }),
  }));
  return { ...action, runs: { steps } };
};

let world: World;
const remake = async (options: WorldOptions): Promise<void> => {
  await world.remove();
  world = await makeWorld(options);
};
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const act = async (
  inputs: Readonly<Record<string, string>>,
  more: Partial<Parameters<typeof runComposite>[1]> = {},
): Promise<CompositeRun> => {
  const cwd = join(world.directory, 'workspace');
  await mkdir(cwd, { recursive: true });
  return runComposite(await loadAction(), {
    directory: resolve('ci/github'),
    temp: join(world.directory, 'temp'),
    cwd,
    env: {
      PATH: `${world.fakes.path}:${process.env['PATH'] ?? ''}`,
      HOME: world.directory,
      CCACHE_DISABLE: '1',
      ...more.env,
    },
    inputs: {
      toolchain: 'false',
      python: '3.14',
      awslc: '5',
      tests: 'test_small',
      catalogue: world.catalogue,
      store: world.store,
      ...inputs,
    },
    ...(more.answer === undefined ? {} : { answer: more.answer }),
  });
};

const failingSuite = (message: string): string =>
  `import unittest\n\nclass SmallTests(unittest.TestCase):\n    def test_one(self):\n        self.fail(${message})\n`;

const cacheOf = (run: CompositeRun, part: string): Readonly<Record<string, string>> | undefined =>
  run.used.find(({ uses, inputs }) => uses.startsWith(`actions/cache/${part}@`) && inputs['path']?.includes('steps'))
    ?.inputs;

describe('the GitHub action', () => {
  it('tests, and gives verdict, Python, report, summary, caches and artifact', async () => {
    const run = await act({ artifact: 'reports' });
    expect(run.log).not.toContain('::error');
    expect([run.succeeded, run.outputs['verdict'], run.outputs['exit-code']]).toEqual([true, 'as-expected', '0']);
    await access(run.outputs['python'] ?? '');
    expect(run.summary).toContain('All as expected: 2 cases in 1 file');
    expect(JSON.parse(await readFile(run.outputs['run'] ?? '', 'utf8'))).toMatchObject({
      kind: 'run',
      command: 'test',
    });
    expect(await readFile(join(run.outputs['report'] ?? '', 'junit.xml'), 'utf8')).toContain('SmallTests');
    const [restored, saved] = [cacheOf(run, 'restore'), cacheOf(run, 'save')];
    expect(saved?.['key']).toMatch(/^cpython-awslc-steps-v1-Linux-X64-[0-9a-f]{16}-[0-9a-f]{16}$/);
    expect(restored).toMatchObject({
      key: saved?.['key'],
      'restore-keys': saved?.['key']?.replace(/[0-9a-f]{16}$/, ''),
    });
    expect(saved?.['path']?.split('\n')).toEqual([join(world.store, 'v1/downloads'), join(world.store, 'v1/steps')]);
    expect(run.used.at(-1)?.inputs).toMatchObject({ name: 'reports', path: run.outputs['report'] });
    // Every action of others by a commit.
    for (const { uses } of run.used) expect(uses).toMatch(/^actions\/[\w/-]+@[0-9a-f]{40}$/);
  });

  it('tells unexpected verdicts by exit code, annotations and summary, and still saves what it built', async () => {
    await remake({ suites: { 'test_small.py': failingSuite('"100%, a: b"') } });
    const run = await act({ artifact: 'reports' });
    expect([run.succeeded, run.outputs['verdict'], run.outputs['exit-code']]).toEqual([false, 'unexpected', '3']);
    expect(run.log).toMatch(
      /^::error title=COMMON test\.test_small\.SmallTests\.test_one::AssertionError: 100%25, a: b; the same on the twin%0A/m,
    );
    expect(run.summary).toContain('1 unexpected verdict');
    expect(run.steps).toEqual(
      expect.arrayContaining(['Put sources and finished steps into the cache', 'Upload reports']),
    );
    // Whoever looks at the verdict himself.
    expect(await act({ fail: 'false' })).toMatchObject({ succeeded: true, outputs: { verdict: 'unexpected' } });
  });

  it('proves and tests anew what a machine like this one did, and builds nothing again', async () => {
    await act({});
    const before = (await world.work()).length;
    await act({});
    const since = (await world.work()).slice(before).map(({ program, args }) => `${program} ${args.join(' ')}`);
    expect(since.some((call) => call.includes('prove.py'))).toBe(true);
    expect(since.some((call) => call.includes('driver.py'))).toBe(true);
    expect(since.filter((call) => !call.startsWith('fake-python'))).toEqual([]);
  });

  it('saves no cache that it had already', async () => {
    const run = await act(
      {},
      { answer: (uses): Record<string, string> => (uses.includes('restore') ? { 'cache-hit': 'true' } : {}) },
    );
    expect(cacheOf(run, 'save')).toBeUndefined();
  });

  it('has another key when something is built otherwise, and the same when only suites differ', async () => {
    const keyOf = async (inputs: Readonly<Record<string, string>>): Promise<string | undefined> =>
      cacheOf(await act({ command: 'build', 'cache-key': 'one', ...inputs }), 'restore')?.['key'];
    const plain = await keyOf({});
    expect(plain).toMatch(/-one-[0-9a-f]{16}$/);
    expect(await keyOf({ preset: 'quick' })).toBe(plain);
    expect(await keyOf({ 'cipher-string': 'ECDHE+AESGCM:!aNULL:!eNULL:!SHA1' })).not.toBe(plain);
  });

  it('keeps runs for a baseline only when asked', async () => {
    const runs = (run: CompositeRun): readonly string[] =>
      run.used
        .filter(({ inputs }) => inputs['key']?.startsWith('cpython-awslc-runs-') === true)
        .map(({ uses }) => uses.split('@')[0] ?? '');
    expect(runs(await act({}))).toEqual([]);
    const kept = await act({ 'keep-runs': 'true' });
    expect(runs(kept)).toEqual(['actions/cache/save']);
    const run = JSON.parse(await readFile(kept.outputs['run'] ?? '', 'utf8')) as { id: string };
    expect(runs(await act({ baseline: run.id }))).toEqual(['actions/cache/restore']);
  });

  const attacks = [
    '$(touch pwned)',
    '`touch pwned`',
    `"; touch pwned; '; touch pwned`,
    '\ntouch pwned\n',
    '--store=pwned',
  ];
  const findPwned = async (): Promise<readonly string[]> => {
    const found = await readdir(world.directory, { recursive: true });
    return found.filter((name) => name.split('/').includes('pwned'));
  };
  it.each(attacks)('takes an input for a value, whatever is in it: %j', async (attack) => {
    const run = await act({ command: 'job-matrix', tests: '', python: attack });
    expect([run.succeeded, run.outputs['verdict']]).toEqual([false, 'usage']);
    expect(await findPwned()).toEqual([]);
  });
  it('takes an input for a value also where it becomes a name, a path or a pattern', async () => {
    const attack = attacks.join('').replaceAll('\n', ' ').replaceAll('/', '');
    const run = await act({
      match: attack,
      'cache-key': attack,
      store: join(world.directory, attack),
      artifact: attack,
    });
    expect(run.succeeded).toBe(false);
    expect(await findPwned()).toEqual([]);
  });

  it('lets no program of a build speak to the runner', async () => {
    await world.fakes.add({
      make: [
        { args: '--version', stdout: 'GNU Make 4.3\n' },
        { stderr: '::add-mask::everything\n::error title=forged::forged\n', exitCode: 2 },
      ],
    });
    const run = await act({ command: 'build' });
    expect(run.outputs['verdict']).toBe('failed');
    const [, token = ''] = /^::stop-commands::(\S+)$/m.exec(run.log) ?? [];
    const [before = '', rest = ''] = run.log.split(`::stop-commands::${token}\n`);
    const [, after = ''] = rest.split(`::${token}::\n`);
    expect(token).not.toBe('');
    expect(before + after).not.toContain('forged');
  });

  it('refuses a command that it does not have', async () => {
    const run = await act({ command: 'rm' });
    expect(run.succeeded).toBe(false);
    expect(run.log).toContain('::error title=cpython-awslc::command: rm: not one of build, prove, test');
  });

  it('prints the job matrix without a toolchain', async () => {
    const run = await act(
      { command: 'job-matrix', target: 'generic, graviton3', runner: 'graviton3=my-arm', tests: '' },
      { env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` } },
    );
    expect(run.succeeded).toBe(true);
    expect(run.outputs['matrix']).not.toContain('\n');
    expect(JSON.parse(run.outputs['matrix'] ?? '')).toMatchObject({
      include: [{ runner: ['ubuntu-24.04'] }, { runner: ['my-arm'] }],
    });
  });

  it('runs the cells of a job, and merges the runs of all', async () => {
    const jobs = await act({ command: 'job-matrix', tests: '' });
    const [job] = (
      JSON.parse(jobs.outputs['matrix'] ?? '') as { readonly include: readonly { readonly cells: string }[] }
    ).include;
    const cells = await act({ command: 'matrix', cell: job?.cells ?? '', rerun: 'false' });
    expect(cells.log).not.toContain('::error');
    expect(cells.outputs).toMatchObject({ verdict: 'as-expected', 'exit-code': '0' });
    expect(JSON.parse(await readFile(cells.outputs['run'] ?? '', 'utf8'))).toMatchObject({
      kind: 'run',
      command: 'matrix',
    });
    const merged = await act({ command: 'merge', runs: cells.outputs['report'] ?? '' });
    expect(merged.outputs).toMatchObject({ verdict: 'as-expected', run: '' });
    expect(merged.summary).toContain('CPython 3.14.90');
    expect(await readFile(join(merged.outputs['report'] ?? '', 'index.html'), 'utf8')).toContain('<!doctype html>');
    expect(merged.steps).not.toContain('Choose keys');
  });

  it('cuts a summary that GitHub would refuse', async () => {
    // Sixty cases that fail with other words, each with a page of long lines: characters are limited before, bytes are not.
    const names = Array.from({ length: 60 }, (_, index) => `${index}`);
    const cases = names.map(
      (name) => `    def test_${name}(self):\n        self.fail("${name}" + ("\\n" + "€" * 1000) * 30)\n`,
    );
    const suite = `import unittest\n\nclass SmallTests(unittest.TestCase):\n${cases.join('')}`;
    await remake({ suites: { 'test_small.py': suite } });
    const run = await act({});
    expect(run.outputs['verdict']).toBe('unexpected');
    expect(Buffer.byteLength(run.summary)).toBeLessThan(1024 * 1024);
    expect(run.summary).toMatch(/\(cut: the artifact has the whole report\)\n$/);
  });
});
