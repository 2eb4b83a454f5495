import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listReportSchema, type ListReport } from '../../src/model/inventory.ts';
import { parseJson } from '../../src/model/json.ts';
import { runCli } from '../rig/cli.ts';
import { findStored, makeWorld, type World } from '../rig/pipeline.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.remove());

const list = async (...args: readonly string[]): Promise<ListReport> => {
  const result = await runCli(['list', '--json', '--store', world.store, '--catalogue', world.catalogue, ...args]);
  expect(result.stderr).toBe('');
  expect(result.exitCode).toBe(0);
  const report = parseJson(listReportSchema, result.stdout);
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  return report.value;
};

it('list shows catalogue, targets and recipes', async () => {
  const report = await list();
  expect(report.cpython).toMatchObject([
    { version: '3.14.90', series: '3.14', origins: ['https'], manifest: true, roster: false },
  ]);
  expect(report.awslc).toMatchObject([{ version: '5.90.0', line: 'main', capabilities: { pha: false } }]);
  expect(report.targets?.map(({ name }) => name)).toContain('generic');
  expect(report.recipes).toContainEqual(expect.objectContaining({ name: 'default', preset: 'crypto' }));
  expect(report.recipes?.find(({ name }) => name === 'nightly')?.include).toHaveLength(4);
  expect(report).not.toHaveProperty('runs');
  const text = await runCli(['list']);
  expect(text.stdout).toMatch(
    /^CPython\n {2}3\.9\.2 +from https, debian +[^]*3\.14\.\d+ +from https, debian +expected results/,
  );
  expect(text.stdout).toMatch(/\nAWS-LC\n[^]*5\.12\.0 +main +from crate +16 hashes; lacks PHA/);
});

it('list shows finished steps and past runs, newest first, judged by what is expected now', async () => {
  expect(await list('--runs', '--store-contents')).toMatchObject({ runs: [], store: { steps: [], treeBytes: 0 } });
  expect((await world.run(['build'])).exitCode).toBe(0);
  expect((await world.run(['test'])).exitCode).toBe(0);
  await mkdir(join(world.store, 'v1/runs/20200101T000000Z-abcdef'));
  await writeFile(join(await findStored(world, 'probe-awslc'), 'record.json'), '{}');
  const report = await list('--runs', '--store-contents');
  expect(report.runs?.map(({ command, exitCode }) => [command, exitCode])).toEqual([
    ['test', 0],
    ['build', 0],
  ]);
  const cell = report.runs?.[0]?.cells[0];
  expect(cell?.proof?.fails).toBe(0);
  expect(cell?.suites).toEqual({ asExpected: true, cases: 2, unexpected: {} });
  expect(report.unreadableRuns).toEqual([{ id: '20200101T000000Z-abcdef', reason: 'unfinished: it has no run.json' }]);
  const kinds = report.store?.steps.map(({ kind, subject }) => `${kind} ${subject}`) ?? [];
  expect(kinds).toEqual(expect.arrayContaining(['fetch cpython', 'compile core', 'install cell', 'test cell']));
  expect(kinds).not.toContain('probe awslc');
  expect(report.store?.unreadable).toHaveLength(1);
});

it('list says that a catalogue cannot be read', async () => {
  await writeFile(join(world.catalogue, 'awslc.json'), '{"version": 1, "entries": [{"version": 5}]}');
  const result = await runCli(['list', '--catalogue', world.catalogue]);
  expect(result.exitCode).toBe(2);
  expect(result.stderr).toMatch(/\$\.entries\[0\]\.version[^]*\[file-invalid\]/);
});
