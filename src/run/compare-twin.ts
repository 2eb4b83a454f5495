import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import type { PlannedCell } from '../model/plan.ts';
import { suiteResultsSchema, type SuiteResults } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SuiteRun } from '../model/suite.ts';
import { locateCases } from '../plan/shards.ts';
import { diffSuites, selectUnsettled } from '../verdict/diff.ts';
import { readTwinVersion } from './ask-twin.ts';
import { runCases, type CasesRequest } from './cases.ts';
import type { ExecuteOptions, StepOutcome } from './execute.ts';

/** The suites of a cell and of its twin, each with what was run again alone. */
export interface ComparedSuites {
  readonly awslc: readonly SuiteRun[];
  readonly openssl: readonly SuiteRun[];
  /** What the twin says it runs on: `OpenSSL 3.0.19 27 Jan 2026`. */
  readonly version: string;
  /** ISO 8601: when the twin's suites ran. */
  readonly opensslRanAt: string;
}

/** A cell whose suites have run on both sides. */
export interface BothTested {
  readonly planned: PlannedCell;
  readonly suites: SuiteResults;
  readonly twin: SuiteResults;
  readonly twinOf: string;
}

/** Reads what the twin's suites gave; nothing when they did not run. Failure: `record-invalid`. */
export const readTwinSuites = async (
  outcome: StepOutcome | undefined,
): Promise<Result<{ readonly twin: SuiteResults; readonly twinOf: string } | undefined>> => {
  if (outcome?.stored === undefined) return ok(undefined);
  const { tree, record } = outcome.stored;
  const read = await readJson(suiteResultsSchema, join(tree, 'suites.json'));
  if (read.ok) return ok({ twin: read.value, twinOf: record.startedAt });
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: 'cannot be read' }];
  return fail({ code: 'record-invalid', path: join(tree, 'suites.json'), problems });
};

const findRequests = ({ planned, suites, twin }: BothTested): readonly CasesRequest[] => {
  const { differences } = diffSuites({
    awslc: suites.runs,
    openssl: twin.runs,
    facts: { cell: planned.cell, capabilities: planned.capabilities, environment: suites.environment },
  });
  const unsettled = selectUnsettled(differences);
  const sides = [
    { side: 'cell', runs: suites.runs, ids: unsettled.awslc },
    { side: 'twin', runs: twin.runs, ids: unsettled.openssl },
  ] as const;
  return sides.flatMap(({ side, runs, ids }) => {
    const cases = locateCases(
      runs.flatMap(({ events }) => events),
      ids,
    );
    return Object.keys(cases).length === 0 ? [] : [{ cell: planned, side, pass: 'retest' as const, cases }];
  });
};

/**
 * Runs again, alone and on the side where it failed, every case that came out otherwise on the other side, so that
 * what is merely unsteady is not taken for a difference.
 */
export const compareTwins = async (
  cells: readonly BothTested[],
  options: ExecuteOptions,
): Promise<{
  readonly ofCell: ReadonlyMap<string, ComparedSuites>;
  readonly outcomes: readonly StepOutcome[];
  readonly failures: readonly Failure[];
}> => {
  const { answers, outcomes } = await runCases(cells.flatMap(findRequests), options);
  const failures = answers.flatMap(({ runs }) => (runs.ok ? [] : [runs.error]));
  const ofCell = new Map<string, ComparedSuites>();
  for (const { planned, suites, twin, twinOf } of cells) {
    const again = (side: CasesRequest['side']): readonly SuiteRun[] =>
      answers.flatMap(({ request, runs }) =>
        request.cell.id === planned.id && request.side === side && runs.ok ? runs.value : [],
      );
    ofCell.set(planned.id, {
      awslc: [...suites.runs, ...again('cell')],
      openssl: [...twin.runs, ...again('twin')],
      version: await readTwinVersion(planned, options),
      opensslRanAt: twinOf,
    });
  }
  return { ofCell, outcomes, failures };
};
