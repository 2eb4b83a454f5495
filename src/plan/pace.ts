import type { Spare } from '../model/spare.ts';

/** How many processes of a pass run at the same time. */
export interface Pace {
  /** So many run whatever else the machine does; what it has of memory bounds them too. */
  readonly least: number;
  /** Up to so many run while cores are idle. */
  readonly most: number;
}

/**
 * Suites mostly sleep: a process of the crypto preset keeps a core busy for a seventh of its time. Four for each core leave idle
 * cores alone with long sleepers now and then; a dozen do not.
 */
const leastPerCore = 4;
const mostPerCore = 12;
/** More gain nothing: there are not as many cases that take long. */
const mostOfAll = 64;
/** What a process more is thought to take of a core, its start included. */
const coresPerProcess = 0.2;
/** A test process takes up to 170 MB; what the machine needs itself stays free. */
const bytesPerProcess = 200e6;
const reservedBytes = 500e6;

/** The pace of a pass on so many cores, with so much memory in all. */
export const choosePace = (cores: number, memoryBytes: number): Pace => {
  const byMemory = Math.max(1, Math.floor((memoryBytes - reservedBytes) / bytesPerProcess));
  const bound = Math.min(mostOfAll, byMemory);
  return { least: Math.min(leastPerCore * cores, bound), most: Math.min(mostPerCore * cores, bound) };
};

/** The pace that looks at nothing: always as many. */
export const fixedPace = (count: number): Pace => ({ least: count, most: count });

/**
 * How many processes to start now: up to the least number at once, beyond it as many as idle cores and memory bear. A
 * machine that others keep busy, or that says nothing of itself, gets no more than the least.
 */
export const countStarts = (
  state: { readonly running: number; readonly waiting: number; readonly spare?: Spare | undefined },
  pace: Pace,
): number => {
  const { running, waiting, spare } = state;
  const owed = Math.max(pace.least - running, 0);
  const byCores = Math.floor((spare?.idleCores ?? 0) / coresPerProcess) - owed;
  const byMemory = Math.floor(((spare?.memoryBytes ?? 0) - reservedBytes) / bytesPerProcess) - owed;
  const more = Math.max(0, Math.min(byCores, byMemory, pace.most - running - owed));
  return Math.min(owed + more, waiting);
};
