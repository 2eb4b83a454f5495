import type { Step } from '../model/plan.ts';
import { rankSteps } from '../plan/critical-path.ts';

/** How far a step that is not on the longest chain steps back (nice): it fills what the others leave, and never starves. */
const yieldingNiceness = 5;
/** Work on all cores is let in beside other such work: what one leaves idle while it links or configures, the other takes. */
const overlap = 2;
/** Kinds that nothing times: only these may be slowed down. */
const patientKinds: readonly Step['kind'][] = ['configure', 'compile'];

/** Decides which step of a plan runs when, and which of them steps back. */
export interface Schedule {
  /** Says that a step is not in the store and must be made. */
  readonly want: (step: Step) => void;
  /** Says that it was made, or will not be. */
  readonly leave: (step: Step) => void;
  /** Waits for room, does the step's work there with the niceness that its programs shall have, and gives the room back. */
  readonly use: <T>(step: Step, work: (niceness: number) => Promise<T>) => Promise<T>;
}

interface Waiting {
  readonly weight: number;
  readonly rank: number;
  readonly start: () => void;
}

/**
 * A schedule over `jobs` cores. There is room for twice as many jobs: a step that uses all cores takes `jobs` of them, any
 * other one. Among those who wait the longest chain goes first; whoever fits in what is left goes in beside it.
 */
export const makeSchedule = (steps: readonly Step[], jobs: number): Schedule => {
  const ranks = rankSteps(steps, jobs);
  const rankOf = (id: string): number => ranks.get(id) ?? 0;
  const wanted = new Set<string>();
  let waiting: readonly Waiting[] = [];
  let free = overlap * jobs;
  const admit = (): void => {
    for (let next = waiting.find(({ weight }) => weight <= free); next !== undefined;) {
      const chosen = next;
      free -= chosen.weight;
      waiting = waiting.filter((one) => one !== chosen);
      chosen.start();
      next = waiting.find(({ weight }) => weight <= free);
    }
  };
  const take = (weight: number, rank: number): Promise<void> =>
    new Promise((resolve) => {
      const later = waiting.findIndex((one) => one.rank < rank);
      waiting = waiting.toSpliced(later < 0 ? waiting.length : later, 0, { weight, rank, start: resolve });
      admit();
    });
  const chooseNiceness = (step: Step): number =>
    patientKinds.includes(step.kind) && [...wanted].some((id) => rankOf(id) > rankOf(step.id)) ? yieldingNiceness : 0;
  return {
    want: (step) => {
      wanted.add(step.id);
    },
    leave: (step) => {
      wanted.delete(step.id);
    },
    use: async (step, work) => {
      const weight = step.width === 'all' ? jobs : 1;
      await take(weight, rankOf(step.id));
      try {
        return await work(chooseNiceness(step));
      } finally {
        free += weight;
        admit();
      }
    },
  };
};
