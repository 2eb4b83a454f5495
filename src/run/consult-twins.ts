import type { Failure } from '../model/failure.ts';
import type { Plan, PlannedCell } from '../model/plan.ts';
import type { SuiteResults } from '../model/record.ts';
import type { Result } from '../model/result.ts';
import type { Stage } from '../plan/plan.ts';
import { askTwins } from './ask-twin.ts';
import { compareTwins, readTwinSuites, type BothTested, type ComparedSuites } from './compare-twin.ts';
import { executePlan, type ExecuteOptions, type StepOutcome } from './execute.ts';
import type { Expected } from './suites.ts';

/** What the twins add to what a session knows of a cell. */
export interface TwinFindings {
  /** The cell's suites with the twin's answers among the runs. */
  readonly suites?: SuiteResults;
  /** What a report must say of the asking. */
  readonly twinNote?: string;
  readonly comparison?: ComparedSuites;
}

export interface Consulted {
  /** By cell id. */
  readonly ofCell: ReadonlyMap<string, TwinFindings>;
  readonly outcomes: readonly StepOutcome[];
  readonly failures: readonly Failure[];
}

interface Cell {
  readonly planned: PlannedCell;
  readonly suites?: SuiteResults;
}

const isTwinTest = ({ kind, subject }: Plan['steps'][number]): boolean => kind === 'test' && subject === 'twin';

/** `test`: asks the twins about failures that nothing explains. What becomes of it is no failure of the run. */
const consultForTest = async (
  cells: readonly Cell[],
  options: ExecuteOptions,
  expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>,
): Promise<Consulted> => {
  const tested = cells.flatMap(({ planned, suites }) => (suites === undefined ? [] : [{ planned, suites }]));
  const { ofCell, outcomes } = await askTwins(tested, options, expectedOf);
  const findings = tested.flatMap(({ planned, suites }) => {
    const asked = ofCell.get(planned.id);
    if (asked === undefined) return [];
    const withTwin: SuiteResults = { ...suites, runs: [...suites.runs, ...asked.runs] };
    return [[planned.id, { suites: withTwin, twinNote: asked.note }] as const];
  });
  return { ofCell: new Map(findings), outcomes, failures: [] };
};

/** `diff`: the suites on the twins, after those on the cells, since both would use every core; then what is not settled. */
const consultForDiff = async (cells: readonly Cell[], options: ExecuteOptions): Promise<Consulted> => {
  // Of a cell that failed there is nothing that a twin's suites could be compared with.
  const wanted = new Set(
    cells.flatMap(({ planned, suites }) => (suites === undefined ? [] : planned.steps['test-twin'])),
  );
  const goals = options.plan.steps.filter((step) => isTwinTest(step) && wanted.has(step.id));
  const ran = await executePlan({ ...options, goals });
  const failures = ran.flatMap(({ failure }) => failure ?? []);
  const both: BothTested[] = [];
  for (const { planned, suites } of cells) {
    const twin = await readTwinSuites(ran.find(({ step }) => step.id === planned.steps['test-twin']));
    if (!twin.ok) failures.push(twin.error);
    else if (twin.value !== undefined && suites !== undefined) both.push({ planned, suites, ...twin.value });
  }
  const compared = await compareTwins(both, options);
  return {
    ofCell: new Map([...compared.ofCell].map(([id, comparison]) => [id, { comparison }])),
    outcomes: [...ran, ...compared.outcomes],
    failures: [...failures, ...compared.failures],
  };
};

/** Brings in the twins where a stage wants them, once the cells' own goals are met. */
export const consultTwins = async (
  stage: Stage,
  cells: readonly Cell[],
  options: ExecuteOptions,
  expectedOf: (cell: PlannedCell) => Promise<Result<Expected>>,
): Promise<Consulted> => {
  switch (stage) {
    case 'test':
    case 'suites':
      return consultForTest(cells, options, expectedOf);
    case 'diff':
      return consultForDiff(cells, options);
    case 'fetch':
    case 'core':
    case 'probe':
    case 'build':
    case 'prove':
    case 'bench':
      return { ofCell: new Map(), outcomes: [], failures: [] };
  }
};

/** The goals that come before the twins' suites: those run after the cells'. */
export const selectFirstGoals = (goals: readonly Plan['steps'][number][], plan: Plan): Plan['steps'] =>
  goals.flatMap((goal) => (isTwinTest(goal) ? plan.steps.filter(({ id }) => id === goal.inputs['install']) : [goal]));
