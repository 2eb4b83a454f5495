import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/model/failure.ts';
import { checkSchema } from '../../../src/model/json.ts';
import { matrixRecordSchema, type MatrixRecord } from '../../../src/model/matrix.ts';
import { runRecordSchema } from '../../../src/model/record.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { assembleMatrix, type MatrixInput } from '../../../src/verdict/matrix.ts';
import { makeRun, passes, type RunPart } from '../../rig/run-records.ts';

const assemble = (parts: readonly RunPart[], more: Partial<MatrixInput> = {}): MatrixRecord => {
  const [first, ...others] = parts.map(makeRun);
  if (first === undefined) throw new Error('no run');
  for (const { record } of [first, ...others]) expect(checkSchema(runRecordSchema, record)).toMatchObject({ ok: true });
  const record = assembleMatrix({ tool: '1.2.3', runs: [first, ...others], isPartial: false, ...more });
  expect(checkSchema(matrixRecordSchema, record)).toMatchObject({ ok: true });
  return record;
};
const stateOf = ({ cells }: MatrixRecord, id = 'a'): string | undefined => cells.find((cell) => cell.id === id)?.state;

const missing: Failure = { code: 'tool-missing', tool: 'go', neededFor: 'build', next: 'Install it.' };
const unsupported: Failure = { code: 'unsupported', what: 'x', why: 'y', next: 'z' };
const broken: Failure = { code: 'command-failed', step: 'compile', argv: ['make'], exit: '2', log: '', lastLines: [] };
const damaged: Failure = { code: 'store-damaged', path: 'p', expected: 'a', found: 'b' };
const unproved: Failure = { code: 'proof-failed', claims: [{ id: 'a', expected: '1', found: '2' }], log: '' };
const failing: readonly Verdict[] = [
  { id: 'test.test_ssl.A.test_one', file: 'test_ssl', verdict: 'FAIL', reason: 'boom' },
  ...passes.slice(1),
];

describe('a cell of a matrix', () => {
  it.each([
    ['as-expected', {}, 0, 0],
    ['not-run', { upTo: 'build' }, 1, 0],
    ['not-run', { isUnproved: true }, 1, 0],
    ['unexpected', { verdicts: failing }, 3, 3],
    // Only what got worse counts.
    ['as-expected', { verdicts: failing, baseline: failing }, 0, 0],
    ['unexpected', { verdicts: failing, baseline: passes }, 3, 3],
    ['unexpected', { upTo: 'build', failures: [unproved] }, 5, 5],
    ['failed', { upTo: 'core', failures: [broken] }, 1, 1],
    ['failed', { upTo: 'core', failures: [missing, broken] }, 1, 1],
    ['failed', { upTo: 'core', failures: [damaged, unproved] }, 4, 4],
    ['cannot-run', { upTo: 'nothing', failures: [missing] }, 1, 0],
    ['cannot-run', { upTo: 'core', failures: [unsupported] }, 1, 0],
    ['failed', { upTo: 'test', failures: [broken] }, 1, 1],
  ] as const)('is %s with %j', (state, part, exitCode, partialCode) => {
    const cells = [{ id: 'a', ...part }];
    const record = assemble([{ id: 'r', cells }]);
    expect([stateOf(record), record.exitCode]).toEqual([state, exitCode]);
    expect(assemble([{ id: 'r', cells }], { isPartial: true }).exitCode).toBe(partialCode);
  });

  it('of another machine cannot run here, for the reason that the plan has', () => {
    const record = assemble([{ id: 'r', cells: [{ id: 'a' }], elsewhere: [{ id: 'g', failure: unsupported }] }]);
    expect([stateOf(record), stateOf(record, 'g'), record.exitCode]).toEqual(['as-expected', 'cannot-run', 1]);
    expect(record.cells[1]).toMatchObject({ run: 'r', failures: [unsupported], steps: [], proof: null, suites: null });
  });

  it('is judged by the stage that its matrix went up to, which is the farthest of its runs', () => {
    const core = { id: 'c', stage: 'core', cells: [{ id: 'a', upTo: 'core' }] } as const;
    expect([stateOf(assemble([core])), assemble([core]).stage]).toEqual(['as-expected', 'core']);
    const cached = { ...core, cells: [{ id: 'a', upTo: 'core', isCached: true }] } as const;
    expect(stateOf(assemble([cached]))).toBe('as-expected');
    // The core is there for other cells, though this one cannot be made of it.
    const spoilt = { ...core, cells: [{ id: 'a', upTo: 'core', failures: [broken] }] } as const;
    expect([stateOf(assemble([spoilt])), assemble([spoilt]).exitCode]).toEqual(['as-expected', 0]);
    const none = { ...core, cells: [{ id: 'a', upTo: 'nothing', failures: [broken] }] } as const;
    expect(stateOf(assemble([none]))).toBe('failed');
    const both = assemble([core, { id: 'r', cells: [{ id: 'a' }, { id: 'b' }] }]);
    expect([stateOf(both), both.stage, both.cells.map(({ run }) => run)]).toEqual(['as-expected', 'test', ['r', 'r']]);
  });

  it('has the digest of its verdicts, whatever order and durations they have', () => {
    const digest = (verdicts: readonly Verdict[]): string | undefined =>
      assemble([{ id: 'r', cells: [{ id: 'a', verdicts }] }]).cells[0]?.suites?.verdictsDigest;
    expect(digest([...passes].reverse())).toBe(digest(passes));
    expect(digest(passes.map((verdict) => ({ ...verdict, durationMs: 7 })))).toBe(digest(passes));
    expect(digest(failing)).not.toBe(digest(passes));
  });
});

describe('a matrix of several runs', () => {
  it('takes for each cell the run that got farthest, then what is known, then the newest', () => {
    const [old, newer] = ['2026-11-24T09:00:00.000Z', '2026-11-24T11:00:00.000Z'];
    const run = (id: string, startedAt: string, cell: object): RunPart => ({
      id,
      startedAt,
      cells: [{ id: 'a', ...cell }],
    });
    const chosen = (...parts: readonly RunPart[]): readonly (string | null | undefined)[] =>
      [parts, [...parts].reverse()].map((order) => assemble(order).cells[0]?.run);
    expect(chosen(run('x', old, {}), run('y', newer, { upTo: 'build', failures: [broken] }))).toEqual(['x', 'x']);
    expect(chosen(run('x', old, {}), run('y', newer, { verdicts: failing }))).toEqual(['y', 'y']);
    const [nothing, failed] = [
      { upTo: 'nothing', failures: [missing] },
      { upTo: 'nothing', failures: [broken] },
    ];
    expect(chosen(run('x', old, failed), run('y', newer, nothing))).toEqual(['x', 'x']);
    const elsewhere = { id: 'e', startedAt: newer, elsewhere: [{ id: 'a', failure: unsupported }] };
    expect(chosen(run('x', old, { upTo: 'nothing' }), elsewhere)).toEqual(['e', 'e']);
    expect(chosen(run('x', old, { upTo: 'core', failures: [broken] }), elsewhere)).toEqual(['x', 'x']);
    // A run of the core alone does not know what became of the cell.
    const core = { ...run('c', newer, { upTo: 'core' }), stage: 'core' } as const;
    const died = run('x', old, { upTo: 'nothing', failures: [broken] });
    expect(chosen(core, died)).toEqual(['x', 'x']);
    expect(chosen(core, elsewhere, run('z', old, {}))).toEqual(['z', 'z']);
  });

  it('has the cells of every plan; one that nobody ran fails it, unless it is partial', () => {
    const parts = [
      { id: 'x', asked: ['a'], cells: [{ id: 'a' }], others: ['b', 'c'] },
      { id: 'y', asked: ['b'], cells: [{ id: 'b' }], others: ['a', 'c'] },
    ];
    const record = assemble(parts);
    expect(record.cells.map(({ id, state, run }) => [id, state, run])).toEqual([
      ['a', 'as-expected', 'x'],
      ['b', 'as-expected', 'y'],
      ['c', 'not-run', null],
    ]);
    expect([record.exitCode, assemble(parts, { isPartial: true }).exitCode]).toEqual([1, 0]);
    expect(assemble(parts, { only: new Set(['a']) }).cells.map(({ id }) => id)).toEqual(['a']);
    expect(record).toMatchObject({ startedAt: '2026-11-24T10:00:00.000Z', endedAt: '2026-11-24T10:01:00.000Z' });
  });

  it('does not take another machine’s lack for a cell that this run was not asked to do', () => {
    const other = { id: 'x', asked: ['b'], cells: [{ id: 'b' }], elsewhere: [{ id: 'g', failure: unsupported }] };
    expect(stateOf(assemble([other]), 'g')).toBe('not-run');
  });

  it('ends by the worst of its cells', () => {
    const ids = [failing, passes].map((verdicts, index) => ({ id: String(index), verdicts }));
    const cells = [...ids, { id: 'p', upTo: 'build', failures: [unproved] } as const];
    expect(assemble([{ id: 'r', cells }]).exitCode).toBe(5);
    expect(assemble([{ id: 'r', cells: [...cells, { id: 'd', upTo: 'core', failures: [damaged] }] }]).exitCode).toBe(4);
  });

  it('says which steps were done, for how many cells, and how often', () => {
    const part = (id: string): RunPart => ({
      id,
      cells: [{ id: `${id}1` }, { id: `${id}2` }],
      others: id === 'x' ? ['y1', 'y2'] : [],
    });
    const [core] = assemble([part('x'), part('y')]).steps;
    expect(core).toEqual({ id: 'compile-core-000000000000', title: 'compile core', cells: 4, done: 2 });
  });

  it('notes runs on machines of one kind that gave other verdicts', () => {
    const parts = (arch: string): readonly RunPart[] => [
      { id: 'x', cpu: 'Old CPU', cells: [{ id: 'a', verdicts: failing }] },
      { id: 'y', startedAt: '2026-11-24T12:00:00.000Z', arch, cells: [{ id: 'a' }] },
    ];
    const notes = (record: MatrixRecord): readonly string[] => record.cells[0]?.suites?.notes ?? [];
    expect(notes(assemble(parts('x86_64')))).toEqual([
      'Run x (Old CPU, Debian GNU/Linux 12 (bookworm)) gave this cell other verdicts; shown are those of run y.',
    ]);
    expect(notes(assemble(parts('aarch64')))).toEqual([]);
  });
});

describe('a matrix since an earlier one', () => {
  const before = assemble([{ id: 'r', cells: [{ id: 'a' }, { id: 'b', verdicts: failing }] }]);

  it('names cells and cases that are otherwise', () => {
    const record = assemble(
      [
        {
          id: 's',
          cells: [
            { id: 'a', verdicts: failing },
            { id: 'b', verdicts: failing },
            { id: 'c', cell: { link: 'shared' } },
          ],
        },
      ],
      { since: before },
    );
    expect(record.since).toEqual({ startedAt: before.startedAt, recipe: 'small' });
    expect(record.cells.map(({ since }) => since)).toEqual([
      { stateBefore: 'as-expected', verdicts: [{ id: 'test.test_ssl.A.test_one', file: 'test_ssl', to: 'FAIL' }] },
      { stateBefore: 'unexpected', verdicts: [] },
      null,
    ]);
    const back = assemble([{ id: 's', cells: [{ id: 'b' }] }], { since: before });
    expect(back.cells[0]?.since?.verdicts).toEqual([
      { id: 'test.test_ssl.A.test_one', file: 'test_ssl', from: 'FAIL' },
    ]);
  });

  it('takes what did not run now for no change of verdicts', () => {
    const record = assemble([{ id: 's', cells: [{ id: 'b', upTo: 'core', failures: [broken] }] }], { since: before });
    expect(record.cells[0]?.since).toEqual({ stateBefore: 'unexpected', verdicts: [] });
  });

  it('knows a checkout by its place, whatever it holds', () => {
    const tree = (digest: string): object => ({
      awslc: { version: '5.13.0', line: 'main', fips: false, tree: digest },
    });
    const then = assemble([{ id: 'r', cells: [{ id: 'x1', cell: tree('a') }] }]);
    const now = assemble([{ id: 's', cells: [{ id: 'x2', cell: tree('b'), verdicts: failing }] }], { since: then });
    expect(now.cells[0]?.since?.stateBefore).toBe('as-expected');
  });
});
