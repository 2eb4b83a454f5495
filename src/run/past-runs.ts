import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { PastRun } from '../model/inventory.ts';
import { compareCodeUnits } from '../model/json.ts';
import { isAsExpected } from '../model/proof.ts';
import { runRecordSchema, type CellRun, type RunRecord } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { isExpected, verdictNameSchema } from '../model/verdict.ts';
import { verdictFailure } from '../verdict/summary.ts';
import { loadExpected } from './expected.ts';
import type { Store } from './store.ts';
import { judgeResults } from './suites.ts';

/** Names that runs have: when they began and six random digits. */
const runName = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

/** Ids of all runs in the store, newest first, finished or not. */
export const listRunIds = async (store: Store): Promise<readonly string[]> =>
  (await readdir(store.runs).catch(() => []))
    .filter((name) => runName.test(name))
    .sort((a, b) => compareCodeUnits(b, a));

/** Why a run has no record that can be read: it goes on or was ended, or the record is damaged or of another version. */
export interface NoRecord {
  readonly isUnfinished: boolean;
  readonly reason: string;
}

/** A run's record, or why there is none. */
export const readRun = async (store: Store, id: string): Promise<Result<RunRecord, NoRecord>> => {
  const read = await readJson(runRecordSchema, join(store.runs, id, 'run.json'));
  if (read.ok) return read;
  const { error } = read;
  if (error.kind === 'absent') return fail({ isUnfinished: true, reason: 'unfinished: it has no run.json' });
  if (error.kind === 'unreadable') return fail({ isUnfinished: false, reason: error.reason });
  const [first] = error.problems;
  return fail({
    isUnfinished: false,
    reason: `its record cannot be read: ${first?.path ?? '$'}: ${first?.message ?? ''}`,
  });
};

const summarizeCell = async (cell: CellRun, run: RunRecord): Promise<Result<PastRun['cells'][number]>> => {
  const planned = run.plan.cells.find(({ id }) => id === cell.id);
  if (planned === undefined) throw new Error(`run ${run.id} has the cell ${cell.id}, which its plan lacks`);
  const holds = cell.proof?.claims.filter(isAsExpected).length ?? 0;
  const summary = {
    cell: planned.cell,
    ...(cell.proof === undefined ? {} : { proof: { holds, fails: cell.proof.claims.length - holds } }),
  };
  if (cell.suites === undefined) return ok(summary);
  const expected = await loadExpected(planned, run.plan.test.preset);
  if (!expected.ok) return expected;
  const judgement = judgeResults(run.plan, planned, cell.suites, expected.value);
  const counts = verdictNameSchema.options.map((name) => [name, judgement.counts[name]] as const);
  return ok({
    ...summary,
    suites: {
      asExpected: verdictFailure(judgement, run.plan.test) === undefined,
      cases: judgement.cases,
      unexpected: Object.fromEntries(counts.filter(([name, count]) => count > 0 && !isExpected(name))),
    },
  });
};

/** What a run did and found, its suites judged by what is expected now. Failure: `file-invalid` (manifest or roster). */
export const summarizeRun = async (run: RunRecord): Promise<Result<PastRun>> => {
  const cells: PastRun['cells'] = [];
  for (const cell of run.cells) {
    const summary = await summarizeCell(cell, run);
    if (!summary.ok) return summary;
    cells.push(summary.value);
  }
  const { id, startedAt, durationMs, command, exitCode, plan } = run;
  const masked = plan.mask === undefined ? {} : { masked: [...plan.mask.names] };
  return ok({ id, startedAt, durationMs, command, ...masked, exitCode, cells });
};
