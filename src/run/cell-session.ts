import { join } from 'node:path';
import { readJson } from '../io/files.ts';
import type { Failure } from '../model/failure.ts';
import type { ImportCostComparison } from '../model/import-cost.ts';
import type { KeptFacts } from '../model/kept.ts';
import type { PlannedCell } from '../model/plan.ts';
import { proofSchema, type Proof } from '../model/proof.ts';
import { suiteResultsSchema, type SuiteResults } from '../model/record.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { ComparedSuites } from './compare-twin.ts';
import type { StepOutcome } from './execute.ts';
import { compareImportCost } from './import-cost.ts';
import { storeKey } from './inspect.ts';
import type { SessionOptions } from './session.ts';
import { lookupStep } from './store.ts';

/** What a session found for one cell. */
export interface CellSession {
  readonly planned: PlannedCell;
  /** How AWS-LC was compiled, when that was in a build tree which is kept for a checkout. */
  readonly kept?: KeptFacts;
  /** `opt/cpython-awslc` of the installed tree, when there is one. */
  readonly prefix?: string;
  /** The same of the twin, where a stage wants the twin. */
  readonly twinPrefix?: string;
  readonly proof?: Proof;
  readonly proofOf?: string;
  /** Of a FIPS build: what importing it costs. */
  readonly importCost?: ImportCostComparison;
  readonly suites?: SuiteResults;
  readonly suitesOf?: string;
  /** What became of asking the twin, when something failed that nothing explains. */
  readonly twinNote?: string;
  /** The twin's suites, and cases of either side that were run again alone: of a comparison. */
  readonly comparison?: ComparedSuites;
  /** Why it is not whole: its failed steps, or what keeps it from this machine. */
  readonly failures?: readonly Failure[];
  /** The suites ran in this session, not in an earlier one. */
  readonly suitesAreNew: boolean;
}

/** Reads what the store has of a cell after its steps were brought about. Failure: `record-invalid`. */
export const gatherCell = async (
  planned: PlannedCell,
  outcomes: ReadonlyMap<string, StepOutcome>,
  options: Pick<SessionOptions, 'prepared' | 'stage' | 'store'>,
): Promise<Result<CellSession>> => {
  const find = async (name: string): Promise<StepOutcome['stored']> => {
    const id = planned.steps[name] ?? '';
    const known = outcomes.get(id)?.stored;
    if (known !== undefined) return known;
    const step = options.prepared.plan.steps.find((candidate) => candidate.id === id);
    if (step === undefined) return undefined;
    const found = await lookupStep(options.store, storeKey(step, options.prepared.host.machine));
    return found.state === 'present' ? found.stored : undefined;
  };
  const install = ['fetch', 'core', 'probe'].includes(options.stage) ? undefined : await find('install-cell');
  const keeps = options.prepared.plan.steps.some(
    (step) => step.id === planned.steps['compile-awslc'] && step.keeps !== undefined,
  );
  // Whatever is unknown of it: it is not said to be clean.
  const kept: KeptFacts | undefined =
    install !== undefined && keeps ? ((await find('compile-awslc'))?.record.kept ?? { incremental: true }) : undefined;
  const twin = options.stage === 'bench' ? await find('install-twin') : undefined;
  const proved = outcomes.get(planned.steps['prove-cell'] ?? '')?.stored;
  const tested = outcomes.get(planned.steps['test-cell'] ?? '');
  const proof = proved === undefined ? undefined : await readJson(proofSchema, join(proved.tree, 'proof.json'));
  const suites =
    tested?.stored === undefined
      ? undefined
      : await readJson(suiteResultsSchema, join(tested.stored.tree, 'suites.json'));
  for (const read of [proof, suites]) {
    if (read === undefined || read.ok) continue;
    const problems = read.error.kind === 'invalid' ? read.error.problems : [{ path: '$', message: 'cannot be read' }];
    return fail({ code: 'record-invalid', path: planned.id, problems });
  }
  const importCost =
    planned.cell.awslc.fips && proved !== undefined ? await compareImportCost(options.store, proved.tree) : undefined;
  return ok({
    planned,
    ...(kept === undefined ? {} : { kept }),
    ...(importCost === undefined ? {} : { importCost }),
    ...(install === undefined ? {} : { prefix: join(install.tree, 'opt', 'cpython-awslc') }),
    ...(twin === undefined ? {} : { twinPrefix: join(twin.tree, 'opt', 'cpython-awslc') }),
    ...(proof?.ok === true && proved !== undefined ? { proof: proof.value, proofOf: proved.record.startedAt } : {}),
    ...(suites?.ok === true && tested?.stored !== undefined
      ? { suites: suites.value, suitesOf: tested.stored.record.startedAt }
      : {}),
    suitesAreNew: tested?.outcome === 'done',
  });
};
