import { canonicalJson } from '../model/json.ts';
import { packagesName } from '../model/packages.ts';
import type { Plan, PlannedCell } from '../model/plan.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CellRun, RunRecord } from '../model/record.ts';
import type { Verdict } from '../model/verdict.ts';
import { judge } from '../verdict/judge.ts';
import { verdictFailure } from '../verdict/summary.ts';
import { findRuns, isRunDirectory } from './find-runs.ts';
import { listRunIds, readRun } from './past-runs.ts';
import { loadExpected } from './expected.ts';
import type { Store } from './store.ts';

/** An earlier run's verdicts for a cell, by what is expected now. */
export interface Baseline {
  readonly run: string;
  readonly verdicts: readonly Verdict[];
}

/** What cells are compared with: by cell id, what was found, or a note that says why there is nothing. */
export type Baselines = ReadonlyMap<string, Baseline | { readonly note: string }>;

export interface BaselineRequest {
  /** A run's id, its run.json, a directory of run records, or `newest`: what the store has. */
  readonly asked: string;
  readonly plan: Plan;
  readonly cells: readonly PlannedCell[];
  readonly store: Store;
  readonly cwd: string;
}

/** How alike an earlier run's cell is, the greatest most: 3 the same cell, 2 another AWS-LC, 1 another version of the series too. */
const rateLikeness = (cell: PlannedCell, other: PlannedCell): number => {
  if (other.id === cell.id) return 3;
  const kindOf = ({ cell: { python, platform, target, link, optimization } }: PlannedCell): string =>
    canonicalJson({ series: python.series, platform, target, link, optimization });
  if (kindOf(cell) !== kindOf(other)) return 0;
  return canonicalJson(cell.cell.python) === canonicalJson(other.cell.python) ? 2 : 1;
};

/** Suites of an earlier run that a cell can be compared with. */
interface Candidate {
  readonly record: RunRecord;
  readonly planned: PlannedCell;
  readonly suites: NonNullable<CellRun['suites']>;
  readonly likeness: number;
}

const listCandidates = (record: RunRecord, cell: PlannedCell): readonly Candidate[] =>
  record.cells
    .flatMap(({ id, suites }): readonly Candidate[] => {
      const planned = record.plan.cells.find((one) => one.id === id);
      if (planned === undefined || suites === undefined) return [];
      const likeness = rateLikeness(cell, planned);
      return likeness === 0 ? [] : [{ record, planned, suites, likeness }];
    })
    .sort((a, b) => b.likeness - a.likeness);

/** Whether an earlier run ran all that this plan runs, on the same CPU features. */
const coversTests = ({ plan: before }: RunRecord, plan: Plan): boolean =>
  plan.test.files.every((file) => before.test.files.includes(file)) &&
  canonicalJson(before.test.match) === canonicalJson(plan.test.match) &&
  canonicalJson(before.mask?.names ?? []) === canonicalJson(plan.mask?.names ?? []);

/** Package checks and CPython's suites have no case in common. */
const isOfPackages = ({ test }: Pick<Plan, 'test'>): boolean => test.preset === packagesName;

const judgeCandidate = async (
  cell: PlannedCell,
  { record, planned, suites }: Candidate,
): Promise<Result<Baseline & { readonly isGood: boolean }>> => {
  const expected = await loadExpected(cell, record.plan.test.preset);
  if (!expected.ok) return expected;
  const { manifest, roster } = expected.value;
  const judgement = judge({
    ...(manifest && { manifest }),
    ...(roster && { roster }),
    runs: suites.runs,
    facts: { cell: planned.cell, capabilities: planned.capabilities, environment: suites.environment },
    selection: record.plan.test,
  });
  const asExpected = verdictFailure(judgement, record.plan.test) === undefined;
  const { python, awslc } = planned.cell;
  const isReleased = python.tree === undefined && awslc.tree === undefined;
  // What a checkout broke, or this very cell, must not be excused by having been broken before.
  const isGood = record.exitCode === 0 && (asExpected || (isReleased && planned.id !== cell.id));
  return ok({ run: record.id, verdicts: judgement.verdicts, isGood });
};

/** The best of several runs for each cell: the most alike, of these a good one, of these the first. */
class Chooser {
  readonly #best = new Map<string, { readonly baseline: Baseline; readonly rate: number }>();
  readonly #request: BaselineRequest;
  /** Nobody named the run: it must be good, of the same CPython, and have run all these suites. */
  readonly #onlyGood: boolean;

  constructor(request: BaselineRequest, onlyGood: boolean) {
    this.#request = request;
    this.#onlyGood = onlyGood;
  }

  /** Looks at a run. Failure: `file-invalid`. */
  async offer(record: RunRecord): Promise<Result<void>> {
    for (const cell of this.#request.cells) {
      for (const candidate of listCandidates(record, cell)) {
        const known = this.#best.get(cell.id)?.rate ?? 0;
        if (known >= 2 * candidate.likeness) break;
        if (this.#onlyGood && (candidate.likeness < 2 || !coversTests(record, this.#request.plan))) continue;
        const judged = await judgeCandidate(cell, candidate);
        if (!judged.ok) return judged;
        const rate = 2 * candidate.likeness + (judged.value.isGood ? 0 : -1);
        if (rate <= known || (this.#onlyGood && !judged.value.isGood)) continue;
        const { run, verdicts } = judged.value;
        this.#best.set(cell.id, { baseline: { run, verdicts }, rate });
      }
    }
    return ok(undefined);
  }

  /** Whether no other run could be better. */
  isDone(): boolean {
    return this.#request.cells.every(({ id }) => this.#best.get(id)?.rate === 6);
  }

  finish(): Baselines {
    const note = this.#onlyGood
      ? 'No baseline: no good run in the store has this cell, or one that differs in AWS-LC only, with these suites. Judged as usual.'
      : `No baseline: ${this.#request.asked} has no suites of a cell like this one. Judged as usual.`;
    return new Map(this.#request.cells.map(({ id }) => [id, this.#best.get(id)?.baseline ?? { note }]));
  }
}

/**
 * Finds what each cell is compared with. Failures: `unknown-run` when a named run, or every run of a directory, has no suites of
 * any of the cells; `record-invalid`, `file-invalid`.
 */
export const findBaselines = async (request: BaselineRequest): Promise<Result<Baselines>> => {
  const { asked, store, cwd } = request;
  if (asked === 'newest') {
    const chooser = new Chooser(request, true);
    for (const id of await listRunIds(store)) {
      if (chooser.isDone()) break;
      const run = await readRun(store, id);
      // Unfinished, damaged, of another version: nothing to compare with.
      const offered = run.ok ? await chooser.offer(run.value) : ok(undefined);
      if (!offered.ok) return offered;
    }
    return ok(chooser.finish());
  }
  const found = await findRuns([asked], { store, cwd });
  if (!found.ok) {
    const [first] = found.error;
    return fail(first ?? { code: 'unknown-run', asked, reason: 'it cannot be read' });
  }
  const records = found.value.map(({ record }) => record).sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  if (!records.some(({ cells }) => cells.some(({ suites }) => suites !== undefined))) {
    const who = (await isRunDirectory(asked, cwd)) ? 'no run in it ran suites' : 'it ran no suites';
    return fail({ code: 'unknown-run', asked, reason: who });
  }
  const alike = records.filter(({ plan }) => isOfPackages(plan) === isOfPackages(request.plan));
  if (alike.length === 0) {
    const reason = `it ran the ${records[0]?.plan.test.preset ?? ''} suites, which have no case of these`;
    return fail({ code: 'unknown-run', asked, reason });
  }
  const chooser = new Chooser(request, false);
  for (const record of alike) {
    const offered = await chooser.offer(record);
    if (!offered.ok) return offered;
  }
  const baselines = chooser.finish();
  return [...baselines.values()].every((one) => 'note' in one)
    ? fail({ code: 'unknown-run', asked, reason: 'it ran no suites of a cell like this one' })
    : ok(baselines);
};
