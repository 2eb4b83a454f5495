import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { writeJsonAtomic } from '../io/files.ts';
import { exitCodeOf, worstExitCode, type Failure } from '../model/failure.ts';
import { canonicalJson } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import type { PlannedCell } from '../model/plan.ts';
import type { MatrixStage, RunRecord, SuiteResults } from '../model/record.ts';
import { findBaselines, type Baselines } from '../run/baselines.ts';
import { isUnexpectedSuite, judgeRun } from '../run/judge-run.ts';
import { assembleMatrix } from '../verdict/matrix.ts';
import type { CommandContext } from './context.ts';
import type { GithubOptions } from './matrix-github.ts';
import { chooseAsked, findRefused, loadMatrix, parseShard, type CellsOptions } from './matrix-cells.ts';
import { reportMatrix, type MatrixReportOptions } from './matrix-report.ts';
import { openSelection } from './open.ts';
import { runOpened } from './run-opened.ts';
import type { SelectionOptions } from './selection.ts';
import { readToolVersion } from './settings.ts';
import { findEngineProblems, type SlurmCommandOptions } from './slurm-options.ts';
import type { CommandEnd } from './tree.ts';

/** Options of `matrix`. */
export interface MatrixCommandOptions
  extends SelectionOptions, CellsOptions, MatrixReportOptions, GithubOptions, SlurmCommandOptions {
  readonly engine?: string;
  readonly upTo?: MatrixStage;
  readonly failFast?: boolean;
  readonly partial?: boolean;
  readonly baseline?: string;
  readonly since?: string;
  readonly output?: string;
  readonly rerun?: boolean;
}

/** Puts run.json, matrix.json and the logs of failed steps into a directory, for machines that share no store. */
const writeOutput = async (
  directory: string,
  run: { readonly file: string; readonly record: RunRecord },
  matrix: MatrixRecord,
): Promise<readonly Failure[]> => {
  for (const [name, document] of [
    ['run.json', run.record],
    ['matrix.json', matrix],
  ] as const) {
    const written = await writeJsonAtomic(join(directory, name), document);
    if (!written.ok) return [written.error];
  }
  const failed = new Set(
    run.record.cells.flatMap(({ steps }) => steps.flatMap(({ id, outcome }) => (outcome === 'failed' ? [id] : []))),
  );
  const logs = join(directory, 'logs');
  try {
    if (failed.size > 0) await mkdir(logs, { recursive: true });
    for (const id of failed) {
      // A step may fail before it prints anything.
      await copyFile(join(dirname(run.file), 'logs', `${id}.log`), join(logs, `${id}.log`)).catch((error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      });
    }
    return [];
  } catch (error) {
    return [ioFailure(error, logs, 'copy logs to')];
  }
};

/** What is wrong with the options whatever the recipe is. */
const findProblems = (options: MatrixCommandOptions): readonly Failure[] => {
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  return [
    ...(shard?.ok === false ? [shard.error] : []),
    ...(options.times !== undefined && options.shard === undefined
      ? [{ code: 'usage', message: '--times without --shard: there is nothing to share out.' } as const]
      : []),
    ...(options.baseline !== undefined && options.upTo !== undefined && !['test', 'diff'].includes(options.upTo)
      ? [{ code: 'usage', message: `--baseline with --up-to ${options.upTo}: no suites are run.` } as const]
      : []),
  ];
};

/** Runs every asked cell of a recipe that this machine can, up to a stage, and reports them as one matrix. */
export const runMatrix = async (options: MatrixCommandOptions, context: CommandContext): Promise<CommandEnd> => {
  const problems = [...findProblems(options), ...findEngineProblems(options)];
  if (problems.length > 0) return { failures: problems };
  if (options.engine === 'github') {
    const { runMatrixGithub } = await import('./matrix-github.ts');
    return { failures: await runMatrixGithub(options, context) };
  }
  if (options.engine === 'slurm') return (await import('./matrix-slurm.ts')).runMatrixSlurm(options, context);
  const since = options.since === undefined ? undefined : await loadMatrix(options.since, context.cwd);
  if (since?.ok === false) return { failures: [since.error] };
  const opened = await openSelection(options, context, 'run', true);
  if (!opened.ok) return { failures: opened.error };
  const stage = options.upTo ?? 'test';
  const { prepared, store } = opened.value;
  const chosen = await chooseAsked(options, opened.value, stage, context.cwd);
  if (!chosen.ok) return { failures: chosen.error };
  const { asked, shard } = chosen.value;
  const refused = await findRefused(opened.value, asked, stage, options.emulate === true);
  if (!refused.ok) return { failures: refused.error };
  const cells = prepared.plan.cells.filter(({ id }) => asked.includes(id));
  let baselines: Baselines | undefined;
  if (options.baseline !== undefined && cells.length > 0) {
    const found = await findBaselines({
      asked: options.baseline,
      plan: prepared.plan,
      cells,
      store,
      cwd: context.cwd,
    });
    if (!found.ok) return { failures: [found.error] };
    baselines = found.value;
  }
  const ran = await runOpened(opened.value, stage, options.rerun === true, context, {
    matrix: {
      asked,
      refused: refused.value,
      ...(options.failFast === true
        ? {
            isUnexpected: (cell: PlannedCell, suites: SuiteResults) =>
              isUnexpectedSuite(prepared.plan, cell, suites, baselines),
          }
        : {}),
    },
  });
  if (!ran.ok) return { failures: ran.error };
  const { run, record, failures } = ran.value;
  // Without a record there is nothing to make a matrix of.
  if (run === undefined || record === undefined) return { failures };
  const judged = await judgeRun({ file: run.file, record }, baselines);
  const matrix = assembleMatrix({
    tool: readToolVersion(),
    runs: [judged],
    only: new Set(asked),
    isPartial: options.partial === true,
    ...(since === undefined ? {} : { since: since.value }),
    ...(shard === undefined ? {} : { shard }),
  });
  // What is of no cell: an interruption, and cases that could not be run again alone for a comparison.
  const told = new Set(record.cells.flatMap((cell) => (cell.failures ?? []).map(canonicalJson)));
  const beside = failures.filter((failure) => !told.has(canonicalJson(failure)));
  const exitCode = worstExitCode([matrix.exitCode, ...beside.map(exitCodeOf)]);
  const whole = { ...matrix, exitCode };
  const output =
    options.output === undefined
      ? []
      : await writeOutput(resolve(context.cwd, options.output), { file: run.file, record }, whole);
  const reported = await reportMatrix(whole, [judged], options, context);
  return { failures: [...beside, ...output, ...reported], exitCode };
};
