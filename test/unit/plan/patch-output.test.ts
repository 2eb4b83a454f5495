import { describe, expect, it } from 'vitest';
import { judgeHunks, patchedFiles, readHunks } from '../../../src/plan/patch-output.ts';

const output = `checking file Modules/_ssl.c
Using Plan A...
Hunk #1 succeeded at 150.
Hunk #2 succeeded at 292 (offset -7 lines).
Hunk #3 succeeded at 10 with fuzz 1 (offset 1 line).
Hunk #4 FAILED at 140.
`;

describe('what patch says of its hunks', () => {
  it('is read: line, offset, fuzz, rejects', () => {
    expect(readHunks(output)).toEqual([
      { number: 1, line: 150, offsetLines: 0, fuzz: 0, rejected: false },
      { number: 2, line: 292, offsetLines: -7, fuzz: 0, rejected: false },
      { number: 3, line: 10, offsetLines: 1, fuzz: 1, rejected: false },
      { number: 4, line: 140, offsetLines: 0, fuzz: 0, rejected: true },
    ]);
  });

  it('is judged by its worst hunk, and nothing said is a patch that was rejected', () => {
    const hunks = readHunks(output);
    expect([1, 2, 3, 4].map((count) => judgeHunks(hunks.slice(0, count)))).toEqual([
      'applies',
      'offset',
      'fuzz',
      'rejected',
    ]);
    expect(judgeHunks([])).toBe('rejected');
  });

  it('concerns the files that the patch names, each once', () => {
    expect(patchedFiles('--- a/M/x.c\n+++ b/M/x.c\n@@\n--- a/M/y.c\n+++ b/M/y.c\n+++ b/M/x.c\n')).toEqual([
      'M/x.c',
      'M/y.c',
    ]);
  });
});
