import type { Cell } from '../model/cell.ts';
import { compareCodeUnits } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { MatrixStage, RunRecord } from '../model/record.ts';
import { estimateSeconds } from './critical-path.ts';
import type { CellCosts, ShardCell } from './shard-cells.ts';

/** Recorded durations of steps, by cell, in milliseconds: what an earlier run or matrix holds. */
export interface RecordedCell {
  readonly id: string;
  readonly cell: Cell;
  /** By kind and subject: `compile-core`. */
  readonly stepsMs: ReadonlyMap<string, number>;
}

/** Steps that cells with the same core share; all others count as a cell's own. */
const coreSteps: ReadonlySet<string> = new Set([
  'fetch-cpython',
  'unpack-cpython',
  'patch-cpython',
  'configure-core',
  'compile-core',
]);

/** Steps of every cell that take time worth counting. */
const estimatedSteps: readonly string[] = [
  'fetch-cpython',
  'unpack-cpython',
  'configure-core',
  'compile-core',
  'fetch-awslc',
  'unpack-awslc',
  'configure-awslc',
  'compile-awslc',
  'modules-crypto',
  'install-cell',
  'prove-cell',
  'test-cell',
];

/** How alike a recorded cell is to another where the same is not known: the number of axes on which they agree, weighed. */
const likeness = (a: Cell, b: Cell): number =>
  (a.optimization === b.optimization ? 8 : 0) +
  (a.awslc.fips === b.awslc.fips ? 4 : 0) +
  (a.python.series === b.python.series ? 2 : 0) +
  (a.target === b.target ? 1 : 0);

/** Steps that a stage ends before. */
const laterThan: Readonly<Record<MatrixStage, RegExp>> = {
  core: /^(?!.*-(?:core|cpython)$)/,
  build: /^(?:prove|test)-/,
  prove: /^test-/,
  test: /-twin$/,
  diff: /^$/,
};

/** A release is compiled twice, trained between, and linked as a whole. */
const releaseFactor = 5;
/** The machine that the estimates are of: they must not depend on this one. */
const estimateCores = 2;

const estimate = (step: string, { optimization }: Cell): number =>
  estimateSeconds(step, estimateCores) * (step === 'compile-core' && optimization === 'release' ? releaseFactor : 1);

/**
 * Costs of cells by the times that a plan estimates its steps by, in whose place recorded times of the same cell, or else of the
 * one that is most alike, are taken.
 */
export const estimateCells = (stage: MatrixStage, recorded: readonly RecordedCell[] = []): CellCosts => {
  const known = [...recorded].sort((a, b) => compareCodeUnits(a.id, b.id));
  const sum = ({ id, cell }: ShardCell, ofCore: boolean): number => {
    const best =
      known.find((one) => one.id === id) ??
      known.reduce<RecordedCell | undefined>(
        (found, one) => (found === undefined || likeness(cell, one.cell) > likeness(cell, found.cell) ? one : found),
        undefined,
      );
    const steps = new Set(best === undefined ? estimatedSteps : [...estimatedSteps, ...best.stepsMs.keys()]);
    return [...steps]
      .filter((step) => coreSteps.has(step) === ofCore && !laterThan[stage].test(step))
      .reduce((total, step) => {
        const ms = best?.stepsMs.get(step);
        return total + (ms === undefined ? estimate(step, cell) : ms / 1000);
      }, 0);
  };
  return { core: (one) => sum(one, true), own: (one) => sum(one, false) };
};

/** Kind and subject of a step by its id: `compile-core` of `compile-core-0123456789ab`. */
const nameStep = (id: string): string => id.replace(/-[0-9a-f]{12}$/, '');

const timesOf = (
  steps: readonly { readonly id: string; readonly outcome: string; readonly durationMs: number }[],
): ReadonlyMap<string, number> =>
  new Map(
    steps.flatMap(({ id, outcome, durationMs }) =>
      outcome === 'done' || outcome === 'recorded' ? [[nameStep(id), durationMs] as const] : [],
    ),
  );

/** The times that a run or a matrix holds; a step that it took from a store has the time that it once took. */
export const readCellTimes = (record: RunRecord | MatrixRecord): readonly RecordedCell[] =>
  record.kind === 'matrix'
    ? record.cells.map(({ id, cell, steps }) => ({ id, cell, stepsMs: timesOf(steps) }))
    : record.cells.flatMap(({ id, steps }) => {
        const planned = record.plan.cells.find((one) => one.id === id);
        return planned === undefined ? [] : [{ id, cell: planned.cell, stepsMs: timesOf(steps) }];
      });
