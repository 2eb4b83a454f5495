import type { Failure } from '../model/failure.ts';
import { canonicalJson, prettyJson } from '../model/json.ts';
import type { MatrixRecord } from '../model/matrix.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { findRuns, type FoundRun } from '../run/find-runs.ts';
import { judgeRun } from '../run/judge-run.ts';
import { nameStore } from '../run/store.ts';
import { assembleMatrix, type JudgedRun } from '../verdict/matrix.ts';
import type { CommandContext } from './context.ts';
import { loadMatrix } from './matrix-cells.ts';
import { reportMatrix, type MatrixReportOptions } from './matrix-report.ts';
import { locateStore, readToolVersion } from './settings.ts';
import type { CommandEnd } from './tree.ts';
import { writeReport } from './write-report.ts';

/** Options of `merge`. */
export interface MergeOptions extends MatrixReportOptions {
  readonly store?: string;
  readonly since?: string;
  readonly output?: string;
  readonly partial?: boolean;
}

/** Runs of other suites or another recipe are no parts of one matrix. */
const findStrangers = ([first, ...others]: readonly FoundRun[]): readonly Failure[] =>
  others.flatMap(({ file, record: { plan } }): readonly Failure[] => {
    if (first === undefined) return [];
    const { plan: expected } = first.record;
    const next = 'Merge them apart.';
    if (plan.recipe !== expected.recipe) {
      const message = `${file} is a run of the recipe ${plan.recipe}, ${first.file} one of ${expected.recipe}.`;
      return [{ code: 'usage', message, next }];
    }
    if (canonicalJson(plan.test) === canonicalJson(expected.test)) return [];
    const message = `${file} ran other suites (${plan.test.files.join(', ')}) than ${first.file} (${expected.test.files.join(', ')}).`;
    return [{ code: 'usage', message, next }];
  });

/** The matrix of run records of one or many machines, judged by what is expected now, and the runs that it was made of. */
export const assembleRuns = async (
  asked: readonly string[],
  options: Pick<MergeOptions, 'store' | 'since' | 'partial'>,
  context: Pick<CommandContext, 'cwd' | 'env'>,
): Promise<Result<{ readonly matrix: MatrixRecord; readonly runs: readonly JudgedRun[] }, readonly Failure[]>> => {
  const { cwd } = context;
  const since = options.since === undefined ? undefined : await loadMatrix(options.since, cwd);
  const tool = readToolVersion();
  const found = await findRuns(asked, { store: nameStore(locateStore(options.store, context)), cwd, tool });
  const wrong = [...(since?.ok === false ? [since.error] : []), ...(found.ok ? [] : found.error)];
  if (since?.ok === false || !found.ok) return fail(wrong);
  const strangers = findStrangers(found.value);
  if (strangers.length > 0) return fail(strangers);
  const [first, ...others] = await Promise.all(found.value.map((run) => judgeRun(run)));
  if (first === undefined) {
    return fail([{ code: 'usage', message: 'No run is named: there is nothing to merge.' }]);
  }
  const runs = [first, ...others] as const;
  const matrix = assembleMatrix({
    tool,
    runs,
    isPartial: options.partial === true,
    ...(since === undefined ? {} : { since: since.value }),
  });
  return ok({ matrix, runs });
};

/** Puts run records of one or many machines together as one matrix, judged by what is expected now. */
export const runMerge = async (
  asked: readonly string[],
  options: MergeOptions,
  context: CommandContext,
): Promise<CommandEnd> => {
  const merged = await assembleRuns(asked, options, context);
  if (!merged.ok) return { failures: merged.error };
  const { matrix, runs } = merged.value;
  const written =
    options.output === undefined ? [] : await writeReport(options.output, prettyJson(matrix), context.cwd);
  const reported = await reportMatrix(matrix, runs, options, context);
  return { failures: [...written, ...reported], exitCode: matrix.exitCode };
};
