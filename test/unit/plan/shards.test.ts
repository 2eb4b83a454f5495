import { describe, expect, test } from 'vitest';
import type { SuiteEvent } from '../../../src/model/suite.ts';
import { findLeftover, locateCases, planShards, type CasesByFile } from '../../../src/plan/shards.ts';

const noTimings = { version: 1 as const, python: '3.14.6', classesMs: {}, casesMs: {} };
const idsOf = (scope: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${scope}.test_${index}`);

const cases: CasesByFile = {
  test_a: [...idsOf('test.test_a.Long', 40), ...idsOf('test.test_a.Short', 3)],
  test_b: idsOf('test.test_b.Middle', 5),
  test_c: idsOf('test.test_c.Tiny', 2),
};
const timings = {
  ...noTimings,
  classesMs: { 'test.test_a.Long': 40_000, 'test.test_b.Middle': 9_000 },
  casesMs: { 'test.test_a.Long.test_7': 12_000 },
};

describe('planShards', () => {
  test.each([1, 2, 3, 7, 50])('shares every case out exactly once among at most %i processes', (count) => {
    const shards = planShards(cases, timings, count);
    expect(shards.length).toBeLessThanOrEqual(count);
    const shared = shards
      .flatMap((shard) => Object.entries(shard.cases))
      .flatMap(([file, ids]) => ids.map((id) => [file, id]));
    const asked = Object.entries(cases).flatMap(([file, ids]) => ids.map((id) => [file, id]));
    expect([...shared].sort()).toEqual([...asked].sort());
  });

  test('makes shards that take about the same time, cutting only the classes that are too long', () => {
    const shards = planShards(cases, timings, 4);
    const estimates = shards.map((shard) => shard.estimateMs);
    expect(Math.max(...estimates)).toBeLessThan(1.3 * ((49_000 + 2000) / 4));
    const withClass = (scope: string): number =>
      shards.filter((shard) =>
        Object.values(shard.cases)
          .flat()
          .some((id) => id.startsWith(scope)),
      ).length;
    expect(withClass('test.test_a.Long')).toBeGreaterThan(2);
    expect(withClass('test.test_a.Short')).toBe(1);
    // 9 s are most of a share of 12 s: what fills the rest is too little.
    expect(withClass('test.test_b.Middle')).toBe(2);
  });

  test('what has the longest case starts first', () => {
    for (const count of [2, 4, 8]) {
      const [first] = planShards(cases, timings, count);
      expect(first?.cases['test_a']).toContain('test.test_a.Long.test_7');
    }
  });

  test('keeps the order of files and of cases in each file', () => {
    for (const shard of planShards(cases, timings, 3)) {
      expect(Object.keys(shard.cases)).toEqual(Object.keys(cases).filter((file) => file in shard.cases));
      for (const [file, ids] of Object.entries(shard.cases)) {
        expect(ids).toEqual(cases[file]?.filter((id) => ids.includes(id)));
      }
    }
  });

  test('opens a file in as few processes as its time allows', () => {
    const many: CasesByFile = {
      ...cases,
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`test_many_${index}`, idsOf(`test.test_many_${index}.Case`, 4)]),
      ),
    };
    const opened = planShards(many, timings, 8).flatMap((shard) => Object.keys(shard.cases));
    const timesOf = (file: string): number => opened.filter((name) => name === file).length;
    expect(timesOf('test_a')).toBeGreaterThan(5);
    expect(
      Object.keys(many).filter((file) => file !== 'test_a' && timesOf(file) > (file === 'test_b' ? 2 : 1)),
    ).toEqual([]);
  });

  test('a case that a file collects twice goes to one process only', () => {
    const twice = { test_a: [...idsOf('test.test_a.Long', 40), ...idsOf('test.test_a.Long', 40)] };
    const shared = planShards(twice, timings, 4).flatMap((shard) => Object.values(shard.cases).flat());
    expect(shared).toHaveLength(80);
  });

  test('does not open a file in another process for the sake of a few milliseconds', () => {
    const small = {
      test_a: [...idsOf('test.test_a.A', 3), ...idsOf('test.test_a.B', 3), ...idsOf('test.test_a.C', 3)],
    };
    expect(planShards(small, noTimings, 4)).toHaveLength(1);
  });

  test('has nothing to plan without cases', () => {
    expect(planShards({}, timings, 4)).toEqual([]);
  });
});

const begin = (file: string): SuiteEvent => ({ event: 'begin', version: 1, file, python: '3.14.6', pid: 1 });
const collect = (file: string, ids: readonly string[]): SuiteEvent => ({ event: 'collect', file, ids: [...ids] });
const start = (id: string): SuiteEvent => ({ event: 'start', id });
const end = (id: string): SuiteEvent => ({ event: 'end', id, outcome: 'pass', durationMs: 1 });
const done = (file: string): SuiteEvent => ({ event: 'done', file, started: 1, durationMs: 1 });

describe('findLeftover', () => {
  const asked = { test_a: ['m.A.a', 'm.A.b', 'm.A.c', 'm.B.a'], test_b: ['n.A.a'] };
  const opened = [begin('test_a'), collect('test_a', asked.test_a)];

  test('is what had not started, without the case that was running', () => {
    expect(findLeftover(asked, [...opened, start('m.A.a'), end('m.A.a'), start('m.A.b')])).toEqual({
      cases: { test_a: ['m.A.c', 'm.B.a'], test_b: ['n.A.a'] },
      file: 'test_a',
      place: 'while running m.A.b',
    });
  });

  test('between cases the next class is given up', () => {
    expect(findLeftover(asked, [...opened, start('m.A.a'), end('m.A.a')])).toEqual({
      cases: { test_a: ['m.B.a'], test_b: ['n.A.a'] },
      file: 'test_a',
      place: 'between cases of test_a',
    });
  });

  test('in an import the file is given up', () => {
    expect(findLeftover(asked, [begin('test_a')])).toEqual({
      cases: { test_b: ['n.A.a'] },
      file: 'test_a',
      place: 'while importing test_a',
    });
  });

  test('after a file the next ones are left, after the last nothing', () => {
    const first = [...opened, ...asked.test_a.flatMap((id) => [start(id), end(id)]), done('test_a')];
    expect(findLeftover(asked, first)).toEqual({
      cases: { test_b: ['n.A.a'] },
      file: 'test_a',
      place: 'after its last case',
    });
    const all = [...first, begin('test_b'), collect('test_b', ['n.A.a']), start('n.A.a'), end('n.A.a'), done('test_b')];
    expect(findLeftover(asked, all).cases).toEqual({});
  });

  test('in tearDownModule nothing is left of the file', () => {
    const events = [...opened, ...asked.test_a.flatMap((id) => [start(id), end(id)])];
    expect(findLeftover(asked, events)).toEqual({
      cases: { test_b: ['n.A.a'] },
      file: 'test_a',
      place: 'between cases of test_a',
    });
  });
});

test('locateCases names every file that collected a case', () => {
  const events = [
    ...[begin('test_a'), collect('test_a', ['m.A.a', 'm.A.b']), done('test_a')],
    ...[begin('test_b'), collect('test_b', ['m.A.a', 'n.A.a']), done('test_b')],
  ];
  expect(locateCases(events, new Set(['m.A.a', 'n.A.a', 'gone']))).toEqual({
    test_a: ['m.A.a'],
    test_b: ['m.A.a', 'n.A.a'],
  });
});
