import type { Listener } from '../model/event.ts';
import { makeLines } from './lines.ts';

export interface DisplayOptions {
  readonly write: (text: string) => void;
  /** Whether lines can be redrawn: a terminal that is not CI's. */
  readonly canDraw: boolean;
  readonly color: boolean;
}

/** Draws events; never runs work, never writes to standard output. */
export interface Display {
  readonly listen: Listener;
  /** Waits until everything is drawn. */
  readonly close: () => Promise<void>;
}

/** listr2 on a terminal, plain lines elsewhere: what does not draw need not load it. */
export const makeDisplay = async (options: DisplayOptions): Promise<Display> =>
  options.canDraw ? (await import('./tasks.ts')).makeTasks(options) : makeLines(options);
