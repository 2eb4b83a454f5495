import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure } from '../model/failure.ts';
import type { PlannedCell } from '../model/plan.ts';
import type { SuiteResults } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { SuiteRun } from '../model/suite.ts';
import { locateCases, type CasesByFile } from '../plan/shards.ts';
import { twinVersionFile } from '../plan/twin.ts';
import { keepFailedFiles } from '../verdict/failed-files.ts';
import { selectForTwin } from '../verdict/judge.ts';
import { runCases, type CasesRequest } from './cases.ts';
import type { ExecuteOptions, StepOutcome } from './execute.ts';
import { storeKey } from './inspect.ts';
import { lookupStep } from './store.ts';
import { judgeResults, type Expected } from './suites.ts';

/** What asking the twins came to. */
export interface TwinsAsked {
  /** By cell id: results to judge by beside the cell's own, and what a report must say of the asking. */
  readonly ofCell: ReadonlyMap<string, { readonly runs: readonly SuiteRun[]; readonly note: string }>;
  readonly outcomes: readonly StepOutcome[];
}

/** A cell whose suites have run. */
export interface TestedCell {
  readonly planned: PlannedCell;
  readonly suites: SuiteResults;
}

/** Which OpenSSL a cell's twin runs on, as it said itself when it was installed; `OpenSSL` when it is not in the store. */
export const readTwinVersion = async (
  cell: PlannedCell,
  options: Pick<ExecuteOptions, 'plan' | 'store' | 'machine'>,
): Promise<string> => {
  const install = options.plan.steps.find(({ id }) => id === cell.steps['install-twin']);
  const found = install === undefined ? undefined : await lookupStep(options.store, storeKey(install, options.machine));
  if (found?.state !== 'present') return 'OpenSSL';
  return (await readFile(join(found.stored.tree, twinVersionFile), 'utf8').catch(() => 'OpenSSL')).trim();
};

const explainFailure = (failure: Failure): string => {
  if (failure.code === 'command-failed') return `${failure.step} failed: ${failure.lastLines.at(-1) ?? failure.exit}`;
  return 'reason' in failure ? `${failure.code}: ${failure.reason}` : failure.code;
};

const countOf = (cases: CasesByFile): string => {
  const count = Object.values(cases).flat().length;
  return count === 1 ? '1 case that failed' : `${count} cases that failed`;
};

const findQuestion = async (
  cell: TestedCell,
  options: ExecuteOptions,
  expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>,
): Promise<Result<CasesByFile>> => {
  const runs = keepFailedFiles(cell.suites.runs);
  if (runs.every(({ events }) => events.length === 0)) return ok({});
  const expected = await expectedOf(cell.planned);
  if (!expected.ok) return expected;
  const results = { ...cell.suites, runs: [...runs] };
  // Without a roster: cases that were lost are not asked about.
  const { manifest } = expected.value;
  const failed = selectForTwin(
    judgeResults(options.plan, cell.planned, results, manifest === undefined ? {} : { manifest }),
  );
  return ok(
    locateCases(
      runs.flatMap(({ events }) => events),
      new Set(failed.map(({ id }) => id)),
    ),
  );
};

/**
 * Runs on the twin what failed on a cell, first and again alone, and is on no list: the same failure there is not AWS-LC's
 * doing. Nothing is built when nothing failed so. A twin that cannot be built leaves the verdicts as they are, and a note.
 */
export const askTwins = async (
  cells: readonly TestedCell[],
  options: ExecuteOptions,
  expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>,
): Promise<TwinsAsked> => {
  const ofCell = new Map<string, { runs: readonly SuiteRun[]; note: string }>();
  const requests: CasesRequest[] = [];
  for (const cell of cells) {
    const cases = await findQuestion(cell, options, expectedOf);
    // Whoever judges the cell says what is wrong with the manifest.
    if (!cases.ok || Object.keys(cases.value).length === 0) continue;
    if (cell.planned.steps['install-twin'] !== undefined) {
      requests.push({ cell: cell.planned, side: 'twin', pass: 'twin', cases: cases.value });
      continue;
    }
    const note = `The twin was not asked about ${countOf(cases.value)}: the headers of OpenSSL are missing. \`cpython-awslc doctor --fix\` installs them.`;
    ofCell.set(cell.planned.id, { runs: [], note });
  }
  const { answers, outcomes } = await runCases(requests, options);
  for (const { request, runs } of answers) {
    const about = countOf(request.cases);
    const note = runs.ok
      ? `The twin (the same core on ${await readTwinVersion(request.cell, options)}) was asked about ${about}.`
      : `The twin was not asked about ${about}: it could not be built or run (${explainFailure(runs.error)}).`;
    ofCell.set(request.cell.id, { runs: runs.ok ? runs.value : [], note });
  }
  return { ofCell, outcomes };
};
