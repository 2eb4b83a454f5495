import { cp, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from '../../src/io/files.ts';
import { makeConsumer, type Consumer, type ConsumerEnd, type ConsumerOptions } from '../rig/consumer.ts';
import { makeWorld, type World } from '../rig/pipeline.ts';

let directory: string;
let consumer: Consumer;
let world: World;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'consumer-'));
  consumer = await makeConsumer(directory);
});
afterAll(() => removeTree(directory));
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

/** Runs a program whose only output is one JSON value, and gives the value. */
const runProgram = async (
  body: string,
  options: ConsumerOptions = {},
): Promise<{ value: unknown; end: ConsumerEnd }> => {
  const { catalogue, store } = world;
  await consumer.write(
    'program.mjs',
    `import * as library from 'cpython-awslc';
const selection = ${JSON.stringify({ python: '3.14', awslc: '5', tests: ['test_small'], catalogue })};
const surroundings = ${JSON.stringify({ store })};
const before = { umask: process.umask(), cwd: process.cwd(), env: { ...process.env } };
const signals = () => ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name));
const listeners = signals();
const { resolve, plan, run, readRun, judge } = library;
const work = async () => {
${body}
};
const value = await work();
const same = JSON.stringify(before) === JSON.stringify({ umask: process.umask(), cwd: process.cwd(), env: { ...process.env } });
console.log(JSON.stringify({ value, untouched: same && JSON.stringify(listeners) === JSON.stringify(signals()) && process.exitCode === undefined }));
`,
  );
  const end = await consumer.run('program.mjs', {
    ...options,
    env: { PATH: world.fakes.pathWithSystem, ...options.env },
  });
  // One line on standard output, its own; nothing of ours on either stream.
  expect([end.exitCode, end.stderr, end.stdout.split('\n').length]).toEqual([0, '', 2]);
  const { value, untouched } = JSON.parse(end.stdout) as { readonly value: unknown; readonly untouched: boolean };
  expect(untouched).toBe(true);
  return { value, end };
};

describe('the library', () => {
  it('has types that a strict program can use', async () => {
    await consumer.write(
      'typed.ts',
      `import { describeFailure, exitCodeOf, judge, merge, plan, readRun, resolve, run } from 'cpython-awslc';
import type { Failure, MatrixRecord, Plan, Resolved, Result, RunEvent, RunRecord, RunResult, Selection, VerdictReport } from 'cpython-awslc';
import { planSchema, runRecordSchema, makeJsonSchema } from 'cpython-awslc/schemas';

const selection: Selection = { python: ['3.13', '3.14'], awslc: '5.12', link: 'static', fips: false };
const resolved: Result<Resolved, readonly Failure[]> = await resolve(selection);
if (resolved.ok) for (const { id, cell, elsewhere } of resolved.value.cells) console.log(id, cell.python.version, elsewhere?.code);
const planned: Result<Plan, readonly Failure[]> = await plan(selection, { offline: true });
const steps: readonly string[] = planned.ok ? planned.value.steps.map(({ kind }) => kind) : [];
const done: Result<RunResult, readonly Failure[]> = await run(selection, {
  upTo: 'prove',
  jobs: 2,
  signal: AbortSignal.timeout(1000),
  onEvent: (event: RunEvent) => {
    if (event.type === 'step-failed') console.log(event.failure.code, event.title);
  },
});
const record: RunRecord | null = done.ok ? done.value.record : null;
const reports: Result<readonly VerdictReport[], readonly Failure[]> | undefined = record === null ? undefined : await judge(record);
const failures: readonly Failure[] = done.ok ? done.value.failures : done.error;
for (const failure of failures) {
  const text: string = describeFailure(failure);
  const code: number = exitCodeOf(failure);
  if (failure.code === 'tool-missing') console.log(failure.tool, text, code);
}
const merged: Result<MatrixRecord, readonly Failure[]> = await merge(['runs/'], { since: 'matrix.json', partial: true });
if (merged.ok) console.log(merged.value.cells.map(({ state }) => state));
const again = await readRun('run.json', { cwd: '/' });
const parsed: RunRecord = runRecordSchema.parse(JSON.parse('{}'));
const name: string = planSchema.parse({}).recipe;
console.log(steps, reports, again, parsed, name, makeJsonSchema('plan'));
// @ts-expect-error A link mode that there is not.
await run({ link: 'dynamic' });
// @ts-expect-error A stage that there is not.
await run({}, { upTo: 'compile' });
// @ts-expect-error A failure must be looked at before its value.
console.log(done.value.cells);
`,
    );
    expect(await consumer.check('typed.ts')).toBe('');
    // The compiler reads every declaration, those of dependencies too.
  }, 240_000);

  it('gives nothing but what it promises', async () => {
    const { value } = await runProgram(`return {
      names: Object.keys(library).sort(),
      schemas: Object.keys(await import('cpython-awslc/schemas')).length > 5,
      inner: await import('cpython-awslc/dist/cli.js').then(() => 'open', (error) => error.code),
    };`);
    expect(value).toEqual({
      names: ['describeFailure', 'exitCodeOf', 'judge', 'merge', 'plan', 'readRun', 'resolve', 'run'],
      schemas: true,
      inner: 'ERR_PACKAGE_PATH_NOT_EXPORTED',
    });
  });

  it('resolves without a toolchain, and says all that is wrong at once', async () => {
    const { value } = await runProgram(
      `return [await resolve({ ...selection, target: ['generic', 'graviton3'] }, surroundings), await resolve({ ...selection, python: ['3.1', '2.7'] }, surroundings)];`,
      { env: { PATH: '/usr/bin:/bin' } },
    );
    expect(value).toMatchObject([
      {
        ok: true,
        value: {
          recipe: 'default',
          resolutions: [
            { axis: 'python', asked: '3.14', got: '3.14.90' },
            { axis: 'awslc', asked: '5', got: '5.90.0' },
          ],
          cells: [{ cell: { target: 'generic' } }, { cell: { target: 'graviton3', platform: { arch: 'aarch64' } } }],
        },
      },
      { ok: false, error: [{ code: 'unknown-version' }, { code: 'unknown-version' }] },
    ]);
  });

  it('plans what the command line plans', async () => {
    const { value } = await runProgram('return await plan(selection, surroundings);');
    const { stdout } = await world.run(['plan', '--json']);
    expect(value).toEqual({ ok: true, value: JSON.parse(stdout) as unknown });
  });

  it('runs with events, gives record and verdicts, and knows what is recorded', async () => {
    const { value } = await runProgram(`
      const events = [];
      const first = await run(selection, { ...surroundings, onEvent: (event) => events.push(event.type) });
      const second = await run(selection, { ...surroundings, upTo: 'prove' });
      const read = await readRun(first.value.record.id, surroundings);
      const judged = await judge(read.value);
      const merged = await library.merge([first.value.file], surroundings);
      const nothing = await library.merge([]);
      return { merged, nothing, events: [...new Set(events)], first: first.value, second: second.value, judged: judged.value, read: read.value };`);
    expect(value).toMatchObject({
      first: {
        asExpected: true,
        failures: [],
        exitCode: 0,
        recorded: false,
        cells: [{ python: expect.stringMatching(/bin\/python3$/) as string, verdicts: { counts: { PASS: 2 } } }],
      },
      second: { recorded: true, cells: [{ verdicts: null }] },
      merged: { ok: true, value: { kind: 'matrix', exitCode: 0, cells: [{ state: 'as-expected' }] } },
      nothing: { ok: false, error: [{ code: 'usage' }] },
      judged: [{ kind: 'verdicts', counts: { PASS: 2 }, recorded: false }],
    });
    const { events, first, read } = value as { events: readonly string[]; first: { record: unknown }; read: unknown };
    expect(events).toEqual(expect.arrayContaining(['run-started', 'step-started', 'step-finished', 'run-finished']));
    expect(read).toEqual(first.record);
  });

  it('gives failures by code: what could not begin, and what failed', async () => {
    await world.fakes.add({ make: [{ args: '--version', stdout: 'GNU Make 4.3\n' }, { exitCode: 2 }] });
    const { value } = await runProgram(`
      const failed = await run(selection, surroundings);
      const refused = await run({ ...selection, preset: 'quick' }, surroundings);
      const unknown = await readRun('20260101T000000Z-000000', surroundings);
      return { failed, refused, unknown };`);
    expect(value).toMatchObject({
      failed: {
        ok: true,
        value: { asExpected: false, exitCode: 1, failures: [{ code: 'command-failed' }], record: { exitCode: 1 } },
      },
      refused: { ok: false, error: [{ code: 'usage' }] },
      unknown: { ok: false, error: [{ code: 'unknown-run' }] },
    });
  });

  it('is ended by its signal, and leaves no listener on it', async () => {
    await world.fakes.add({
      make: [{ args: '--version', stdout: 'GNU Make 4.3\n' }, { sleepSeconds: 60 }],
    });
    const { value } = await runProgram(`
      const { getEventListeners } = await import('node:events');
      const stop = new AbortController();
      const onEvent = (event) => { if (event.type === 'step-started' && event.title.startsWith('compile CPython')) stop.abort(new Error('enough')); };
      const started = performance.now();
      const done = await run(selection, { ...surroundings, signal: stop.signal, onEvent });
      const early = await run(selection, { ...surroundings, signal: stop.signal });
      return { done, early, took: performance.now() - started, listeners: getEventListeners(stop.signal, 'abort').length };`);
    expect(value).toMatchObject({
      done: {
        ok: true,
        value: { asExpected: false, exitCode: 130, failures: [{ code: 'interrupted', signal: 'enough' }] },
      },
      early: { ok: false, error: [{ code: 'interrupted' }] },
      listeners: 0,
    });
    expect((value as { took: number }).took).toBeLessThan(30_000);
  });

  it('makes a failure of a listener that throws', async () => {
    const { value } = await runProgram(
      `return await run(selection, { ...surroundings, upTo: 'fetch', onEvent: () => { throw new Error('mine'); } });`,
    );
    expect(value).toMatchObject({ ok: false, error: [{ code: 'usage', message: 'onEvent threw: mine' }] });
  });

  it('refuses to run under another umask, which it does not change', async () => {
    const { value } = await runProgram(
      `return [await run(selection, surroundings), (await plan(selection, surroundings)).ok];`,
      {
        umask: '077',
      },
    );
    expect(value).toMatchObject([
      { ok: false, error: [{ code: 'unsupported', what: expect.stringContaining('0077') as string }] },
      true,
    ]);
  });

  it('rejects for nobody: what is no selection is a bug of the caller, said as a value', async () => {
    const { value } = await runProgram(`return await plan({ python: 7 }, surroundings);`);
    expect(value).toMatchObject({ ok: false, error: [{ code: 'bug' }] });
  });

  it('does what the README shows', async () => {
    const readme = await readFile('README.md', 'utf8');
    const [, shown] = /<!-- library:start -->\n```js\n([^]*?)```\n<!-- library:end -->/.exec(readme) ?? [];
    await consumer.write('readme.mjs', shown ?? 'throw new Error("the README shows no program");');
    // The package's own catalogue names sources that lie far away.
    for (const name of ['awslc.json', 'cpython.json']) {
      await cp(join(world.catalogue, name), join(consumer.installed, 'recipes/catalogue', name));
    }
    const end = await consumer.run('readme.mjs', {
      env: { PATH: world.fakes.pathWithSystem, XDG_CACHE_HOME: join(world.directory, 'cache') },
    });
    expect([end.exitCode, end.stderr]).toEqual([0, '']);
    expect(end.stdout).toMatch(/^done fetch CPython 3\.14\.90$/m);
    expect(end.stdout).toMatch(/^done prove what was built$/m);
    expect(end.stdout).toMatch(/CPython 3\.14\.90 with AWS-LC 5\.90\.0: \d+ claims hold, \/.*\/bin\/python3\n$/);
  });
});
