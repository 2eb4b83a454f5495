import { appendFile } from 'node:fs/promises';
import { createWriteStream, type WriteStream } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { errorMessage, ioFailure } from './failure.ts';

/** How long a process group may take to end after SIGTERM before it gets SIGKILL, in milliseconds. */
const killGraceMs = 3000;
/** How long output may still come after the program itself has exited, in milliseconds. */
const pipeGraceMs = 5000;
/** How many of the last lines of output a failure shows. */
const lastLineCount = 25;

/** A program while it runs. */
export interface RunningProgram {
  /** Sends a signal to the program and everything that it started in its process group. */
  readonly signalGroup: (signal: NodeJS.Signals) => void;
}

export interface ProgramOptions {
  /** What the program is run for: the failure names it. */
  readonly purpose: string;
  readonly cwd: string;
  /** The whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Receives the command line, standard output and standard error (appended). */
  readonly logFile?: string;
  /** Receives standard output instead of the result and the log (replaced). */
  readonly stdoutFile?: string;
  readonly input?: string;
  /** What it and all that it starts step back by (nice), 0 to 19; 0 unless given. */
  readonly niceness?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each line of output. */
  readonly onLine?: (line: string) => void;
  /** Called once, as soon as the program runs. */
  readonly onSpawn?: (program: RunningProgram) => void;
  /** Exit codes that are not failures; `[0]` unless given. */
  readonly acceptedExitCodes?: readonly number[];
}

export interface ProgramResult {
  readonly exitCode: number;
  /** Standard output, when neither `logFile` nor `stdoutFile` takes it; else empty. */
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Whether work must stop: asked anew each time, since it changes while we wait. */
export const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** Sends a signal to every process of a group; a group that is gone already is fine. */
const signalGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the group ended by itself.
  }
};

/** Leaders of the groups that run now. They are in groups of their own, so nobody else ends them when we end at once. */
const runningGroups = new Set<number>();
process.on('exit', () => {
  for (const pid of runningGroups) signalGroup(pid, 'SIGKILL');
});

/** Lets a process, and what it will start, step back behind others; one that has ended already is fine. */
const yieldBy = (pid: number, niceness: number): void => {
  try {
    // Behind us, not behind everybody: whoever started us with nice meant what we start too.
    setPriority(pid, Math.min(19, getPriority() + niceness));
  } catch {
    // ESRCH: it ended by itself.
  }
};

/** A writable file whose error (a full disk, mostly) is asked for at the end, and not emitted into nothing. */
const openSink = (path: string, flags: 'a' | 'w'): { stream: WriteStream; path: string } => {
  const stream = createWriteStream(path, { flags });
  stream.on('error', () => undefined);
  return { stream, path };
};

/**
 * Runs a program without a shell, in a process group of its own, and waits for it. Ctrl-C (the signal) and the timeout
 * end the whole group. Output goes to the log file as it comes; a failure carries its last lines.
 * Failures: `tool-missing` (not on the given PATH), `command-failed`, `interrupted`, `disk-full`, `io-failed`.
 */
export const runProgram = async (argv: readonly string[], options: ProgramOptions): Promise<Result<ProgramResult>> => {
  const [file, ...args] = argv;
  if (file === undefined) throw new Error('runProgram needs a program');
  const { signal } = options;
  if (isAborted(signal)) return fail({ code: 'interrupted', signal: String(signal?.reason) });
  const log = options.logFile;
  if (log !== undefined) {
    try {
      await appendFile(log, `$ ${quoteCommand(argv)}\n`);
    } catch (error) {
      return fail(ioFailure(error, log, 'write the log'));
    }
  }
  const startedAt = performance.now();
  const lines: string[] = [];
  const remember = (line: string): void => {
    lines.push(line);
    if (lines.length > lastLineCount) lines.shift();
    options.onLine?.(line);
  };
  const capture = log === undefined && options.stdoutFile === undefined;
  const child = execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    reject: false,
    detached: true,
    cleanup: true,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: capture ? true : { stdout: false, stderr: false },
    maxBuffer: 64 * 1024 * 1024,
  });
  const { pid } = child;
  if (pid !== undefined) {
    runningGroups.add(pid);
    if (options.niceness !== undefined && options.niceness > 0) yieldBy(pid, options.niceness);
    options.onSpawn?.({
      signalGroup: (name) => {
        signalGroup(pid, name);
      },
    });
  }
  const sinks: { stream: WriteStream; path: string }[] = [];
  const logSink = log === undefined ? undefined : openSink(log, 'a');
  if (logSink !== undefined) sinks.push(logSink);
  const stdoutSink = options.stdoutFile === undefined ? undefined : openSink(options.stdoutFile, 'w');
  if (stdoutSink !== undefined) sinks.push(stdoutSink);
  let partial = '';
  const takeLines = (chunk: Buffer): void => {
    const parts = (partial + chunk.toString('utf8')).split('\n');
    partial = parts.pop() ?? '';
    for (const part of parts) remember(part);
  };
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdoutSink !== undefined) stdoutSink.stream.write(chunk);
    else {
      logSink?.stream.write(chunk);
      takeLines(chunk);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    logSink?.stream.write(chunk);
    takeLines(chunk);
  });

  const state = { timedOut: false };
  let killTimer: NodeJS.Timeout | undefined;
  const endGroup = (): void => {
    signalGroup(child.pid, 'SIGTERM');
    killTimer ??= setTimeout(() => {
      signalGroup(child.pid, 'SIGKILL');
    }, killGraceMs);
  };
  signal?.addEventListener('abort', endGroup, { once: true });
  let pipeTimer: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    // What it left in the background may hold our pipes as long as it likes; a program has ended when it has exited.
    pipeTimer = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    }, pipeGraceMs);
  });
  const timeout =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          state.timedOut = true;
          endGroup();
        }, options.timeoutMs);
  const result = await child;
  clearTimeout(timeout);
  clearTimeout(killTimer);
  clearTimeout(pipeTimer);
  signal?.removeEventListener('abort', endGroup);
  // Whatever the program left running in its group ends with it.
  if (isAborted(signal) || state.timedOut) signalGroup(child.pid, 'SIGKILL');
  if (pid !== undefined) runningGroups.delete(pid);
  if (partial !== '') remember(partial);
  for (const sink of sinks) {
    sink.stream.end();
    // A stream is marked as destroyed before it says why: only `finished` knows both.
    const error = await finished(sink.stream).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) return fail(ioFailure(error, sink.path, 'write the output of a program'));
  }
  if (isAborted(signal)) return fail({ code: 'interrupted', signal: String(signal?.reason) });
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    return fail({
      code: 'tool-missing',
      tool: file,
      neededFor: options.purpose,
      found: result.code === 'EACCES' ? 'a file that may not be run' : 'nothing on PATH',
      next: 'Run `cpython-awslc doctor` to see what is missing and how to install it.',
    });
  }
  const accepted = options.acceptedExitCodes ?? [0];
  const exitCode = result.exitCode;
  if (exitCode === undefined || !accepted.includes(exitCode)) {
    const failure: Failure = {
      code: 'command-failed',
      step: options.purpose,
      argv,
      exit: state.timedOut
        ? `no end within ${options.timeoutMs ?? 0} ms`
        : exitCode === undefined
          ? `signal ${result.signal ?? errorMessage(result.cause)}`
          : `exit code ${exitCode}`,
      log: log ?? '',
      lastLines: lines,
    };
    return fail(failure);
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return ok({
    exitCode,
    stdout: capture ? text(result.stdout) : '',
    stderr: capture ? text(result.stderr) : '',
    durationMs: Math.round(performance.now() - startedAt),
  });
};

/** One shell word: quoted when it must be. */
export const quoteWord = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A command line that a person can paste into a shell. */
export const quoteCommand = (argv: readonly string[]): string => argv.map(quoteWord).join(' ');
