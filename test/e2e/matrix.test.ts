import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runRecordSchema } from '../../src/model/record.ts';
import { parseJson } from '../../src/model/json.ts';
import { failureCodes, type CliResult } from '../rig/cli.ts';
import { makeMatrixWorld, matrixOf, refusePair, statesOf, type MatrixWorld } from '../rig/matrix.ts';
import { prepend } from '../rig/pipeline.ts';
import { parseXml } from '../rig/xml.ts';

// Six cells take their time where other tests run beside them.
vi.setConfig({ testTimeout: 300_000 });

let world: MatrixWorld;
afterEach(() => world.remove());
const open = async (suite?: string): Promise<void> => {
  world = await makeMatrixWorld(suite);
};
/** How often each thing was done. */
const countWork = async (): Promise<Readonly<Record<string, number>>> => {
  const counts: Record<string, number> = {};
  for (const call of await world.summary()) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
};
const failsOn = (awslc: string): string => `
    def test_version(self):
        self.assertFalse('"${awslc}' in AWSLC)
`;

describe('matrix', () => {
  it('runs 2 x 3 cells, does shared steps once, and takes everything from the store the second time', async () => {
    await open();
    const result = await world.matrix(['--json']);
    const record = matrixOf(result);
    expect([result.exitCode, new Set(Object.values(statesOf(record)))]).toEqual([0, new Set(['as-expected'])]);
    expect(record).toMatchObject({ recipe: 'default', stage: 'test', exitCode: 0, since: null });
    expect(record.cells.map(({ suites }) => suites?.counts.PASS)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(await countWork()).toMatchObject({
      'fake-configure --prefix=/opt/cpython-awslc': 2,
      'cmake --build': 3,
      'python prove.py': 6,
    });
    const shared = new Map(record.steps.map(({ id, cells, done }) => [id.replace(/-\w{12}$/, ''), [cells, done]]));
    expect([shared.get('compile-core'), shared.get('compile-awslc'), shared.get('test-cell')]).toEqual([
      [3, 1],
      [2, 1],
      [1, 1],
    ]);
    const before = await world.summary();
    const again = await world.matrix();
    expect([again.exitCode, (await world.summary()).length]).toEqual([0, before.length]);
    expect(again.stdout).toMatch(/CPython 3\.14\n {2}3\.14\.90 AWS-LC 5\.90\.0 .* as expected .*PASS 1/);
    expect(again.stdout).toMatch(/\n6 cells: 6 as expected; up to test; .*run \d{8}T/);
    expect(again.stdout).not.toContain('\u001b');
  });

  it('keeps going: what one cell cannot do ends that cell only, and reports say which and why', async () => {
    await open();
    await refusePair(world, '3.14.91', '5.92.0');
    const files = { junit: join(world.directory, 'm.xml'), markdown: join(world.directory, 'm.md') };
    const output = join(world.directory, 'out');
    const result = await world.matrix([
      ...['--json', '--junit', files.junit, '--markdown', files.markdown, '--output', output],
    ]);
    const record = matrixOf(result);
    expect([result.exitCode, record.exitCode]).toEqual([1, 1]);
    expect(statesOf(record)).toEqual({
      '3.14.90 5.90.0': 'as-expected',
      '3.14.90 5.91.0': 'as-expected',
      '3.14.90 5.92.0': 'as-expected',
      '3.14.91 5.90.0': 'as-expected',
      '3.14.91 5.91.0': 'as-expected',
      '3.14.91 5.92.0': 'failed',
    });
    const failed = record.cells.find(({ state }) => state === 'failed');
    expect(failed?.failures).toMatchObject([{ code: 'incompatible' }]);
    expect(JSON.stringify(failed)).not.toContain(world.directory);
    expect(failed?.logs.map(({ lines }) => lines.at(-1))).toEqual([expect.stringContaining('SSL_small')]);
    const junit = await readFile(files.junit, 'utf8');
    expect(parseXml(junit).name).toBe('testsuites');
    expect(junit).toMatch(
      new RegExp(`<testsuite name="${failed?.id.replaceAll('+', '\\+') ?? ''}" tests="1" failures="0" errors="1"`),
    );
    expect(await readFile(files.markdown, 'utf8')).toMatch(/^## 6 cells: 5 as expected, 1 failed\n[^]*SSL_small/);
    // What is beside the record is all that a merge elsewhere needs.
    const merged = matrixOf(await world.run(['merge', output, '--store', join(world.directory, 'no-store'), '--json']));
    expect(merged.cells.map(({ logs, state }) => [state, logs])).toEqual(
      record.cells.map(({ logs, state }) => [state, logs]),
    );
    const text = await world.matrix();
    expect(text.stdout).toMatch(/FAILED {2}cpython-3\.14\.91\+awslc-5\.92\.0[^]*SSL_small/);
  });

  it('tells unexpected cells from failed ones, asks twins also beside a failed cell, and ends by the worst', async () => {
    await open(failsOn('5.91.0'));
    const result = await world.matrix(['--json']);
    const record = matrixOf(result);
    expect(result.exitCode).toBe(3);
    expect(statesOf(record)).toMatchObject({ '3.14.90 5.91.0': 'unexpected', '3.14.90 5.92.0': 'as-expected' });
    const [, unexpected] = record.cells;
    expect(unexpected?.suites?.unexpected).toMatchObject([
      { verdict: 'FAIL', reason: expect.stringContaining('the twin passed it') as unknown },
    ]);
    expect(unexpected?.suites?.notes.join()).toContain('was asked about 1 case');
    await refusePair(world, '3.14.91', '5.92.0');
  });

  it('fails fast: after the first unexpected cell nothing new is begun', async () => {
    await open(failsOn('5.90.0'));
    // One after the other, the failing one first.
    const result = await world.matrix([
      '--json',
      '--fail-fast',
      '--jobs',
      '1',
      '--cell',
      ...(await idsOf('5.90.0')).slice(0, 1),
    ]);
    expect(result.exitCode).toBe(3);
    const all = matrixOf(await world.matrix(['--json', '--fail-fast']));
    expect(new Set(Object.values(statesOf(all)))).toContain('not-run');
    expect(statesOf(all)).toMatchObject({ '3.14.90 5.90.0': 'unexpected' });
    expect(all.exitCode).toBe(1);
  });

  it('cell by cell, up to a stage; and refuses cells that are none', async () => {
    await open();
    const [id = ''] = await idsOf('5.91.0');
    const core = matrixOf(await world.matrix(['--json', '--cell', id, '--up-to', 'core']));
    expect([core.cells.map((cell) => [cell.id, cell.state]), core.stage]).toEqual([[[id, 'as-expected']], 'core']);
    expect(await world.summary()).not.toContain('cmake --build');
    const built = matrixOf(await world.matrix(['--json', '--cell', id, '--up-to', 'build']));
    expect(built.cells).toMatchObject([{ state: 'as-expected', proof: null, suites: null }]);
    const wrong = await world.matrix(['--json', '--cell', id.replace('5.91.0', '5.91.1')]);
    expect([wrong.exitCode, failureCodes(wrong)]).toEqual([2, ['usage']]);
    expect(wrong.stderr).toContain(`Did you mean ${id}?`);
  });

  it('tells a cell of another machine from one that failed', async () => {
    await open();
    const args = ['--awslc', '5.90.0', '--python', '3.14.90', '--target', 'generic', '--target', 'graviton3'];
    const result = await world.run(['matrix', ...args, '--json']);
    const record = matrixOf(result);
    expect([result.exitCode, record.cells.map(({ state }) => state)]).toEqual([1, ['as-expected', 'cannot-run']]);
    expect(record.cells[1]?.failures).toMatchObject([{ code: 'package-missing' }]);
    const partial = await world.run(['matrix', ...args, '--partial']);
    expect([partial.exitCode, partial.stdout]).toEqual([0, expect.stringContaining('1 cannot run here')]);
    const alone = await world.run(['matrix', ...args, '--cell', record.cells[1]?.id ?? '']);
    expect([alone.exitCode, alone.stdout]).toEqual([1, expect.stringContaining('doctor --target graviton3 --fix')]);
    // One that is in no catalogue is wrong everywhere.
    const unknown = await world.run(['matrix', '--awslc', '5.90.0', '--awslc', '5.99.0', '--json']);
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-version']]);
  });

  it('begins nothing of a cell that only an emulator could run, unless it is asked to', async () => {
    await open();
    const triple = 'aarch64-linux-gnu';
    const names = [...['gcc', 'g++', 'as', 'ar', 'ld'].map((name) => `${triple}-${name}`), 'qemu-aarch64-static'];
    await world.fakes.add(Object.fromEntries(names.map((name) => [name, { stdout: `${name} 12.2.0\n` }])));
    const sysroot = join(world.directory, 'sysroot');
    await mkdir(join(sysroot, 'usr/include'), { recursive: true });
    const args = ['--awslc', '5.90.0', '--python', '3.14.90', '--target', 'graviton3', '--sysroot', sysroot];
    const result = await world.run(['matrix', ...args, '--up-to', 'prove', '--json']);
    const record = matrixOf(result);
    expect([result.exitCode, record.cells.map(({ state }) => state)]).toEqual([1, ['cannot-run']]);
    expect(record.cells[0]?.failures).toMatchObject([
      { code: 'unsupported', why: expect.stringContaining('only an emulator can') as unknown },
    ]);
    expect(await world.summary()).toEqual([]);
    const diff = await world.run(['matrix', ...args, '--up-to', 'diff', '--emulate', '--json']);
    expect(matrixOf(diff).cells[0]?.failures).toMatchObject([
      { why: expect.stringContaining('it has no twin') as unknown },
    ]);
  });

  it('compares cells with their twins, and merges that too', async () => {
    await open(failsOn('5.90.0'));
    const dir = join(world.directory, 'out');
    const args = ['--python', '3.14.90', '--awslc', '5.90.0', '--awslc', '5.91.0', '--up-to', 'diff', '--json'];
    const result = await world.run(['matrix', ...args, '--output', dir]);
    const record = matrixOf(result);
    expect([result.exitCode, record.stage]).toEqual([3, 'diff']);
    expect(record.cells.map(({ state, twin }) => [state, twin?.differences])).toEqual([
      ['unexpected', 1],
      ['as-expected', 0],
    ]);
    expect(record.cells[0]?.twin?.cases).toMatchObject([
      { cell: expect.stringMatching(/^failed: /) as unknown, twin: 'passed' },
    ]);
    const merged = matrixOf(await world.run(['merge', dir, '--json']));
    expect(merged.cells.map(({ twin }) => twin)).toEqual(record.cells.map(({ twin }) => twin));
  });

  it('tells a source that no origin gives, as nothing of this cell’s doing', async () => {
    await open();
    const result = await world.matrix(['--json', '--offline']);
    const record = matrixOf(result);
    expect([result.exitCode, new Set(record.cells.map(({ state }) => state))]).toEqual([1, new Set(['cannot-run'])]);
    expect(record.cells[0]?.failures.map(({ code }) => code)).toContain('offline');
  });

  it('interrupted: records what is there, the rest is not run, and the same command goes on', async () => {
    await open();
    await prepend(
      world,
      'configure',
      { call: 2, sleepSeconds: 30 },
      { script: 'echo "#" >Makefile; echo "#define SMALL 1" >pyconfig.h' },
    );
    const output = join(world.directory, 'out');
    const result = await world.matrix(['--json', '--output', output], {
      signalAfter: { text: /done +test|test .*done/i, ms: 20_000, signal: 'SIGINT' },
    });
    expect(result.exitCode).toBe(130);
    const record = matrixOf(result);
    const states = Object.values(statesOf(record));
    expect([states.includes('not-run'), states.includes('failed')]).toEqual([true, false]);
    expect(record.exitCode).toBe(130);
    const run = parseJson(runRecordSchema, await readFile(join(output, 'run.json'), 'utf8'));
    expect(run.ok && run.value.exitCode).toBe(130);
    await prepend(world, 'configure');
    expect((await world.matrix()).exitCode).toBe(0);
  });
});

const idsOf = async (awslc: string): Promise<readonly string[]> => {
  const plan = await world.run(['plan', ...world.axes, '--json']);
  const { cells } = JSON.parse(plan.stdout) as {
    cells: readonly { id: string; cell: { awslc: { version: string } } }[];
  };
  return cells.filter(({ cell }) => cell.awslc.version === awslc).map(({ id }) => id);
};

describe('matrix --shard', () => {
  it('shares the cells out, and merged the verdicts are those of the whole', async () => {
    await open(failsOn('5.92.0'));
    const whole = matrixOf(await world.matrix(['--json']));
    const dirs = [];
    for (const shard of ['1/2', '2/2']) {
      const dir = join(world.directory, `shard-${shard[0] ?? ''}`);
      dirs.push(dir);
      // Machines that share nothing.
      const store = join(world.directory, `store-${shard[0] ?? ''}`);
      const part = await world.matrix(['--json', '--shard', shard, '--store', store, '--output', dir]);
      expect(matrixOf(part)).toMatchObject({ shard: { of: 2, costsFrom: 'by estimates' } });
      // What shares a core is together.
      expect(new Set(matrixOf(part).cells.map(({ cell }) => cell.python.version)).size).toBe(1);
    }
    const out = join(world.directory, 'matrix.json');
    const merge = await world.run([
      'merge',
      ...dirs,
      '--json',
      '--output',
      out,
      '--since',
      await save('whole.json', whole),
    ]);
    const merged = matrixOf(merge);
    const digests = (record: typeof whole): readonly (readonly [string, string | undefined])[] =>
      record.cells.map(({ id, suites }) => [id, suites?.verdictsDigest] as const).sort();
    expect([merge.exitCode, digests(merged)]).toEqual([3, digests(whole)]);
    expect(merged.cells.map(({ since }) => since?.verdicts)).toEqual([[], [], [], [], [], []]);
    expect(merged.runs.map(({ cells }) => cells)).toEqual([3, 3]);
    expect(existsSync(out)).toBe(true);
    const half = await world.run(['merge', dirs[0] ?? '']);
    expect([half.exitCode, half.stdout]).toEqual([1, expect.stringContaining('3 not run')]);
    const text = await world.run(['merge', ...dirs, '--since', out]);
    expect(text.stdout).toContain('Nothing changed since the matrix of');
  });

  it('refuses shards that are none', async () => {
    await open();
    for (const shard of ['0/2', '3/2', '1', '1/0', 'a/b', '-1/2']) {
      const result = await world.matrix(['--json', `--shard=${shard}`]);
      expect([shard, result.exitCode, failureCodes(result)]).toEqual([shard, 2, ['usage']]);
    }
    const times = await world.matrix(['--json', '--times', 'x']);
    expect([times.exitCode, failureCodes(times)]).toEqual([2, ['usage']]);
    const unknown = await world.matrix(['--json', '--shard', '1/2', '--times', './no-such.json']);
    expect([unknown.exitCode, failureCodes(unknown)]).toEqual([2, ['unknown-run']]);
  });
});

const save = async (name: string, value: unknown): Promise<string> => {
  const file = join(world.directory, name);
  await writeFile(file, JSON.stringify(value));
  return file;
};

describe('merge', () => {
  it('refuses records that are damaged, of another version or of other suites, and what has none', async () => {
    await open();
    const dir = join(world.directory, 'out');
    const [id = ''] = await idsOf('5.90.0');
    await world.matrix(['--json', '--cell', id, '--up-to', 'prove', '--output', dir]);
    const run = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')) as Record<string, unknown>;
    const refused = async (files: readonly string[], exitCode: number, code: string): Promise<string> => {
      const result = await world.run(['merge', ...files, '--json']);
      expect([result.exitCode, failureCodes(result)]).toEqual([exitCode, [code]]);
      return result.stderr;
    };
    const damaged = await save('damaged.json', { ...run, cells: 3 });
    expect(await refused([damaged], 4, 'record-invalid')).toMatch(/damaged\.json[^]*\$\.cells/);
    const other = await save('other.json', { ...run, tool: '0.0.1' });
    expect(await refused([other], 4, 'record-invalid')).toMatch(
      /other\.json[^]*expected a record of cpython-awslc \d.*found one of 0\.0\.1/,
    );
    const plan = {
      ...(run['plan'] as Record<string, unknown>),
      test: { preset: 'quick', files: ['test_other'], match: [] },
    };
    const stranger = await save('stranger.json', { ...run, id: '20260101T000000Z-000000', plan });
    expect(await refused([join(dir, 'run.json'), stranger], 2, 'usage')).toContain('ran other suites (test_other)');
    await refused(['20200101T000000Z-000000'], 2, 'unknown-run');
    await refused([join(world.directory, 'suites')], 2, 'unknown-run');
    const since = await world.run(['merge', dir, '--since', damaged, '--json']);
    expect([since.exitCode, failureCodes(since)]).toEqual([4, ['record-invalid']]);
    // By its id in the store, and cells that nobody ran.
    const merged = await world.run(['merge', String(run['id']), '--json']);
    expect(merged.exitCode).toBe(1);
    expect(Object.values(statesOf(matrixOf(merged))).filter((state) => state === 'not-run')).toHaveLength(5);
    expect((await world.run(['merge', dir, '--partial'])).exitCode).toBe(0);
  });
});

describe('matrix --baseline', () => {
  it('newest: only what the change broke fails; a cell without one is judged as usual, and it is said', async () => {
    await open(failsOn('5.9'));
    const of = (awslc: string, ...args: readonly string[]): Promise<CliResult> =>
      world.run(['matrix', '--python', '3.14.90', '--awslc', awslc, '--json', ...args]);
    const first = await of('5.90.0', '--baseline', 'newest', '--output', join(world.directory, 'runs/base'));
    expect(first.exitCode).toBe(3);
    expect(matrixOf(first).cells[0]?.suites?.notes.join()).toContain('No baseline: no good run');
    // A cell is no excuse for itself.
    expect((await of('5.90.0', '--baseline', 'newest')).exitCode).toBe(3);
    // The same failure on a release before: not what this version broke.
    const second = await of('5.91.0', '--baseline', 'newest');
    const { run } = matrixOf(first).cells[0] ?? {};
    expect([second.exitCode, matrixOf(second).cells[0]?.state]).toEqual([0, 'as-expected']);
    expect(matrixOf(second).cells[0]?.suites).toMatchObject({
      asExpected: false,
      baseline: { run, comparison: { worse: [], sameUnexpected: 1 } },
    });
    // Artefacts of a CI system.
    const third = await of('5.92.0', '--baseline', join(world.directory, 'runs'));
    expect([third.exitCode, matrixOf(third).cells[0]?.suites?.baseline?.run]).toEqual([0, run]);
    const none = await of('5.92.0', '--baseline', 'newest', '--up-to', 'build');
    expect([none.exitCode, failureCodes(none)]).toEqual([2, ['usage']]);
  });
});
