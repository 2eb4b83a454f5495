import type { Plan, Step } from '../model/plan.ts';
import type { Machine, RunRecord } from '../model/record.ts';
import { ok, type Result } from '../model/result.ts';
import type { StepOutcome } from './execute.ts';
import type { KeptContents } from './gc-kept.ts';
import { beginGcLog } from './gc-log.ts';
import { dropSteps, findRunGoingOn } from './gc-steps.ts';
import { storeKey } from './inspect.ts';
import type { Store } from './store.ts';

/** Steps that are, or are made from, one of the given ones. */
const madeFrom = (plan: Plan, isFirst: (step: Step) => boolean): readonly Step[] => {
  const ids = new Set<string>();
  // Inputs come before what needs them.
  return plan.steps.filter((step) => {
    const isOne = isFirst(step) || Object.values(step.inputs).some((id) => ids.has(id));
    if (isOne) ids.add(step.id);
    return isOne;
  });
};

const adoptedDigest = ({ actions }: Step): string | undefined =>
  actions.flatMap((action) => (action.do === 'adopt' && action.commit === undefined ? [action.treeDigest] : []))[0];

/**
 * Keys of what a run made from contents of checkouts that these have no more: a kept build tree was of such a content
 * before, and none is now. What no tree was of is not known to be superseded: the tree of its checkout may have been lost.
 */
export const findSuperseded = (
  { plan, machine }: Pick<RunRecord, 'plan' | 'machine'>,
  { current, past }: KeptContents,
): readonly string[] => {
  const contents = plan.steps.flatMap(({ keeps }) => (keeps === undefined ? [] : [keeps.sourceDigest]));
  const old = new Set(contents.filter((content) => past.has(content) && !current.has(content)));
  return madeFrom(plan, (step) => old.has(adoptedDigest(step) ?? '')).map((step) => storeKey(step, machine));
};

/** How many contents a watch leaves in the store: the present one, and some that a person may go back to. */
const contentsLeft = 3;

/** Whether this process made it, or took it from a remote cache. A source is put into the store while planning, and is there when its step is asked for. */
const isOwn = ({ step, outcome, stored }: StepOutcome): boolean =>
  outcome === 'done' ||
  outcome === 'cached' ||
  (adoptedDigest(step) !== undefined &&
    stored !== undefined &&
    Date.parse(stored.record.startedAt) >= performance.timeOrigin);

/**
 * For a watch: told of each round's plan and how its steps came out, it removes what this process made from the contents
 * of rounds long ago. While another run goes on nothing is removed; the next round makes up for it. Failure: `io-failed`.
 */
export const makeForgetting = (
  store: Store,
  machine: Machine,
): ((plan: Plan, outcomes: readonly StepOutcome[]) => Promise<Result<void>>) => {
  const rounds = new Map<string, readonly string[]>();
  const own = new Set<string>();
  return async (plan, outcomes) => {
    for (const outcome of outcomes) if (isOwn(outcome)) own.add(storeKey(outcome.step, machine));
    const keys = madeFrom(plan, (step) => adoptedDigest(step) !== undefined).map((step) => storeKey(step, machine));
    const name = keys.join(' ');
    // Back to what was: it is the newest again.
    rounds.delete(name);
    rounds.set(name, keys);
    const names = [...rounds.keys()];
    const log = beginGcLog(store, Date.now());
    if (names.length <= contentsLeft || (await findRunGoingOn(store, log)) !== undefined) return ok(undefined);
    const needed = new Set(names.slice(-contentsLeft).flatMap((left) => rounds.get(left) ?? []));
    for (const gone of names.slice(0, -contentsLeft)) {
      const old = (rounds.get(gone) ?? []).filter((key) => own.has(key) && !needed.has(key));
      const dropped = await dropSteps(store, old, () => 'of a content that was saved over', log);
      if (!dropped.ok) return dropped;
      rounds.delete(gone);
      // Who makes it again may be another.
      for (const key of old) own.delete(key);
    }
    return ok(undefined);
  };
};
