import { describeMasked } from '../model/cpu.ts';
import type { ListReport, PastRun } from '../model/inventory.ts';
import { formatDuration, paint, plural, type TextOptions } from './text.ts';
import { formatBytes } from './cache.ts';
import { describeCell } from './verdicts.ts';

export interface ListTextOptions extends TextOptions {
  /** The time that ages are counted from, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** Rows with every column but the last as wide as its widest text. */
const formatTable = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((text, column) => Math.max(known[column] ?? 0, text.length)),
    [],
  );
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
};

/** How long ago, in the largest unit of which there are two: `3 h ago`, `12 days ago`. */
export const formatAge = (startedAt: string, nowMs: number): string => {
  const minutes = Math.floor((nowMs - Date.parse(startedAt)) / 60_000);
  if (!(minutes >= 1)) return 'just now';
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
};

type KnownAwslc = NonNullable<ListReport['awslc']>[number];

/** What of a version differs from what the others have: PHA, and everything that is missing. */
const describeCapabilities = ({ capabilities }: KnownAwslc): string => {
  const missing = [
    ...(capabilities.pha ? [] : ['PHA']),
    ...(capabilities.pskTls13 ? [] : ['TLS 1.3 PSK']),
    ...(capabilities.pskWithoutCertificate ? [] : ['TLS 1.2 PSK without certificate']),
    ...(capabilities.hmacHashes.some((name) => name.startsWith('sha3_')) ? [] : ['HMAC of SHA-3']),
    ...(capabilities.groups.includes('X25519MLKEM768') ? [] : ['X25519MLKEM768']),
    ...Object.entries(capabilities.functions)
      .filter(([, present]) => !present)
      .map(([name]) => name),
  ];
  return `${plural(capabilities.hashes.length, 'hash', 'hashes')}; lacks ${missing.length === 0 ? 'nothing' : missing.join(', ')}`;
};

const formatRun = (run: PastRun, options: ListTextOptions): readonly string[] => {
  const suites = run.cells.flatMap((cell) => (cell.suites === undefined ? [] : [cell.suites]));
  const expected = run.exitCode === 0 && suites.every(({ asExpected }) => asExpected);
  const cells = run.cells.map((cell) => {
    const { proof, suites: judged } = cell;
    const counts = Object.entries(judged?.unexpected ?? {}).map(([name, count]) => `${count} ${name}`);
    const notes = [
      ...(proof === undefined
        ? []
        : [
            proof.fails === 0
              ? plural(proof.holds, 'claim holds', 'claims hold')
              : plural(proof.fails, 'claim fails', 'claims fail'),
          ]),
      ...(judged === undefined
        ? []
        : [`${plural(judged.cases, 'case')}, ${judged.asExpected ? 'all as expected' : counts.join(', ')}`]),
    ];
    return `    ${describeCell(cell.cell)}${notes.length === 0 ? '' : `: ${notes.join('; ')}`}`;
  });
  const end = expected
    ? 'as expected'
    : run.exitCode === 0
      ? 'unexpected verdicts'
      : `ended with exit code ${run.exitCode}`;
  const masked = run.masked === undefined ? '' : `, without ${describeMasked(run.masked)}`;
  return [
    `  ${run.id}  ${run.command.padEnd(5)}  ${paint(end, expected ? 'green' : 'red', options)}, ` +
      `${formatDuration(run.durationMs)}, ${formatAge(run.startedAt, options.nowMs)}${masked}`,
    ...cells,
  ];
};

const formatStore = (store: NonNullable<ListReport['store']>, nowMs: number): readonly string[] => [
  ...formatTable(
    store.steps.map((step) => [
      step.kind,
      step.subject,
      formatBytes(step.treeBytes),
      formatAge(step.startedAt, nowMs),
      step.key.slice(0, 12),
      step.title,
    ]),
  ),
  ...store.unreadable.map((key) => `  ${key.slice(0, 12)}: its record cannot be read; \`cache verify\` takes it out`),
  `  ${plural(store.steps.length, 'finished step')}, ${formatBytes(store.treeBytes)}`,
];

/** What is known and what is here, for a terminal. */
export const formatList = (report: ListReport, options: ListTextOptions): string => {
  const section = (title: string, lines: readonly string[]): readonly string[] => [
    paint(title, 'bold', options),
    ...(lines.length === 0 ? ['  none'] : lines),
  ];
  const { cpython, awslc, targets, recipes, store, runs, unreadableRuns } = report;
  const sections = [
    ...(cpython === undefined
      ? []
      : [
          section(
            'CPython',
            formatTable(
              cpython.map(({ version, origins, manifest, roster }) => [
                version,
                `from ${origins.join(', ')}`,
                [
                  manifest ? 'expected results' : 'no expected results',
                  roster ? 'roster' : 'no roster: LOST is not judged',
                ].join(', '),
              ]),
            ),
          ),
        ]),
    ...(awslc === undefined
      ? []
      : [
          section(
            'AWS-LC',
            formatTable(
              awslc.map((known) => [
                known.version,
                known.line,
                `from ${known.origins.join(', ')}`,
                describeCapabilities(known),
              ]),
            ),
          ),
        ]),
    ...(targets === undefined
      ? []
      : [section('Targets', formatTable(targets.map(({ name, description }) => [name, description])))]),
    ...(recipes === undefined
      ? []
      : [
          section(
            'Recipes',
            formatTable(
              recipes.map(({ name, description, cells, include = [] }) => [
                name,
                `CPython ${cells.python.join(', ')} on AWS-LC ${cells.awslc.join(', ')}${include.length === 0 ? '' : ' and more'}`,
                description ?? '',
              ]),
            ),
          ),
        ]),
    ...(store === undefined ? [] : [section(`Store ${store.path}`, formatStore(store, options.nowMs))]),
    ...(runs === undefined
      ? []
      : [
          section('Runs', [
            ...runs.flatMap((run) => formatRun(run, options)),
            ...(unreadableRuns ?? []).map(({ id, reason }) => `  ${id}  ${reason}`),
          ]),
        ]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
};
