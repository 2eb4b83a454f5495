import type { Step } from '../model/plan.ts';
import { rankSteps } from '../plan/critical-path.ts';

/** How far a step that is not on the longest chain steps back (nice): it fills what the others leave, and never starves. */
const yieldingNiceness = 5;
/** So many steps on all cores at once: what one leaves idle while it configures or links, the other takes. */
const wideAtOnce = 2;
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
  readonly rank: number;
  readonly start: () => void;
}

/** Places for one kind of step: whoever waits with the longest chain gets the next one that is free. */
const makeRoom = (places: number): { readonly take: (rank: number) => Promise<void>; readonly give: () => void } => {
  let free = places;
  let waiting: readonly Waiting[] = [];
  return {
    take: (rank) => {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((start) => {
        const later = waiting.findIndex((one) => one.rank < rank);
        waiting = waiting.toSpliced(later < 0 ? waiting.length : later, 0, { rank, start });
      });
    },
    give: () => {
      const [first, ...rest] = waiting;
      waiting = rest;
      if (first === undefined) free += 1;
      else first.start();
    },
  };
};

/**
 * A schedule over `jobs` cores: two steps at once that use all of them, and beside them as many as there are cores, and one, that
 * use one. Each kind has places of its own, so that many small steps never keep a large one waiting.
 */
export const makeSchedule = (steps: readonly Step[], jobs: number): Schedule => {
  const ranks = rankSteps(steps, jobs);
  const rankOf = (id: string): number => ranks.get(id) ?? 0;
  const wanted = new Set<string>();
  const rooms = { all: makeRoom(wideAtOnce), one: makeRoom(jobs + 1) };
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
      const room = rooms[step.width];
      await room.take(rankOf(step.id));
      try {
        return await work(chooseNiceness(step));
      } finally {
        room.give();
      }
    },
  };
};
