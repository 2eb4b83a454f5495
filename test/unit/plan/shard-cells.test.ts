import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/model/cell.ts';
import { estimateCells, type RecordedCell } from '../../../src/plan/cell-costs.ts';
import { nameCore, shardCells, type Assignment, type ShardCell } from '../../../src/plan/shard-cells.ts';

/** The same numbers each time: from 0 to below 1. */
const makeRandom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
};
const cellOf = (python: string, awslc: string, more: Partial<Cell> = {}): ShardCell => ({
  id: `${python}+${awslc}${JSON.stringify(more)}`,
  cell: {
    python: { version: python, series: python.split('.').slice(0, 2).join('.') },
    awslc: { version: awslc, line: 'main', fips: false },
    platform: { arch: 'x86_64', libc: 'gnu' },
    target: 'generic',
    link: 'static',
    optimization: 'quick',
    cipherString: 'A',
    ...more,
  },
});
const grid = (pythons: number, awslcs: number): readonly ShardCell[] =>
  Array.from({ length: pythons }, (_, p) =>
    Array.from({ length: awslcs }, (__, a) => cellOf(`3.${9 + p}.1`, `5.${a}.0`)),
  ).flat();
const shuffle = <T>(values: readonly T[], random: () => number): readonly T[] =>
  values
    .map((value) => [random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
const lengths = (assigned: Assignment, shards: number): readonly number[] =>
  Array.from({ length: shards }, (_, index) => {
    const own = assigned.filter(({ shard }) => shard === index + 1);
    const cores = new Map(own.map(({ core, coreSeconds }) => [core, coreSeconds]));
    return own.reduce((sum, { seconds }) => sum + seconds, 0) + [...cores.values()].reduce((sum, one) => sum + one, 0);
  });
const coresPerShard = (assigned: Assignment): number =>
  new Set(assigned.map(({ core, shard }) => `${core} ${shard}`)).size;

describe('shards', () => {
  it('have every cell once, the same in whatever order cells come, and are balanced', () => {
    const random = makeRandom(7);
    for (let round = 0; round < 300; round += 1) {
      const cells = grid(1 + Math.floor(random() * 6), 1 + Math.floor(random() * 8));
      const shards = 1 + Math.floor(random() * 9);
      const own = new Map(cells.map(({ id }) => [id, 1 + random() * 100]));
      const cores = new Map(cells.map(({ cell }) => [nameCore(cell), random() * 200]));
      const costs = {
        core: ({ cell }: ShardCell): number => cores.get(nameCore(cell)) ?? 0,
        own: ({ id }: ShardCell): number => own.get(id) ?? 0,
      };
      const assigned = shardCells(cells, shards, costs);
      expect(assigned.map(({ id }) => id)).toEqual(cells.map(({ id }) => id).sort());
      expect(assigned.every(({ shard }) => shard >= 1 && shard <= shards)).toBe(true);
      expect(shardCells(shuffle(cells, random), shards, costs)).toEqual(assigned);
      // No shard is longer than its fair part, the longest core and cells that one piece may have beyond it.
      const total = lengths(assigned, shards).reduce((sum, one) => sum + one, 0);
      const largest = Math.max(...cores.values()) + 2 * Math.max(...own.values());
      expect(Math.max(...lengths(assigned, shards))).toBeLessThanOrEqual(1.25 * (total / shards) + largest);
    }
  });

  it('keep what shares a core together, and divide a group only that is much longer than a shard', () => {
    const costs = { core: () => 100, own: () => 10 };
    expect(coresPerShard(shardCells(grid(4, 3), 2, costs))).toBe(4);
    expect(coresPerShard(shardCells(grid(4, 3), 4, costs))).toBe(4);
    // One core with forty cells on four machines: each makes it.
    const divided = shardCells(grid(1, 40), 4, costs);
    expect([coresPerShard(divided), Math.max(...lengths(divided, 4))]).toEqual([4, 200]);
  });

  it('may be empty, when there are more of them than cells', () => {
    const assigned = shardCells(grid(1, 2), 5, { core: () => 1, own: () => 100 });
    expect(new Set(assigned.map(({ shard }) => shard)).size).toBe(2);
  });
});

describe('costs of cells', () => {
  const cell = cellOf('3.14.6', '5.12.0');
  const release = cellOf('3.14.6', '5.12.0', { optimization: 'release' });

  it('are estimates by step, of which a stage has those before it', () => {
    const [core, build, test] = (['core', 'build', 'test'] as const).map((stage) => estimateCells(stage));
    expect(core?.own(cell)).toBe(0);
    expect(core?.core(cell)).toBe(test?.core(cell));
    expect(test?.own(cell) ?? 0).toBeGreaterThan(build?.own(cell) ?? 0);
    expect(test?.core(release) ?? 0).toBeGreaterThan(2 * (test?.core(cell) ?? 0));
  });

  it('are recorded times of the same cell, else of the one most alike, where there are any', () => {
    const recorded = (of: ShardCell, testMs: number): RecordedCell => ({
      ...of,
      stepsMs: new Map([
        ['test-cell', testMs],
        ['compile-core', 7000],
      ]),
    });
    const times = [recorded(cell, 1000), recorded(release, 900_000)];
    const known = estimateCells('test', times);
    const plain = estimateCells('test');
    expect(plain.own(cell) - known.own(cell)).toBeCloseTo(30);
    expect(known.own(release)).toBeGreaterThan(900);
    const other = cellOf('3.13.1', '1.49.0', { optimization: 'release' });
    expect(known.own(other)).toBe(known.own(release));
    expect(known.core(other)).toBe(known.core(cell));
  });
});
