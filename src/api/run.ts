import { findForeign } from '../commands/find-foreign.ts';
import { judgeCell } from '../commands/judge-cells.ts';
import { checkToolchain, openSelection, type Opened } from '../commands/open.ts';
import { runListened } from '../commands/run-opened.ts';
import { readUmask } from '../io/umask.ts';
import type { Cell } from '../model/cell.ts';
import { exitCodeOf, worstExitCode, type Failure } from '../model/failure.ts';
import type { Proof } from '../model/proof.ts';
import type { RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { VerdictReport } from '../model/verdict.ts';
import { findBaselines, type Baselines } from '../run/baselines.ts';
import { loadRun, type CellSession, type Session } from '../run/session.ts';
import { reportFailure } from '../verdict/summary.ts';
import { call, type Call } from './call.ts';
import { toOptions, type Selection, type Surroundings } from './selection.ts';

/** How far a run goes. */
export type UpTo = 'fetch' | 'build' | 'prove' | 'test';

export interface RunOptions extends Surroundings {
  /** `test` unless given. */
  readonly upTo?: UpTo;
  /** Whether recorded proofs and suites of this machine are made again. */
  readonly rerun?: boolean;
  /** Whether what is built for another machine is proved and tested in an emulator. */
  readonly emulate?: boolean;
  /** An earlier run, a directory of runs, or `newest`: only what changed against it for the worse is a failure. */
  readonly baseline?: string;
}

/** What a run found for one cell. */
export interface CellResult {
  readonly id: string;
  readonly cell: Cell;
  /** The built interpreter in the store, read-only; null when it was not built, or not asked for. */
  readonly python: string | null;
  readonly proof: Proof | null;
  /** The suites, judged by what is expected now; null when they did not run. */
  readonly verdicts: VerdictReport | null;
}

/** A run that took place, whatever came of it. */
export interface RunResult {
  /** Whether all that was asked for was done, and is as expected: there is no failure. */
  readonly asExpected: boolean;
  /** What went wrong in it, each with its stable `code`. */
  readonly failures: readonly Failure[];
  /** The exit code that the command line would end with. */
  readonly exitCode: number;
  /** Whether nothing was fetched, built or run now: everything was recorded. */
  readonly recorded: boolean;
  readonly cells: readonly CellResult[];
  /** What the run did: when all was recorded, the earlier run that did it. Null when it could not be written. */
  readonly record: RunRecord | null;
  /** Path of the record's run.json, with `logs/` beside it. */
  readonly file: string | null;
}

/** What the command line sets for its own process, and a library must not: refused when it would show in what is built. */
const refuseUmask = (umask: number | undefined): Failure | undefined =>
  umask === undefined || umask === 0o022
    ? undefined
    : {
        code: 'unsupported',
        what: `A run in a process whose umask is ${umask.toString(8).padStart(4, '0')}`,
        why: 'the modes of what is built would depend on it',
        next: 'Call process.umask(0o022) before, or run it in a process of its own.',
      };

const judgeCells = async (
  session: Session,
  opened: Opened,
  baseline: Baselines | undefined,
): Promise<{ readonly cells: readonly CellResult[]; readonly failures: readonly Failure[] }> => {
  const failures: Failure[] = [];
  const judgeOne = async (cell: CellSession): Promise<VerdictReport | null> => {
    const report = await judgeCell(cell, opened, baseline);
    if (!report.ok) failures.push(report.error);
    if (!report.ok || report.value === undefined) return null;
    const unexpected = reportFailure(report.value);
    if (unexpected !== undefined) failures.push(unexpected);
    return report.value;
  };
  const cells: CellResult[] = [];
  for (const cell of session.cells) {
    cells.push({
      id: cell.planned.id,
      cell: cell.planned.cell,
      python: cell.prefix === undefined ? null : `${cell.prefix}/bin/python3`,
      proof: cell.proof ?? null,
      verdicts: await judgeOne(cell),
    });
  }
  return { cells, failures };
};

const runIn = async (
  selection: Selection,
  options: RunOptions,
  { context, tell }: Call,
): Promise<Result<RunResult, readonly Failure[]>> => {
  const umask = refuseUmask(readUmask());
  if (umask !== undefined) return fail([umask]);
  const stage = options.upTo ?? 'test';
  const opened = await openSelection(toOptions(selection, options), context);
  if (!opened.ok) return opened;
  const { prepared, store } = opened.value;
  const isRun = stage === 'prove' || stage === 'test';
  const foreign = findForeign(prepared, options.emulate === true || !isRun);
  if (foreign !== undefined) return fail([foreign]);
  const asked = options.baseline;
  const { plan } = prepared;
  const baseline =
    asked === undefined
      ? ok(undefined)
      : await findBaselines({ asked, plan, cells: plan.cells, store, cwd: context.cwd });
  if (!baseline.ok) return fail([baseline.error]);
  const lacking = await checkToolchain(opened.value, stage);
  if (lacking.length > 0) return fail(lacking);
  const session = await runListened(
    opened.value,
    stage,
    {
      command: stage,
      rerun: options.rerun === true,
      listener: tell,
      note: (text) => {
        tell({ type: 'notice', text });
      },
    },
    context,
  );
  const judged = await judgeCells(session, opened.value, baseline.value);
  const record = session.run === undefined ? undefined : await loadRun(session.run.file, store, context.cwd);
  const failures = [
    ...session.failures,
    ...judged.failures,
    ...(record === undefined || record.ok ? [] : [record.error]),
  ];
  return ok({
    asExpected: failures.length === 0,
    failures,
    exitCode: worstExitCode(failures.map(exitCodeOf)),
    recorded: session.isRecorded,
    cells: judged.cells,
    record: record?.ok === true ? record.value : null,
    file: session.run?.file ?? null,
  });
};

/**
 * Runs the plan of a selection up to a stage: fetches, builds, proves, and runs the suites to their verdicts. What the store
 * has is not done again.
 *
 * The result fails when nothing could be run: usage, a missing program, a plan that cannot be made. A run that took place is a
 * value, and its `asExpected` and `failures` say what came of it. Never rejects, writes to no stream, and never ends the process;
 * programs that still run end with the process.
 *
 * Failures of its own: `unsupported` (a umask other than 022, which a library does not change), `interrupted`, `bug`.
 */
export const run = (
  selection: Selection = {},
  options: RunOptions = {},
): Promise<Result<RunResult, readonly Failure[]>> => call(options, (made) => runIn(selection, options, made));
