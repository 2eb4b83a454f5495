import { listSelectedCells } from '../commands/list-cells.ts';
import { openSelection } from '../commands/open.ts';
import type { Cell } from '../model/cell.ts';
import type { Failure } from '../model/failure.ts';
import type { Plan } from '../model/plan.ts';
import { ok, type Result } from '../model/result.ts';
import { call } from './call.ts';
import { toOptions, type Selection, type Surroundings } from './selection.ts';

/** A selection's exact cells. */
export interface Resolved {
  /** Name of the recipe. */
  readonly recipe: string;
  /** Loose values and what they were resolved to: `3.14` is `3.14.6`, and why. */
  readonly resolutions: readonly {
    readonly axis: string;
    readonly asked: string;
    readonly got: string;
    readonly why: string;
  }[];
  /** Those of other machines come last: `elsewhere` says why this one cannot build them. */
  readonly cells: readonly { readonly id: string; readonly cell: Cell; readonly elsewhere?: Failure }[];
}

/**
 * Turns a selection into exact cells. Needs no compiler, and fetches nothing but `git:` sources (a `path:` or `git:` AWS-LC is
 * put into the store and its headers are read, which takes a compiler).
 *
 * Failures: `usage`, `unknown-version`, `unknown-recipe`, `file-invalid`, `unsupported`, and those of sources, all at once.
 */
export const resolve = (
  selection: Selection = {},
  surroundings: Surroundings = {},
): Promise<Result<Resolved, readonly Failure[]>> =>
  call(surroundings, async ({ context }) => {
    const listed = await listSelectedCells(toOptions(selection, surroundings), context);
    if (!listed.ok) return listed;
    const { recipe, resolutions, cells } = listed.value;
    return ok({
      recipe: recipe.name,
      resolutions,
      cells: cells.map(({ id, choice, elsewhere }) => ({
        id,
        cell: choice.cell,
        ...(elsewhere === undefined ? {} : { elsewhere }),
      })),
    });
  });

export interface PlanOptions extends Surroundings {
  /** Whether cells that this machine cannot build are told apart (`elsewhere` in the plan) instead of being failures. */
  readonly mayBeElsewhere?: boolean;
}

/**
 * Makes the plan of a selection for this machine, as `plan --json` prints it: every step with its fingerprint, flags and
 * commands. Runs nothing of it.
 *
 * Failures: those of `resolve`, and `tool-missing`, `patch-misfit`, `unsupported` where a cell cannot be built here.
 */
export const plan = (selection: Selection = {}, options: PlanOptions = {}): Promise<Result<Plan, readonly Failure[]>> =>
  call(options, async ({ context }) => {
    const elsewhere = options.mayBeElsewhere === true;
    const opened = await openSelection(toOptions(selection, options), context, 'plan', elsewhere);
    return opened.ok ? ok(opened.value.prepared.plan) : opened;
  });
