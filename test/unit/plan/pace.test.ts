import { describe, expect, test } from 'vitest';
import type { Spare } from '../../../src/model/spare.ts';
import { choosePace, countStarts, fixedPace } from '../../../src/plan/pace.ts';

const pace = choosePace(2, 16e9);
const roomy = { memoryBytes: 16e9 };
const start = (running: number, spare?: Spare, waiting = 100): number => countStarts({ running, waiting, spare }, pace);

test('a pace grows with the cores, within reason and memory', () => {
  expect([1, 2, 4, 64].map((cores) => choosePace(cores, 64e9))).toEqual([
    { least: 4, most: 12 },
    { least: 8, most: 24 },
    { least: 16, most: 48 },
    { least: 64, most: 64 },
  ]);
  expect(choosePace(2, 4.5e9)).toEqual({ least: 8, most: 20 });
  // Less memory than the least would take: a process that is killed for it is worth nothing.
  expect(choosePace(2, 1e9)).toEqual({ least: 2, most: 2 });
  expect(choosePace(16, 0.4e9)).toEqual({ least: 1, most: 1 });
});

describe('countStarts', () => {
  test('starts the least number at once, and again when one has ended', () => {
    expect(start(0)).toBe(8);
    expect(start(7)).toBe(1);
    expect(start(8)).toBe(0);
  });

  test('starts nothing more on a machine that is busy, or that tells nothing', () => {
    expect(start(8, { idleCores: 0, ...roomy })).toBe(0);
    expect(start(8, { idleCores: 0.19, ...roomy })).toBe(0);
    expect(start(8)).toBe(0);
  });

  test('starts more the more is idle, and never more than the most', () => {
    expect(start(8, { idleCores: 0.2, ...roomy })).toBe(1);
    expect(start(8, { idleCores: 1.7, ...roomy })).toBe(8);
    expect(start(20, { idleCores: 2, ...roomy })).toBe(4);
    expect(start(24, { idleCores: 2, ...roomy })).toBe(0);
    // Those that are owed anyway will take of what is idle.
    expect(start(6, { idleCores: 1, ...roomy })).toBe(5);
  });

  test('starts no more than memory bears, but always the least', () => {
    expect(start(8, { idleCores: 2, memoryBytes: 1.2e9 })).toBe(3);
    expect(start(8, { idleCores: 2, memoryBytes: 1e8 })).toBe(0);
    expect(start(0, { idleCores: 2, memoryBytes: 1e8 })).toBe(8);
  });

  test('starts no more than wait', () => {
    expect(start(0, undefined, 3)).toBe(3);
    expect(start(8, { idleCores: 2, ...roomy }, 2)).toBe(2);
  });

  test('a fixed pace looks at nothing', () => {
    expect(countStarts({ running: 2, waiting: 9, spare: { idleCores: 2, ...roomy } }, fixedPace(2))).toBe(0);
    expect(countStarts({ running: 1, waiting: 9 }, fixedPace(2))).toBe(1);
  });
});
