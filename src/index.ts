/**
 * The same things that the command line does, for programs: exact cells, plans, runs and records as typed values. Every call gives
 * a `Result` and never rejects; none writes to a stream, catches a signal, ends the process, or changes its environment,
 * working directory or umask.
 *
 * @example
 * import { run } from 'cpython-awslc';
 * const done = await run({ python: '3.14', awslc: '5.12' }, { upTo: 'prove' });
 * if (done.ok && done.value.asExpected) console.log(done.value.cells[0]?.python);
 *
 * @packageDocumentation
 */
export { plan, resolve, type PlanOptions, type Resolved } from './api/plan.ts';
export { judge, merge, readRun, type MergeOptions } from './api/records.ts';
export { run, type CellResult, type RunOptions, type RunResult, type UpTo } from './api/run.ts';
export type { Selection, Surroundings } from './api/selection.ts';
export type { Cell, Platform } from './model/cell.ts';
export type { Listener, RunEvent } from './model/event.ts';
export { exitCodeOf, type Failure, type FailureCode, type FailureOf } from './model/failure.ts';
export type { CellState, MatrixCell, MatrixRecord } from './model/matrix.ts';
export type { Action, Plan, PlannedCell, Step } from './model/plan.ts';
export type { Proof } from './model/proof.ts';
export type { Link, Optimization, Preset, Recipe } from './model/recipe.ts';
export type { CellRun, RunRecord, StepRecord } from './model/record.ts';
export type { Result } from './model/result.ts';
export type { Verdict, VerdictName, VerdictReport } from './model/verdict.ts';
export { describeFailure } from './report/failure.ts';
