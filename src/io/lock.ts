import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, ok, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';

/** A held lock. */
export interface Lock {
  /** Gives the lock back and waits until it is free; safe to call twice. */
  readonly release: () => Promise<void>;
}

export interface LockOptions {
  readonly path: string;
  /** Who holds it, for the message of whoever waits. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Called once when somebody else holds it, with what they wrote about themselves. */
  readonly onWait: (owner: string) => void;
}

/** `flock` holds the kernel's lock as long as its standard input is open: it ends with us, however we end. */
const holdWithFlock = (path: string, mode: readonly string[]): ChildProcess =>
  // A group of its own: Ctrl-C must not take the lock away while we still clean up.
  spawn('flock', [...mode, '-x', path, '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });

type Waited = 'held' | 'busy' | 'aborted' | Error;

const waitUntilHeld = (child: ChildProcess, signal: AbortSignal): Promise<Waited> =>
  new Promise<Waited>((settle) => {
    const abort = (): void => {
      resolve('aborted');
    };
    const resolve = (state: Waited): void => {
      signal.removeEventListener('abort', abort);
      settle(state);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      // Its own word, not any: a flock that warns, or is another program, has not locked yet.
      if (chunk.toString('utf8').includes('held')) resolve('held');
    });
    child.once('error', resolve);
    child.once('exit', () => {
      resolve('busy');
    });
  });

/**
 * Takes an exclusive lock on a file, through util-linux's (or busybox') flock: the kernel gives it back when its holder
 * dies, so a dead owner never blocks anyone. Waits as long as it takes; the abort signal ends the waiting.
 * Failures: `interrupted`, `tool-missing` (no flock), `io-failed`.
 */
export const acquireLock = async (options: LockOptions): Promise<Result<Lock>> => {
  const { path, signal } = options;
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, path, 'make the lock'));
  }
  for (const mode of [['-n'], []]) {
    if (signal.aborted) return fail({ code: 'interrupted', signal: String(signal.reason) });
    const child = holdWithFlock(path, mode);
    const gone = new Promise<void>((resolve) => {
      child.once('close', () => {
        resolve();
      });
      child.once('error', () => {
        resolve();
      });
    });
    const release = (): Promise<void> => {
      child.stdin?.destroy();
      return gone;
    };
    const state = await waitUntilHeld(child, signal);
    if (state === 'held') {
      await writeFile(path, `${options.owner}\n`).catch(() => undefined);
      return ok({ release });
    }
    if (state === 'aborted') {
      // It waits for the kernel and reads no input yet.
      child.kill('SIGKILL');
      await release();
      return fail({ code: 'interrupted', signal: String(signal.reason) });
    }
    if (state instanceof Error) {
      return fail({
        code: 'tool-missing',
        tool: 'flock',
        neededFor: 'keep two runs from building the same thing at once',
        next: 'Install util-linux (it brings flock).',
      });
    }
    await release();
    options.onWait((await readFile(path, 'utf8').catch(() => '')).trim());
  }
  return fail({ code: 'io-failed', path, operation: 'lock', reason: 'flock ended without taking the lock' });
};
