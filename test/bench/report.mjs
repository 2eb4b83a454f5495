// Results as a table for a terminal, and as Markdown.

const seconds = (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`);
const times = (value) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)}×`;
/** What the command line may hold at most: 150 MB. */
const mostBytes = 150e6;
const mebibytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

const walls = (samples) => {
  const all = samples.map(({ wallSeconds }) => wallSeconds);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const sorted = [...all].sort((a, b) => a - b);
  const middle = seconds(sorted[Math.floor(sorted.length / 2)]);
  return all.length === 1 ? middle : `${middle} (${seconds(low)} to ${seconds(high)})`;
};
const cpu = (samples) => seconds(samples.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / samples.length);
const share = (samples, name, cores) => {
  const sum = (one) => samples.reduce((total, sample) => total + sample[one], 0);
  return `${Math.round((100 * sum(name)) / (sum('wallSeconds') * cores))} %`;
};
const describeTarget = (target) =>
  target === undefined
    ? ''
    : 'atLeast' in target
      ? `at least ${target.atLeast}×`
      : `under ${seconds(target.belowSeconds)}`;
const describeRatio = (ratio) =>
  ratio.low === ratio.high
    ? times(ratio.median)
    : `${times(ratio.median)} (${times(ratio.low)} to ${times(ratio.high)})`;

const columns = [
  'part',
  'base',
  'this tool',
  'ratio',
  'said',
  'asked',
  'CPU base',
  'CPU this tool',
  'idle base',
  'idle this tool',
  'others took',
  'runs',
];
const rowOf = (part, cores) => [
  part.name,
  walls(part.base),
  walls(part.ours),
  describeRatio(part.ratio),
  part.ratio.said,
  part.target === undefined ? '' : `${describeTarget(part.target)}: ${part.judgement}`,
  cpu(part.base),
  cpu(part.ours),
  share(part.base, 'idleSeconds', cores),
  share(part.ours, 'idleSeconds', cores),
  share([...part.base, ...part.ours], 'otherCpuSeconds', cores),
  part.base.length === part.ours.length ? String(part.ours.length) : `${part.base.length} and ${part.ours.length}`,
];

/** One line per part, aligned. */
export const formatTable = (result) => {
  const rows = [columns, ...result.parts.map((part) => rowOf(part, result.machine.cores))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

const describeSteps = (title, steps) => [
  '',
  `${title}: ${Object.entries(steps)
    .map(([name, value]) => `${name} ${seconds(typeof value === 'number' ? value : value.wallSeconds)}`)
    .join(', ')}.`,
];

/** A page that says what was measured, on what, and what may be said of it. */
export const formatPage = (result) => {
  const { machine, parts } = result;
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `# Measured on ${result.date}, revision ${result.revision}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB, Linux ${machine.kernel}; ` +
      `${machine.compiler}; ${machine.cmake}; ninja ${machine.ninja}; Node ${machine.node}.`,
    '',
    `Load before the first run: ${result.loadBefore.toFixed(1)}. The column "others took" says which share of all cores other ` +
      `programs had while a part was measured, the columns "idle" which share had nothing to do${result.busy ? ': **this machine was busy**, so times are longer than they need be and ratios uncertain' : ''}.`,
    '',
    row(columns),
    row(columns.map(() => '---')),
    ...parts.map((part) => row(rowOf(part, machine.cores))),
    '',
    ...parts.map((part) => `- **${part.name}**: ${part.what}.`),
    '',
    'A ratio is the median of the base over the median of this tool; in parentheses the least and the most that any two runs give. ' +
      '"faster" is said only when the slowest run of the one is faster than the fastest of the other.',
    ...(result.byHandSteps === undefined ? [] : describeSteps('By hand, last run', result.byHandSteps)),
    ...parts.flatMap((part) =>
      part.steps === undefined ? [] : describeSteps(`Part ${part.name}, last run`, part.steps),
    ),
    ...parts.flatMap((part) =>
      part.boundShare === undefined
        ? []
        : [
            '',
            `Part ${part.name}: ${Math.round(part.boundShare * 100)} % of the bound (all its CPU-seconds over the cores, over its wall time).`,
          ],
    ),
    '',
    `On disk: ${Object.entries(result.disk)
      .map(([name, bytes]) => `${name} ${mebibytes(bytes)}`)
      .join(
        ', ',
      )}. Most memory of the command line itself: ${mebibytes(result.peakBytes)} (asked: under ${mebibytes(mostBytes)}: ${result.peakBytes < mostBytes ? 'met' : 'missed'}).`,
    '',
  ].join('\n');
};
