import type { Failure } from '../model/failure.ts';
import type { PlainComparison, PlainDifference } from '../model/plain.ts';
import { formatCount, formatDuration, paint, plural, printable, type TextOptions } from './text.ts';

/** How many cases a failure names. */
const firstCount = 10;

const describeDifference = ({ id, plain, driver }: PlainDifference, options: TextOptions): string =>
  `${printable(id, options)}: ${plain} in \`python -m test\`, ${driver} in the driver`;

/** Whether the driver and `python -m test` say the same: `plain-differs` with the first cases where they do not. */
export const comparisonFailure = ({ differences }: PlainComparison): Failure | undefined =>
  differences.length === 0
    ? undefined
    : {
        code: 'plain-differs',
        count: differences.length,
        first: differences.slice(0, firstCount).map((difference) => describeDifference(difference, { color: false })),
      };

/** How many cases agree, each one that does not, and both times. */
export const formatPlainComparison = (comparison: PlainComparison, options: TextOptions): string => {
  const { cases, agree, differences, unsteady, plain, driver, retestLeftOut } = comparison;
  const same = `The driver and \`python -m test\` agree on ${formatCount(agree)} of ${plural(cases, 'case')}`;
  const of = driver.of === undefined ? '' : ` (of ${driver.of})`;
  return [
    paint(same, differences.length === 0 ? 'green' : 'red', options),
    ...differences.map(
      (difference) => `${paint('DIFFERS   ', 'red', options)} ${describeDifference(difference, options)}`,
    ),
    ...(retestLeftOut ? ['           too many to run each again alone'] : []),
    ...unsteady.map(
      (difference) =>
        `${paint('UNSTEADY  ', 'yellow', options)} ${describeDifference(difference, options)}; agreed when run again alone`,
    ),
    `  python -m test -j${plain.jobs}   ${formatDuration(plain.durationMs)}, ${plural(plain.ran, 'case')} by its own count, ${formatCount(plain.read)} read from what it printed`,
    `  driver               ${formatDuration(driver.durationMs)}${of}`,
    '',
  ].join('\n');
};
