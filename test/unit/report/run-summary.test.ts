import { describe, expect, it } from 'vitest';
import { formatRunSummary, type CellSummary } from '../../../src/report/run-summary.ts';
import { plainFacts } from '../../rig/suite-runs.ts';
import { makeReport, oneOfEach } from '../../rig/verdict-report.ts';

const cell: CellSummary = { cell: plainFacts.cell, steps: { done: 12, cached: 0, recorded: 0, failed: 0, notRun: 0 } };

describe('formatRunSummary', () => {
  it('says what was done, what holds, and where the Python is', () => {
    const verdicts = makeReport(oneOfEach.slice(0, 2), { recorded: true });
    const text = formatRunSummary(
      {
        id: '20261124-abc',
        durationMs: 900,
        cells: [
          {
            ...cell,
            steps: { done: 1, cached: 0, recorded: 11, failed: 0, notRun: 0 },
            proof: { holds: 31, fails: 0, of: '2026-11-24T09:00:00Z' },
            verdicts,
            python: { path: 'PLACE/bin/python3', command: 'cpython-awslc run -- -V' },
          },
        ],
      },
      { color: false },
    );
    expect(text).toBe(`CPython 3.14.6, AWS-LC 5.12.0, x86_64 gnu, generic, static, quick
  steps    1 step done, 11 recorded
  proof    31 claims hold (of 2026-11-24T09:00:00Z)
  suites   All as expected: 2 cases in 1 file (of 2026-11-24T10:00:00Z)
           PASS 1  SKIP 1
  python   PLACE/bin/python3
  run it   cpython-awslc run -- -V
run 20261124-abc, 900 ms
`);
  });

  it('says how AWS-LC of a checkout was compiled, also when no more is known than that it may have been incremental', () => {
    const kept = { incremental: true, since: '2026-11-24T09:00:00Z', changedFiles: 1 };
    const cells = [
      { ...cell, kept },
      { ...cell, kept: { ...kept, incremental: false } },
      { ...cell, kept: { incremental: true } },
    ];
    const text = formatRunSummary({ id: 'r', durationMs: 1, cells }, { color: false });
    expect(text.match(/^ {2}built .*$/gm)).toEqual([
      '  built    AWS-LC compiled incrementally, on from a build of 2026-11-24T09:00:00Z (1 file differed); --clean compiles all of it',
      '  built    AWS-LC compiled clean, as the first in the build tree that is kept for its directory',
      '  built    AWS-LC compiled incrementally; --clean compiles all of it',
    ]);
  });

  it('does not hide what failed or was not run', () => {
    const text = formatRunSummary(
      {
        id: 'r',
        durationMs: 12_340,
        cells: [
          { ...cell, steps: { done: 3, cached: 0, recorded: 0, failed: 1, notRun: 8 } },
          { ...cell, proof: { holds: 29, fails: 2 }, verdicts: makeReport(oneOfEach) },
        ],
      },
      { color: false },
    );
    expect(text).toContain('  steps    3 steps done, 1 failed, 8 not run\n');
    expect(text).toContain('  proof    2 of 31 claims fail\n');
    expect(text).toContain('  suites   7 unexpected verdicts: 12 cases in 3 files\n');
    expect(text).toContain('run r, 12.3 s\n');
  });
});
