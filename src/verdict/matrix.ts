import type { Cell } from '../model/cell.ts';
import { worstExitCode, type Failure } from '../model/failure.ts';
import { compareCodeUnits } from '../model/json.ts';
import type { CellState, MatrixCell, MatrixRecord } from '../model/matrix.ts';
import type { CellRun, MatrixStage, RunRecord } from '../model/record.ts';
import {
  assessCell,
  countStages,
  digestVerdicts,
  exitCodeOfCell,
  farthestStage,
  summarizeProof,
  summarizeSuites,
  summarizeTwin,
  type JudgedCell,
} from './matrix-cell.ts';
import { compareSince } from './matrix-since.ts';

/** A run's record, and what judging its cells came to, by cell id. */
export interface JudgedRun {
  readonly record: RunRecord;
  readonly cells: ReadonlyMap<string, JudgedCell>;
}

export interface MatrixInput {
  /** This tool's version. */
  readonly tool: string;
  /** At least one. */
  readonly runs: readonly [JudgedRun, ...JudgedRun[]];
  /** Ids of the cells that the matrix is of; those of the runs' plans unless given. */
  readonly only?: ReadonlySet<string>;
  /** The matrix before this one. */
  readonly since?: MatrixRecord;
  /** Whether a cell that nobody could run, or ran, is no failure. */
  readonly isPartial: boolean;
  /** What the matrix is a part of. */
  readonly shard?: MatrixRecord['shard'];
}

/** How far a run went: the record of a matrix says it, that of another command by its name. */
const stageOf = ({ stage, command }: RunRecord): MatrixStage =>
  stage ?? (command === 'prove' || command === 'test' || command === 'diff' ? command : 'build');

/** One run's part in a cell. */
interface Candidate {
  readonly record: RunRecord;
  readonly run: CellRun;
  readonly judged: JudgedCell;
  readonly state: CellState;
  readonly failures: readonly Failure[];
}

const nothingJudged: JudgedCell = { failures: [], logs: [] };

/**
 * What each run has of a cell, the one that counts first: who got farthest, then who knows more than nothing, then the newest. A
 * run of the core alone comes last.
 */
const listCandidates = (id: string, runs: readonly JudgedRun[], stage: MatrixStage): readonly Candidate[] => {
  // It made what cells share, and does not know what became of this one.
  const isOfCoreOnly = ({ record, state }: Candidate): boolean =>
    stage !== 'core' && stageOf(record) === 'core' && state === 'not-run';
  const knows = ({ state }: Candidate): number => (state === 'not-run' ? 0 : state === 'cannot-run' ? 1 : 2);
  return runs
    .flatMap(({ record, cells }): readonly Candidate[] => {
      const elsewhere = record.plan.elsewhere?.find((one) => one.id === id);
      const run: CellRun | undefined =
        elsewhere === undefined
          ? record.cells.find((one) => one.id === id)
          : { id, steps: [], failures: [elsewhere.failure] };
      const wasAsked = record.asked?.includes(id) ?? true;
      if (run === undefined || !wasAsked) return [];
      const judged = cells.get(id) ?? nothingJudged;
      return [{ record, run, judged, ...assessCell(run, judged, stage) }];
    })
    .sort(
      (a, b) =>
        Number(isOfCoreOnly(a)) - Number(isOfCoreOnly(b)) ||
        countStages(b.run) - countStages(a.run) ||
        knows(b) - knows(a) ||
        compareCodeUnits(b.record.startedAt, a.record.startedAt) ||
        compareCodeUnits(b.record.id, a.record.id),
    );
};

/** Runs on machines of one kind that gave a cell other verdicts: it is said, since only one of them is shown. */
const noteContradictions = ([chosen, ...others]: readonly Candidate[]): readonly string[] => {
  const report = chosen?.judged.report;
  if (chosen === undefined || report === undefined) return [];
  return others.flatMap(({ record, judged }) => {
    if (judged.report === undefined || record.plan.platform.arch !== chosen.record.plan.platform.arch) return [];
    if (digestVerdicts(judged.report.verdicts) === digestVerdicts(report.verdicts)) return [];
    const where = `${record.machine.cpu}, ${record.machine.os}`;
    return [`Run ${record.id} (${where}) gave this cell other verdicts; shown are those of run ${chosen.record.id}.`];
  });
};

const listSteps = ({ record, run }: Candidate): MatrixCell['steps'] => {
  const planned = new Map(record.plan.steps.map((step) => [step.id, step]));
  return run.steps.flatMap(({ id, outcome, durationMs }) => {
    const step = planned.get(id);
    // A twin is in every plan, and only made when it is asked.
    if (step === undefined || (step.subject === 'twin' && outcome === 'not-run')) return [];
    return [{ id, title: step.title, outcome, durationMs }];
  });
};

const assembleCell = (
  { id, cell }: { readonly id: string; readonly cell: Cell },
  candidates: readonly Candidate[],
  since: MatrixRecord | undefined,
): MatrixCell => {
  const [chosen] = candidates;
  const report = chosen?.judged.report;
  const differences = chosen?.judged.differences;
  const summary = report === undefined ? null : summarizeSuites(report);
  const suites = summary === null ? null : { ...summary, notes: [...summary.notes, ...noteContradictions(candidates)] };
  const kept = chosen?.judged.kept;
  return {
    id,
    cell,
    state: chosen?.state ?? 'not-run',
    failures: (chosen?.failures ?? []).map((failure) => ({ ...failure })),
    run: chosen?.record.id ?? null,
    ...(kept === undefined ? {} : { kept }),
    steps: chosen === undefined ? [] : listSteps(chosen),
    proof: chosen?.run.proof === undefined ? null : summarizeProof(chosen.run.proof, chosen.run.proofOf),
    suites,
    twin: differences === undefined ? null : summarizeTwin(differences),
    since: compareSince({ id, cell, suites }, since),
    logs: chosen?.judged.logs ?? [],
  };
};

/** Steps that the runs did, most shared first: how many of the cells need each, and in how many runs it was done. */
const countSteps = (runs: readonly JudgedRun[], cells: readonly MatrixCell[]): MatrixRecord['steps'] => {
  const needed = new Map<string, Set<string>>();
  const done = new Map<string, { title: string; runs: Set<string> }>();
  const shown = new Set(cells.map(({ id }) => id));
  for (const { record } of runs) {
    const titles = new Map(record.plan.steps.map(({ id, title }) => [id, title]));
    for (const { id, steps } of record.plan.cells.filter((cell) => shown.has(cell.id))) {
      for (const step of Object.values(steps)) needed.set(step, (needed.get(step) ?? new Set()).add(id));
    }
    for (const { id, outcome } of record.cells.flatMap(({ steps }) => steps)) {
      if (outcome !== 'done') continue;
      const known = done.get(id) ?? { title: titles.get(id) ?? id, runs: new Set<string>() };
      done.set(id, { title: known.title, runs: known.runs.add(record.id) });
    }
  }
  return [...done]
    .map(([id, { title, runs: by }]) => ({ id, title, cells: needed.get(id)?.size ?? 0, done: by.size }))
    .sort((a, b) => b.cells - a.cells || compareCodeUnits(a.id, b.id));
};

/** The cells that the runs' plans name, once each: as the oldest run has them, and what others add. */
const listCells = (runs: readonly JudgedRun[]): readonly { readonly id: string; readonly cell: Cell }[] => {
  const cells = runs.flatMap(({ record }) => [...record.plan.cells, ...(record.plan.elsewhere ?? [])]);
  return [...new Map(cells.map(({ id, cell }) => [id, { id, cell }])).values()];
};

/** Puts what one or many runs say of a set of cells together. Raw results were judged by what is expected now. */
export const assembleMatrix = (input: MatrixInput): MatrixRecord => {
  const { since } = input;
  const runs = [...input.runs].sort(
    (a, b) => compareCodeUnits(a.record.startedAt, b.record.startedAt) || compareCodeUnits(a.record.id, b.record.id),
  );
  const [{ record: first }] = input.runs;
  const stage = farthestStage(runs.map(({ record }) => stageOf(record)));
  const expected = listCells(runs).filter(({ id }) => input.only?.has(id) ?? true);
  const cells: MatrixCell[] = [];
  const codes: number[] = [];
  for (const one of expected) {
    const candidates = listCandidates(one.id, runs, stage);
    cells.push(assembleCell(one, candidates, since));
    codes.push(exitCodeOfCell(candidates[0]?.state ?? 'not-run', candidates[0]?.failures ?? [], input.isPartial));
  }
  const endOf = ({ record }: JudgedRun): string =>
    new Date(Date.parse(record.startedAt) + record.durationMs).toISOString();
  return {
    version: 1,
    kind: 'matrix',
    tool: input.tool,
    recipe: first.plan.recipe,
    stage,
    test: first.plan.test,
    startedAt: runs[0]?.record.startedAt ?? first.startedAt,
    endedAt: runs.map(endOf).sort(compareCodeUnits).at(-1) ?? first.startedAt,
    runs: runs.map(({ record }) => ({
      id: record.id,
      startedAt: record.startedAt,
      durationMs: record.durationMs,
      ...(record.cpuMs === undefined ? {} : { cpuMs: record.cpuMs }),
      machine: record.machine,
      cells: record.cells.length,
      exitCode: record.exitCode,
    })),
    ...(input.shard === undefined ? {} : { shard: input.shard }),
    since: since === undefined ? null : { startedAt: since.startedAt, recipe: since.recipe },
    cells,
    steps: countSteps(runs, cells),
    exitCode: worstExitCode(codes),
  };
};
