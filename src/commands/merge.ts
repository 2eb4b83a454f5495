import type { Failure } from '../model/failure.ts';
import { canonicalJson } from '../model/json.ts';
import { findRuns, type FoundRun } from '../run/find-runs.ts';
import { judgeRun } from '../run/judge-run.ts';
import { nameStore } from '../run/store.ts';
import { assembleMatrix } from '../verdict/matrix.ts';
import { prettyJson } from '../model/json.ts';
import type { CommandContext } from './context.ts';
import { loadMatrix } from './matrix-cells.ts';
import { reportMatrix, writeReport, type MatrixReportOptions } from './matrix-report.ts';
import { locateStore, readToolVersion } from './settings.ts';
import type { CommandEnd } from './tree.ts';

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

/** Puts run records of one or many machines together as one matrix, judged by what is expected now. */
export const runMerge = async (
  asked: readonly string[],
  options: MergeOptions,
  context: CommandContext,
): Promise<CommandEnd> => {
  const { cwd } = context;
  const since = options.since === undefined ? undefined : await loadMatrix(options.since, cwd);
  const tool = readToolVersion();
  const runs = await findRuns(asked, { store: nameStore(locateStore(options.store, context)), cwd, tool });
  const wrong = [...(since?.ok === false ? [since.error] : []), ...(runs.ok ? [] : runs.error)];
  if (since?.ok === false || !runs.ok) return { failures: wrong };
  const strangers = findStrangers(runs.value);
  if (strangers.length > 0) return { failures: strangers };
  const [first, ...others] = await Promise.all(runs.value.map((run) => judgeRun(run)));
  if (first === undefined) throw new Error('commander lets no merge of nothing through');
  const matrix = assembleMatrix({
    tool,
    runs: [first, ...others],
    isPartial: options.partial === true,
    ...(since === undefined ? {} : { since: since.value }),
  });
  const written = options.output === undefined ? [] : await writeReport(options.output, prettyJson(matrix), cwd);
  const reported = await reportMatrix(matrix, [first, ...others], options, context);
  return { failures: [...written, ...reported], exitCode: matrix.exitCode };
};
