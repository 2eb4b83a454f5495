import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Failure } from '../model/failure.ts';
import { runSession } from '../run/session.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { checkToolchain, openSelection } from './open.ts';
import type { SelectionOptions } from './selection.ts';
import { readToolVersion } from './settings.ts';
import { openCacheUse } from './use-cache.ts';

/** What came of running the built Python: its own exit code, or why it never ran. */
export type RunOutcome =
  { readonly ran: true; readonly exitCode: number } | { readonly ran: false; readonly failures: readonly Failure[] };

/**
 * Runs the built Python with arguments, building it first when it is not there. Its standard streams, environment and
 * exit code are the caller's; a signal that ends it is 128 plus its number, as a shell says it.
 */
export const runPython = async (
  args: readonly string[],
  options: SelectionOptions,
  context: CommandContext,
): Promise<RunOutcome> => {
  const opened = await openSelection(options, context);
  if (!opened.ok) return { ran: false, failures: opened.error };
  if (opened.value.prepared.plan.cells.length > 1) return { ran: false, failures: [severalCells] };
  const lacking = await checkToolchain(opened.value, 'build');
  if (lacking.length > 0) return { ran: false, failures: lacking };
  const display = await makeDisplay({
    // A Python that is there already starts without a word from us.
    write: quietWhenRecorded(context.err),
    ...context.terminal,
    canDraw: false,
  });
  const cacheUse = await openCacheUse(opened.value, 'build', context, (text) => {
    context.err(`note   ${text}\n`);
  });
  const session = await runSession({
    ...opened.value,
    ...cacheUse.session,
    stage: 'build',
    command: 'run',
    version: readToolVersion(),
    rerun: false,
    signal: context.signal,
    listener: display.listen,
  });
  await display.close();
  await cacheUse.finish();
  if (session.failures.length > 0) return { ran: false, failures: session.failures };
  const prefix = session.cells[0]?.prefix;
  if (prefix === undefined) throw new Error('a session without a failure has no Python');
  // The window in which a signal would start a program that nobody wants any more.
  if (context.signal.aborted) {
    return { ran: false, failures: [{ code: 'interrupted', signal: String(context.signal.reason) }] };
  }
  const child = spawn(`${prefix}/bin/python3`, args, { stdio: 'inherit', cwd: context.cwd });
  context.passSignals((signal) => {
    // Ctrl-C reaches everything on the terminal by itself; a second one is not what was typed.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve({
        ran: false,
        failures: [{ code: 'io-failed', path: `${prefix}/bin/python3`, operation: 'run', reason: error.message }],
      });
    });
    child.once('exit', (code, signal) => {
      resolve({ ran: true, exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) });
    });
  });
};

const severalCells: Failure = {
  code: 'usage',
  message: 'run takes one cell; this selection has several.',
  next: 'Narrow the axes.',
};

const quietWhenRecorded =
  (write: (text: string) => void) =>
  (text: string): void => {
    if (!text.startsWith('have')) write(text);
  };
