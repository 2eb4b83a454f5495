import type { Cell } from '../model/cell.ts';
import { canonicalJson, compareCodeUnits } from '../model/json.ts';
import type { CellChange, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import type { VerdictName } from '../model/verdict.ts';

/** A cell without the contents of its sources: the same place on the axes, whatever a checkout holds today. */
const placeOf = ({ python, awslc, ...rest }: Cell): string =>
  canonicalJson({
    ...rest,
    python: python.tree === undefined ? python.version : `${python.series} tree`,
    awslc: awslc.tree === undefined ? awslc.version : `${awslc.line} tree`,
  });

/** The same cell in an earlier matrix; of a checkout, whatever was in it then, where there is no doubt which it is. */
const findBefore = ({ id, cell }: Pick<MatrixCell, 'id' | 'cell'>, before: MatrixRecord): MatrixCell | undefined => {
  const same = before.cells.find((other) => other.id === id);
  if (same !== undefined) return same;
  const alike = before.cells.filter((other) => placeOf(other.cell) === placeOf(cell));
  return alike.length === 1 ? alike[0] : undefined;
};

const keyOf = ({ file, id }: { readonly file: string; readonly id: string }): string => JSON.stringify([file, id]);

/**
 * How a cell differs from what it was in an earlier matrix; null where that has no such cell. A matrix does not hold the cases
 * that passed: a side that is absent passed, or does not have the case.
 */
export const compareSince = (
  cell: Pick<MatrixCell, 'id' | 'cell' | 'suites'>,
  before: MatrixRecord | undefined,
): CellChange | null => {
  const then = before === undefined ? undefined : findBefore(cell, before);
  if (then === undefined) return null;
  const changes = new Map<string, { id: string; file: string; from?: VerdictName; to?: VerdictName }>();
  // What did not run on one side did not change.
  if (cell.suites !== null && then.suites !== null) {
    for (const one of then.suites.notPassed) changes.set(keyOf(one), { id: one.id, file: one.file, from: one.verdict });
    for (const { id, file, verdict } of cell.suites.notPassed) {
      const known = changes.get(keyOf({ id, file }));
      changes.set(keyOf({ id, file }), {
        id,
        file,
        ...(known?.from === undefined ? {} : { from: known.from }),
        to: verdict,
      });
    }
  }
  return {
    stateBefore: then.state,
    verdicts: [...changes.values()]
      .filter(({ from, to }) => from !== to)
      .sort((a, b) => compareCodeUnits(a.file, b.file) || compareCodeUnits(a.id, b.id)),
  };
};
