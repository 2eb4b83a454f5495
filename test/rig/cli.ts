import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** The command line as it is installed; it loads `dist/`, which `npm run build` makes. */
export const bin: string = resolve('bin/cpython-awslc.js');

export interface CliOptions {
  /** Added to the clean environment (PATH of the system, a HOME and XDG_CACHE_HOME of its own); `undefined` takes away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Directory that it is started in; a fresh one unless given. */
  readonly cwd?: string;
  /** The command line to start, when not this repository's: a copy's, by `copyPackage`. */
  readonly bin?: string;
  /** Text for standard input; empty unless given. */
  readonly input?: string;
  /** Sends a signal to the process (not to its group) as soon as standard error or output holds the text, or after a time. */
  readonly signalAfter?: { readonly text?: RegExp; readonly ms?: number; readonly signal: NodeJS.Signals };
}

export interface CliResult {
  /** 128 and the signal's number when a signal ended it, as a shell says it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** A command line that runs. */
export interface RunningCli {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What it has written to standard error so far. */
  readonly stderr: () => string;
  readonly ended: Promise<CliResult>;
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts the real bin in a clean environment, in directories of its own unless told otherwise. */
export const startCli = (args: readonly string[], options: CliOptions = {}): RunningCli => {
  const home = mkdtempSync(join(tmpdir(), 'cli-'));
  const cwd = options.cwd ?? join(home, 'cwd');
  if (options.cwd === undefined) mkdirSync(cwd);
  const env: Record<string, string | undefined> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    XDG_CACHE_HOME: join(home, 'cache'),
    // Whether this machine has one is not what most tests are about.
    CCACHE_DISABLE: '1',
    ...options.env,
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [options.bin ?? bin, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  const { signalAfter } = options;
  let sent = false;
  const send = (): void => {
    if (signalAfter === undefined || sent) return;
    sent = true;
    child.kill(signalAfter.signal);
  };
  const look = (): void => {
    if (signalAfter?.text?.test(text.err + text.out) === true) send();
  };
  const timer = signalAfter?.ms === undefined ? undefined : setTimeout(send, signalAfter.ms);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.out += chunk;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.err += chunk;
    look();
  });
  // A program that ends without reading its input is no fault of the test.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<CliResult>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      rmSync(home, { recursive: true, force: true });
      done({
        exitCode: code ?? 128 + (signal === null ? 0 : (signalNumbers[signal] ?? 0)),
        signal,
        stdout: text.out,
        stderr: text.err,
        durationMs: Math.round(performance.now() - startedAt),
      });
    });
  });
  return { child, stderr: () => text.err, ended };
};

/** Runs the real bin to its end. */
export const runCli = (args: readonly string[], options: CliOptions = {}): Promise<CliResult> =>
  startCli(args, options).ended;

/** Failure codes of a `--json` document: of `failures` alone, or of a result. Throws when standard output is no one document. */
export const failureCodes = (result: CliResult): readonly string[] => {
  const document = JSON.parse(result.stdout) as { failures?: readonly { code: string }[] };
  return (document.failures ?? []).map(({ code }) => code);
};
