import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import type { Failure } from '../../../src/model/failure.ts';
import type { ElsewhereCell, PlannedCell } from '../../../src/model/plan.ts';
import { planSubmissions, planTasks, type TaskPlan } from '../../../src/plan/tasks.ts';

const cellOf = (python: string, awslc: string, target = 'generic', arch = 'x86_64'): Cell => ({
  python: { version: python, series: python.replace(/\.\d+$/, '') },
  awslc: { version: awslc, line: 'main', fips: false },
  platform: { arch, libc: 'gnu' },
  target,
  link: 'static',
  optimization: 'quick',
  cipherString: 'X',
});
const idOf = ({ python, awslc, target }: Cell): string => `${python.version}+${awslc.version}-${target}`;
const planned = (cell: Cell, core: string): PlannedCell => ({
  id: idOf(cell),
  cell,
  // Nothing of it is looked at.
  capabilities: {} as PlannedCell['capabilities'],
  steps: { 'compile-core': core },
});
const elsewhere = (cell: Cell, failure: Failure): ElsewhereCell => ({ id: idOf(cell), cell, failure: { ...failure } });
const foreign: Failure = { code: 'unsupported', what: 'Target on this machine', why: 'other', next: 'x' };
const cells = [
  planned(cellOf('3.13.1', '5.1.0'), 'core-a'),
  planned(cellOf('3.13.1', '5.2.0'), 'core-a'),
  planned(cellOf('3.14.1', '5.1.0'), 'core-b'),
  planned(cellOf('3.14.1', '5.1.0', 'x86-64-v3'), 'core-c'),
];
const other = elsewhere(cellOf('3.14.1', '5.1.0', 'graviton3', 'aarch64'), foreign);

const plan = (
  given: { readonly cells: PlannedCell[]; readonly elsewhere?: ElsewhereCell[] },
  offered: readonly string[],
  features: ReadonlyMap<string, string> = new Map(),
  stage: 'core' | 'test' = 'test',
): TaskPlan =>
  planTasks(given, stage, new Set([...given.cells, ...(given.elsewhere ?? [])].map(({ id }) => id)), features, {
    features: offered,
  });
const brief = ({ tasks }: TaskPlan): unknown[] =>
  tasks.map(({ index, kind, cells: of, after, feature }) => [index, kind, of.join(' '), after, feature]);

describe('tasks of a matrix', () => {
  it('are one for each core, then one for each cell, which waits for its core and asks for the same node', () => {
    expect(brief(plan({ cells, elsewhere: [other] }, ['x86-64-v3', 'graviton3']))).toEqual([
      [0, 'core', '3.13.1+5.1.0-generic 3.13.1+5.2.0-generic', null, null],
      [1, 'core', '3.14.1+5.1.0-generic', null, null],
      [2, 'core', '3.14.1+5.1.0-x86-64-v3', null, 'x86-64-v3'],
      [3, 'core', '3.14.1+5.1.0-graviton3', null, 'graviton3'],
      [4, 'cell', '3.13.1+5.1.0-generic', 0, null],
      [5, 'cell', '3.13.1+5.2.0-generic', 0, null],
      [6, 'cell', '3.14.1+5.1.0-generic', 1, null],
      [7, 'cell', '3.14.1+5.1.0-x86-64-v3', 2, 'x86-64-v3'],
      [8, 'cell', '3.14.1+5.1.0-graviton3', 3, 'graviton3'],
    ]);
  });

  it('of a matrix of cores are the cores alone', () => {
    expect(brief(plan({ cells: cells.slice(0, 2) }, [], new Map(), 'core'))).toEqual([
      [0, 'core', '3.13.1+5.1.0-generic 3.13.1+5.2.0-generic', null, null],
    ]);
  });

  it('leave out what no node can do, and name what nodes have', () => {
    const found = plan({ cells, elsewhere: [other] }, ['x86-64-v3']);
    expect(found.tasks.flatMap((task) => task.cells)).not.toContain(other.id);
    expect(found.refused).toEqual([
      { ...other, failure: { code: 'no-node', target: 'graviton3', feature: 'graviton3', known: ['x86-64-v3'] } },
    ]);
  });

  it('leave out a generic cell that is wrong everywhere, but not one for which a program is missing here', () => {
    const missing: Failure = { code: 'tool-missing', tool: 'go', neededFor: 'FIPS', next: 'x' };
    const misfit = elsewhere(cellOf('3.9.1', '1.0.0'), foreign);
    const lacking = elsewhere(cellOf('3.9.1', '2.0.0'), missing);
    const found = plan({ cells: [], elsewhere: [misfit, lacking] }, []);
    expect(found.refused).toEqual([misfit]);
    expect(found.tasks.map((task) => task.cells)).toEqual([[lacking.id], [lacking.id]]);
  });

  it('ask for features by the names that a cluster has, and for an architecture only where it tells them apart', () => {
    const renamed = new Map([['x86-64-v3', 'haswell']]);
    const some = cells.slice(2);
    expect(plan({ cells: some }, ['haswell'], renamed).tasks.map(({ feature }) => feature)).toEqual([
      null,
      'haswell',
      null,
      'haswell',
    ]);
    expect(plan({ cells: some }, ['x86_64', 'x86-64-v3']).tasks.map(({ feature }) => feature)).toEqual([
      'x86_64',
      'x86-64-v3',
      'x86_64',
      'x86-64-v3',
    ]);
  });

  it('are of the asked cells only', () => {
    const found = planTasks({ cells, elsewhere: [other] }, 'test', new Set([cells[1]?.id ?? '']), new Map(), {
      features: [],
    });
    expect([brief(found).length, found.refused]).toEqual([2, []]);
  });
});

describe('job arrays', () => {
  const { tasks } = plan({ cells }, ['x86-64-v3']);
  const arrays = (done: readonly number[] = []): unknown[] =>
    planSubmissions(tasks, 'm', 7, (core) => done.includes(core)).map(({ submission, feature, after }) => [
      submission.name,
      submission.tasks,
      feature,
      after,
    ]);

  it('hold cores that ask for one node together, and the cells of each core', () => {
    expect(arrays()).toEqual([
      ['m-7', [0, 1], null, undefined],
      ['m-8', [2], 'x86-64-v3', undefined],
      ['m-9', [3, 4], null, 0],
      ['m-10', [5], null, 1],
      ['m-11', [6], 'x86-64-v3', 2],
    ]);
  });

  it('do not wait for a core that is there', () => {
    expect(arrays([0]).slice(2, 4)).toEqual([
      ['m-9', [3, 4], null, undefined],
      ['m-10', [5], null, 1],
    ]);
  });

  it('are no longer than Slurm takes', () => {
    const many = Array.from({ length: 2500 }, (_, index) => ({ ...tasks[0], index, kind: 'cell', after: 0 }) as never);
    expect(planSubmissions(many, 'm', 0, () => false).map(({ submission }) => submission.tasks.length)).toEqual([
      1000, 1000, 500,
    ]);
  });
});
