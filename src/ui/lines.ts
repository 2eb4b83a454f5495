import type { RunEvent } from '../model/event.ts';
import { unreachable } from '../model/result.ts';
import type { Display, DisplayOptions } from './display.ts';

/** A duration for people: `240 ms`, `12.3 s`, `2 min 5 s`. */
export const formatElapsed = (durationMs: number): string => {
  if (durationMs < 1000) return `${durationMs} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  return `${Math.floor(durationMs / 60_000)} min ${Math.round((durationMs % 60_000) / 1000)} s`;
};

const describeEvent = (event: RunEvent): string | undefined => {
  switch (event.type) {
    case 'step-started':
      return `start  ${event.title}`;
    case 'step-finished': {
      const note = event.note === undefined ? '' : `, ${event.note}`;
      switch (event.outcome) {
        case 'done':
          return `done   ${event.title} (${formatElapsed(event.durationMs)}${note})`;
        case 'cached':
          return `took   ${event.title} (from the cache in ${formatElapsed(event.durationMs)}${note})`;
        case 'recorded':
          return `have   ${event.title} (recorded${note})`;
        default:
          return unreachable(event.outcome);
      }
    }
    case 'step-failed':
      return `FAILED ${event.title}`;
    case 'notice':
      return `note   ${event.text}`;
    case 'run-started':
    case 'run-finished':
    case 'step-progress':
      return undefined;
    default:
      return unreachable(event);
  }
};

/** One line per event for logs and pipes: nothing is redrawn, progress within a step is left out. */
export const makeLines = ({ write }: DisplayOptions): Display => ({
  listen: (event) => {
    const line = describeEvent(event);
    if (line !== undefined) write(`${line}\n`);
  },
  close: () => Promise.resolve(),
});
