import type { ImportCost, ImportCostComparison } from '../model/import-cost.ts';

const costOf = ({ importMs, firstDrawMs }: ImportCost): string =>
  `${importMs.toFixed(1)} ms, first random bytes ${firstDrawMs.toFixed(1)} ms`;

/**
 * What importing the module costs, in a line: processor time, against a build of the same core without FIPS. Nothing given:
 * a proof whose measurement failed.
 */
export const formatImportCost = (cost: ImportCostComparison | undefined): string => {
  if (cost === undefined) return 'not measured';
  const { own, plain } = cost;
  return (
    `${costOf(own)} of processor time; ` +
    (plain === undefined
      ? 'the store has no measurement of a build without FIPS on this core to compare with'
      : `${plain.library}: ${costOf(plain)}`)
  );
};
