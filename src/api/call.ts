import type { CommandContext } from '../commands/context.ts';
import type { RunEvent } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { fail, type Result } from '../model/result.ts';
import type { Surroundings } from './selection.ts';

/** What the work behind a call may touch, and whom it tells. */
export interface Call {
  readonly context: CommandContext;
  readonly tell: (event: RunEvent) => void;
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const bug = (error: unknown): Failure => ({
  code: 'bug',
  message: errorText(error),
  ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
});

/**
 * Does the work of one call for a program: nothing is written, no signal is caught, and neither working directory, umask nor
 * environment are changed. The caller's abort signal is listened to once, and let go of at the end. Never rejects: an
 * exception is a `bug`, and what the caller's own listener throws is a `usage` failure.
 */
export const call = async <T>(
  surroundings: Surroundings,
  work: (call: Call) => Promise<Result<T, readonly Failure[]>>,
): Promise<Result<T, readonly Failure[]>> => {
  const { signal, onEvent } = surroundings;
  const thrown: Failure[] = [];
  const tell = (event: RunEvent): void => {
    try {
      onEvent?.(event);
    } catch (error) {
      if (thrown.length > 0) return;
      thrown.push({
        code: 'usage',
        message: `onEvent threw: ${errorText(error)}`,
        next: 'What listens to events must not throw.',
      });
    }
  };
  // Every program that runs listens to the signal: not to the caller's, whose count of listeners is the caller's.
  const stop = new AbortController();
  const abort = (): void => {
    stop.abort(errorText(signal?.reason));
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const done = await work({
      tell,
      context: {
        out: () => undefined,
        err: (text) => {
          tell({ type: 'notice', text: text.trimEnd() });
        },
        env: surroundings.env ?? process.env,
        cwd: surroundings.cwd ?? process.cwd(),
        signal: stop.signal,
        passSignals: () => undefined,
        terminal: { canAsk: false, canDraw: false, color: false },
      },
    });
    if (thrown.length === 0) return done;
    return fail(done.ok ? thrown : [...done.error, ...thrown]);
  } catch (error) {
    return fail([bug(error)]);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
};
