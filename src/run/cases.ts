import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import type { PlannedCell, Step } from '../model/plan.ts';
import { suiteResultsSchema } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { SuiteRun } from '../model/suite.ts';
import { planCases, type Side } from '../plan/cases.ts';
import { executePlan, type ExecuteOptions, type StepOutcome } from './execute.ts';
import { makeCasesStep, type CasesTask } from './suites.ts';

/** Some cases to run alone. */
export interface CasesRequest extends CasesTask {
  readonly cell: PlannedCell;
  readonly side: Side;
}

/** What came of a request. */
export interface CasesAnswer {
  readonly request: CasesRequest;
  readonly runs: Result<readonly SuiteRun[]>;
}

/** The line of a display on which cases that are run alone are shown. */
export const casesLineOf = (side: Side): string => `${side}-cases`;

const readRuns = async (outcome: StepOutcome | undefined, first: Failure): Promise<Result<readonly SuiteRun[]>> => {
  if (outcome?.stored === undefined) return fail(outcome?.failure ?? first);
  const file = join(outcome.stored.tree, 'suites.json');
  const read = await readJson(suiteResultsSchema, file);
  if (read.ok) return ok(read.value.runs);
  const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: 'cannot be read' }];
  return fail({ code: 'record-invalid', path: file, problems });
};

/**
 * Runs some cases of some cells, or takes their results from the store. What they are run on is built when it is not
 * there. A request that comes to nothing has the failure that stopped it.
 */
export const runCases = async (
  requests: readonly CasesRequest[],
  options: ExecuteOptions,
): Promise<{ readonly answers: readonly CasesAnswer[]; readonly outcomes: readonly StepOutcome[] }> => {
  if (requests.length === 0) return { answers: [], outcomes: [] };
  const tasks = new Map<string, CasesTask>();
  const steps = new Map<string, Step>();
  const planned = requests.map((request) => {
    const id = request.cell.steps[`install-${request.side}`];
    const install = options.plan.steps.find((step) => step.id === id);
    if (install === undefined) throw new Error(`the plan installs no ${request.side} of ${request.cell.id}`);
    const step = planCases(options.plan, install, request.side, request.cases);
    tasks.set(step.id, request);
    steps.set(step.id, step);
    return { request, step };
  });
  const outcomes = await executePlan({
    ...options,
    plan: { ...options.plan, steps: [...options.plan.steps, ...steps.values()] },
    goals: [...steps.values()],
    functions: { ...options.functions, test: makeCasesStep((id) => tasks.get(id)) },
    listener: (event) => {
      // A display knows one line for such steps of each side: what they are is not known when a run starts.
      const side = 'id' in event ? planned.find(({ step }) => step.id === event.id)?.request.side : undefined;
      options.listener('id' in event && side !== undefined ? { ...event, id: casesLineOf(side) } : event);
    },
  });
  const first: Failure = outcomes.find(({ failure }) => failure !== undefined)?.failure ?? {
    code: 'interrupted',
    signal: String(options.signal.reason),
  };
  const answers: CasesAnswer[] = [];
  for (const { request, step } of planned) {
    const outcome = outcomes.find((candidate) => candidate.step.id === step.id);
    answers.push({ request, runs: await readRuns(outcome, first) });
  }
  return { answers, outcomes };
};
