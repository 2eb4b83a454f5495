import type { Cell } from '../model/cell.ts';
import type { MatrixCell } from '../model/matrix.ts';

const shortDigest = (tree: string | undefined): string => (tree === undefined ? '' : ` (tree ${tree.slice(0, 8)})`);

/** CPython's version, and which content where it is a source tree. */
export const describePython = ({ python }: Cell): string => `${python.version}${shortDigest(python.tree)}`;

/** AWS-LC's version, with FIPS where its version does not say so, and which content where it is a source tree. */
export const describeAwslc = ({ awslc }: Cell): string =>
  `${awslc.fips && !awslc.version.startsWith('fips-') ? 'FIPS ' : ''}${awslc.version}${shortDigest(awslc.tree)}`;

const otherAxes = {
  platform: ({ platform }: Cell): string => `${platform.arch} ${platform.libc}`,
  target: ({ target }: Cell): string => target,
  link: ({ link }: Cell): string => link,
  optimization: ({ optimization }: Cell): string => optimization,
  cipherString: ({ cipherString }: Cell): string => cipherString,
} as const;
export type OtherAxis = keyof typeof otherAxes;
const otherAxisNames: readonly OtherAxis[] = ['platform', 'target', 'link', 'optimization', 'cipherString'];

/** Cells as a reader finds them: series down, AWS-LC and whatever else varies across. */
export interface Grid {
  readonly columns: readonly GridColumn[];
  readonly rows: readonly {
    readonly python: string;
    /** For each column the cells at that place: mostly one, none where the recipe has none. */
    readonly places: readonly (readonly MatrixCell[])[];
  }[];
  /** Where cipher strings vary, they are numbered: they are too long for a table's head. */
  readonly cipherStrings: readonly string[];
}

export interface GridColumn {
  readonly awslc: string;
  /** Values of the other axes that vary. */
  readonly others: readonly string[];
}

/** Names cells by what tells them apart, and by nothing that all have in common. */
export interface CellNames {
  readonly columnOf: (cell: Cell) => GridColumn;
  /** `CPython 3.14.6, AWS-LC 5.12.0, x86-64-v3` */
  readonly nameOf: (cell: Cell) => string;
  /** `3.14.6 · 5.12.0 · x86-64-v3`, where many stand in a line. */
  readonly shortNameOf: (cell: Cell) => string;
  readonly varying: readonly OtherAxis[];
  readonly cipherStrings: readonly string[];
}

/** Finds what tells the cells apart. */
export const nameCells = (cells: readonly MatrixCell[]): CellNames => {
  const valuesOf = (axis: OtherAxis): readonly string[] => [...new Set(cells.map(({ cell }) => otherAxes[axis](cell)))];
  const varying = otherAxisNames.filter((axis) => valuesOf(axis).length > 1);
  const cipherStrings = varying.includes('cipherString') ? valuesOf('cipherString') : [];
  const columnOf = (cell: Cell): GridColumn => ({
    awslc: describeAwslc(cell),
    others: varying.map((axis) =>
      axis === 'cipherString' ? `cipher string ${cipherStrings.indexOf(cell.cipherString) + 1}` : otherAxes[axis](cell),
    ),
  });
  const nameOf = (cell: Cell): string => {
    const { awslc, others } = columnOf(cell);
    return [`CPython ${describePython(cell)}`, `AWS-LC ${awslc}`, ...others].join(', ');
  };
  const shortNameOf = (cell: Cell): string => {
    const { awslc, others } = columnOf(cell);
    return [describePython(cell), awslc, ...others].join(' · ');
  };
  return { columnOf, nameOf, shortNameOf, varying, cipherStrings };
};

/** Lays cells out, rows and columns in the order in which they first come. */
export const makeGrid = (cells: readonly MatrixCell[], { columnOf, cipherStrings }: CellNames): Grid => {
  const columns = new Map<string, GridColumn>();
  const rows = new Map<string, Map<string, MatrixCell[]>>();
  for (const cell of cells) {
    const column = columnOf(cell.cell);
    const key = JSON.stringify(column);
    columns.set(key, column);
    const python = describePython(cell.cell);
    const row = rows.get(python) ?? new Map<string, MatrixCell[]>();
    rows.set(python, row.set(key, [...(row.get(key) ?? []), cell]));
  }
  return {
    columns: [...columns.values()],
    rows: [...rows].map(([python, row]) => ({
      python,
      places: [...columns.keys()].map((key) => row.get(key) ?? []),
    })),
    cipherStrings,
  };
};
