import type { Outcome } from './suite.ts';

/** What `python -m test -v` printed of a case; `subtests` when it printed outcomes of subtests only. */
export type PlainOutcome = Outcome | 'subtests';

/** One case that the two runs do not agree on. */
export interface PlainDifference {
  readonly id: string;
  readonly plain: PlainOutcome | 'absent';
  /** `unended`: started, and never ended. */
  readonly driver: Outcome | 'absent' | 'unended';
}

/** What `python -m test -v` and the driver say of the same files of the same Python, case by case. */
export interface PlainComparison {
  /** Cases that either of the two ran. */
  readonly cases: number;
  /** Cases that they agree on at once: presence and outcome. */
  readonly agree: number;
  /** Cases that they do not agree on, also when each was run again alone. */
  readonly differences: readonly PlainDifference[];
  /** Cases that differed at first, and agreed when each was run again alone; as they were at first. */
  readonly unsteady: readonly PlainDifference[];
  /** There were too many differences to run each again alone. */
  readonly retestLeftOut: boolean;
  readonly plain: {
    readonly durationMs: number;
    /** regrtest's own worker processes. */
    readonly jobs: number;
    /** How many cases unittest says it ran: more than were read from its output would be a fault of ours. */
    readonly ran: number;
    /** How many cases were read from its output. */
    readonly read: number;
    /** What it printed. */
    readonly outputFile: string;
  };
  readonly driver: {
    readonly durationMs: number;
    /** ISO 8601: when the driver's results were taken, if not in this run. */
    readonly of?: string;
  };
}
