import type { Cell } from '../../src/model/cell.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { CellRun, RunRecord } from '../../src/model/record.ts';
import type { Verdict, VerdictReport } from '../../src/model/verdict.ts';
import type { JudgedRun } from '../../src/verdict/matrix.ts';
import type { JudgedCell } from '../../src/verdict/matrix-cell.ts';
import { plainFacts } from './suite-runs.ts';
import { makeReport } from './verdict-report.ts';

/** How a cell of a made-up run came out. */
export interface CellPart {
  readonly id: string;
  /** How far it got; everything unless given. */
  readonly upTo?: 'nothing' | 'core' | 'build' | 'prove' | 'test';
  /** Whether what was built came from a cache. */
  readonly isCached?: boolean;
  /** Whether its proof was interrupted. */
  readonly isUnproved?: boolean;
  readonly failures?: readonly Failure[];
  readonly verdicts?: readonly Verdict[];
  /** Verdicts of an earlier run that these are compared with. */
  readonly baseline?: readonly Verdict[];
  readonly report?: Partial<VerdictReport>;
  readonly logs?: JudgedCell['logs'];
  readonly cell?: Partial<Cell>;
}

export interface RunPart {
  readonly id: string;
  readonly startedAt?: string;
  readonly stage?: RunRecord['stage'];
  readonly asked?: readonly string[];
  readonly cells?: readonly CellPart[];
  /** Cells of the plan that this run did not do. */
  readonly others?: readonly string[];
  readonly elsewhere?: readonly { readonly id: string; readonly failure: Failure }[];
  readonly cpu?: string;
  readonly arch?: string;
}

const stepsOf = (id: string): Record<string, string> => ({
  'compile-core': 'compile-core-000000000000',
  'install-cell': `install-cell-${id}`,
  'prove-cell': `prove-cell-${id}`,
  'test-cell': `test-cell-${id}`,
  'test-twin': `test-twin-${id}`,
});

const reached = { nothing: 0, core: 1, build: 2, prove: 3, test: 4 } as const;

export const passes: readonly Verdict[] = [
  { id: 'test.test_ssl.A.test_one', file: 'test_ssl', verdict: 'PASS', durationMs: 20 },
  { id: 'test.test_ssl.A.test_two', file: 'test_ssl', verdict: 'XFAIL', reason: 'no PHA' },
];

const recordCell = ({ id, upTo = 'test', failures, isUnproved = false, isCached = false }: CellPart): CellRun => {
  const count = reached[upTo];
  return {
    id,
    steps: Object.values(stepsOf(id)).map((step, index) => ({
      id: step,
      outcome:
        index < count
          ? isCached && index < 2
            ? 'cached'
            : 'done'
          : index === count && failures !== undefined
            ? 'failed'
            : 'not-run',
      durationMs: index < count ? 1000 * (index + 1) : 0,
    })),
    ...(count < 3 || isUnproved
      ? {}
      : {
          proof: {
            version: 1,
            kind: 'proof',
            claims: [{ id: 'a', title: 'a', how: 'asked', expected: 1, found: 1, holds: true }],
            facts: [],
            notChecked: [],
          },
          proofOf: '2026-11-24T10:00:00Z',
        }),
    ...(count < 4 ? {} : { suites: { runs: [], environment: plainFacts.environment, durationMs: 1000 } }),
    ...(failures === undefined ? {} : { failures: failures.map((failure) => ({ ...failure })) }),
  };
};

/** A run's record and what judging it came to, without anything having run. */
export const makeRun = (part: RunPart): JudgedRun => {
  const cells = part.cells ?? [];
  const planned = [
    ...cells.map(({ id, cell }) => ({ id, cell })),
    ...(part.others ?? []).map((id) => ({ id, cell: {} })),
  ];
  const judged = cells.map((cell): [string, JudgedCell] => [
    cell.id,
    {
      ...((cell.upTo ?? 'test') === 'test'
        ? { report: makeReport(cell.verdicts ?? passes, cell.report, cell.baseline) }
        : {}),
      failures: [],
      logs: cell.logs ?? [],
    },
  ]);
  return {
    record: {
      version: 1,
      kind: 'run',
      id: part.id,
      tool: '1.2.3',
      command: 'matrix',
      startedAt: part.startedAt ?? '2026-11-24T10:00:00.000Z',
      durationMs: 60_000,
      machine: {
        cpu: part.cpu ?? 'Fake CPU',
        cpuFeaturesDigest: 'c'.repeat(64),
        kernel: '6.1.0',
        libc: 'glibc 2.36',
        os: 'Debian GNU/Linux 12 (bookworm)',
        cores: 2,
        memoryBytes: 4e9,
      },
      tools: [],
      plan: {
        version: 1,
        kind: 'plan',
        recipe: 'small',
        resolved: [],
        notes: [],
        platform: { arch: part.arch ?? 'x86_64', libc: 'gnu' },
        tools: [],
        assets: [],
        environment: {},
        test: { preset: 'quick', files: ['test_ssl'], match: [] },
        cells: planned.map(({ id, cell }) => ({
          id,
          cell: { ...plainFacts.cell, ...cell },
          capabilities: plainFacts.capabilities,
          steps: stepsOf(id),
        })),
        ...(part.elsewhere === undefined
          ? {}
          : {
              elsewhere: part.elsewhere.map(({ id, failure }) => ({
                id,
                cell: { ...plainFacts.cell, target: 'graviton3' },
                failure: { ...failure },
              })),
            }),
        steps: planned.flatMap(({ id }) =>
          Object.entries(stepsOf(id)).map(([name, step]) => ({
            id: step,
            kind: name.startsWith('compile')
              ? 'compile'
              : name.startsWith('install')
                ? 'install'
                : name.startsWith('prove')
                  ? 'prove'
                  : 'test',
            subject: name.split('-')[1] ?? '',
            title: name.replace('-', ' '),
            fingerprint: 'f'.repeat(64),
            workKey: 'f'.repeat(64),
            inputs: {},
            actions: [],
            flags: [],
            width: 'one',
          })),
        ),
      },
      stage: part.stage ?? 'test',
      ...(part.asked === undefined ? {} : { asked: [...part.asked] }),
      stepRecords: [],
      cells: cells.map(recordCell),
      exitCode: 0,
    },
    cells: new Map(judged),
  };
};
