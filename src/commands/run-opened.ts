import { findCompileCache } from '../io/compile-cache.ts';
import type { Listener } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Stage } from '../plan/plan.ts';
import type { MatrixOptions } from '../run/matrix-cells.ts';
import { runSession, type Session } from '../run/session.ts';
import { makeDisplay } from '../ui/display.ts';
import type { CommandContext } from './context.ts';
import { checkToolchain, type Opened } from './open.ts';
import { readToolVersion } from './settings.ts';
import { openCacheUse } from './use-cache.ts';

export interface RunOpenedOptions {
  /** What its record is called by; the stage unless given. */
  readonly command?: string;
  readonly matrix?: MatrixOptions;
}

/**
 * Runs an opened selection up to a stage, with what it stands for and its progress on standard error. Failures: a missing tool or
 * package, which of a matrix keeps cells from being begun.
 */
export const runOpened = async (
  opened: Opened,
  stage: Stage,
  rerun: boolean,
  context: CommandContext,
  { matrix, command = matrix === undefined ? stage : 'matrix' }: RunOpenedOptions = {},
): Promise<Result<Session, readonly Failure[]>> => {
  const lacking = matrix === undefined ? await checkToolchain(opened, stage) : [];
  if (lacking.length > 0) return fail(lacking);
  for (const { asked, got, why } of opened.prepared.plan.resolved) context.err(`${asked} is ${got} (${why})\n`);
  const display = await makeDisplay({ write: context.err, ...context.terminal });
  const session = await runListened(
    opened,
    stage,
    {
      command,
      rerun,
      ...(matrix === undefined ? {} : { matrix }),
      listener: display.listen,
      note: (text) => {
        context.err(`${text}\n`);
      },
      close: () => display.close(),
    },
    context,
  );
  return ok(session);
};

/** How a run is listened to. */
export interface Listening {
  /** What the record is called by. */
  readonly command: string;
  readonly rerun: boolean;
  readonly matrix?: MatrixOptions;
  readonly listener: Listener;
  /** Takes what is to be said before and after the events. */
  readonly note: (text: string) => void;
  /** Called once when the last event has been: what is still written to a cache has its own time. */
  readonly close?: () => Promise<void>;
}

/** Runs an opened selection up to a stage with the caches of the machine and the remote one, whoever listens. */
export const runListened = async (
  opened: Opened,
  stage: Stage,
  { command, rerun, matrix, listener, note, close }: Listening,
  context: CommandContext,
): Promise<Session> => {
  const { prepared, store, jobs, path } = opened;
  const compileCache = await findCompileCache({
    path,
    env: context.env,
    tools: prepared.host.tools,
    signal: context.signal,
    notice: note,
  });
  let say = (text: string): void => {
    listener({ type: 'notice', text });
  };
  const cacheUse = await openCacheUse(opened, stage, context, (text) => {
    say(text);
  });
  const session = await runSession({
    prepared,
    stage,
    command,
    version: readToolVersion(),
    store,
    jobs,
    path,
    ...cacheUse.session,
    compileCache,
    rerun,
    ...(matrix === undefined ? {} : { matrix }),
    signal: context.signal,
    listener,
  });
  await close?.();
  say = (text) => {
    note(`note   ${text}`);
  };
  await cacheUse.finish();
  const { failures } = session;
  if (!context.signal.aborted || failures.some(({ code }) => code === 'interrupted')) return session;
  return { ...session, failures: [...failures, { code: 'interrupted', signal: String(context.signal.reason) }] };
};
