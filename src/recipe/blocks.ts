import type { Cell } from '../model/cell.ts';
import type { Axes, Recipe, SomeAxes } from '../model/recipe.ts';
import { isOfVersion } from '../model/version.ts';

/** A product of axes of a recipe: its `cells`, or one that it includes beside them. */
export interface Block {
  /** JSON path in the recipe. */
  readonly path: string;
  readonly axes: Axes;
}

/** Axes in which those that are named take the place of the others. */
const replaceAxes = (axes: Axes, by: SomeAxes): Axes => ({
  python: by.python ?? axes.python,
  awslc: by.awslc ?? axes.awslc,
  target: by.target ?? axes.target,
  link: by.link ?? axes.link,
  optimization: by.optimization ?? axes.optimization,
  cipherString: by.cipherString ?? axes.cipherString,
});

/**
 * The products that a recipe's cells come from. An axis from the command line replaces the one of `cells`; an included product
 * has the values of `cells` where it names none of its own.
 */
export const listBlocks = (recipe: Recipe, narrowed: SomeAxes): readonly Block[] => {
  const cells = replaceAxes(recipe.cells, narrowed);
  return [
    { path: '$.cells', axes: cells },
    ...(recipe.include ?? []).map((include, index) => ({
      path: `$.include[${index}]`,
      axes: replaceAxes(cells, include),
    })),
  ];
};

/** Every value that a recipe's products name on one axis, once. */
export const listAxisValues = <Name extends keyof Axes>(
  recipe: Recipe,
  narrowed: SomeAxes,
  name: Name,
): readonly Axes[Name][number][] => [
  ...new Set(listBlocks(recipe, narrowed).flatMap(({ axes }): readonly Axes[Name][number][] => axes[name])),
];

/** `fips` is any FIPS build, `main` and `fips-2025` a line; else a version, or its first numbers. */
const isAwslcOf = ({ awslc }: Cell, asked: string): boolean =>
  (asked === 'fips' && awslc.fips) || asked === awslc.line || isOfVersion(awslc.version, asked);

/** Whether a cell has, on every axis that is named, one of the values. A series stands for its versions. */
export const matchesAxes = (cell: Cell, axes: SomeAxes): boolean =>
  (axes.python?.some((asked) => isOfVersion(cell.python.version, asked)) ?? true) &&
  (axes.awslc?.some((asked) => isAwslcOf(cell, asked)) ?? true) &&
  (axes.target?.includes(cell.target) ?? true) &&
  (axes.link?.includes(cell.link) ?? true) &&
  (axes.optimization?.includes(cell.optimization) ?? true) &&
  (axes.cipherString?.includes(cell.cipherString) ?? true);

/** The same of axes from the command line, where a value may also be a name that was resolved to the cell's version. */
export const matchesNarrowed = (
  cell: Cell,
  axes: SomeAxes,
  resolutions: readonly { readonly axis: string; readonly asked: string; readonly got: string }[],
): boolean => {
  const withResolved = (axis: string, asked: readonly string[] | undefined): string[] | undefined =>
    asked?.flatMap((one) => [
      one,
      ...resolutions.flatMap((known) => (known.axis === axis && known.asked === one ? [known.got] : [])),
    ]);
  return matchesAxes(cell, {
    ...axes,
    python: withResolved('python', axes.python),
    awslc: withResolved('awslc', axes.awslc),
  });
};
