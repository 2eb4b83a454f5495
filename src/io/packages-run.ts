import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { fail, ok, type Result } from '../model/result.ts';
import { ioFailure } from './failure.ts';
import { isAborted, quoteCommand } from './process.ts';

const lastLineCount = 25;

/** The caller's variables that a package manager needs: proxies, its own configuration, where sudo asks. */
const passedOn = [
  ...['HOME', 'USER', 'LOGNAME', 'TERM', 'APT_CONFIG', 'SUDO_ASKPASS'],
  ...['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY'],
];

export interface PrivilegedOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can answer sudo's question; otherwise sudo must not ask (`-n`). */
  readonly canAsk: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs a package manager, and waits for it. It stays in our process group, and keeps our standard input: sudo asks for a
 * password on the terminal. Its output goes to a log file that stays behind only after a failure.
 * Failures: `tool-missing`, `command-failed` with the last lines, `interrupted`, `disk-full`, `io-failed`.
 */
export const runPrivileged = async (command: readonly string[], options: PrivilegedOptions): Promise<Result<void>> => {
  const [file, ...args] = command[0] === 'sudo' && !options.canAsk ? ['sudo', '-n', ...command.slice(1)] : command;
  if (file === undefined) throw new Error('runPrivileged needs a program');
  // dpkg's scripts need sbin, which an ordinary user's PATH may lack.
  const env: Record<string, string> = {
    LC_ALL: 'C.UTF-8',
    PATH: `${options.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`,
  };
  for (const name of passedOn) {
    const value = options.env[name];
    if (value !== undefined) env[name] = value;
  }
  const result = await execa(file, args, {
    cwd: '/',
    env,
    extendEnv: false,
    reject: false,
    stdin: 'inherit',
    stdout: 'pipe',
    stderr: 'pipe',
    all: true,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    cancelSignal: options.signal,
  });
  if (isAborted(options.signal)) return fail({ code: 'interrupted', signal: String(options.signal.reason) });
  if (!result.failed) return ok(undefined);
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    return fail({
      code: 'tool-missing',
      tool: file,
      neededFor: 'install packages',
      next: `As root, run: ${quoteCommand(command.filter((word, index) => index > 0 || word !== 'sudo'))}`,
    });
  }
  const log = await keepLog(basename(command.find((word) => /^(apt-get|dnf|apk)$/.test(word)) ?? file), result.all);
  if (!log.ok) return log;
  return fail({
    code: 'command-failed',
    step: 'Installing packages',
    argv: command,
    exit: result.exitCode === undefined ? `signal ${result.signal ?? 'unknown'}` : `exit code ${result.exitCode}`,
    log: log.value,
    lastLines: result.all.trimEnd().split('\n').slice(-lastLineCount),
  });
};

/** Writes the output of a failed program to a directory of its own below the temporary directory. */
const keepLog = async (name: string, output: string): Promise<Result<string>> => {
  const directory = await mkdtemp(join(tmpdir(), 'cpython-awslc-packages-'));
  const log = join(directory, `${name}.log`);
  try {
    await writeFile(log, output);
    return ok(log);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    return fail(ioFailure(error, log, 'write the log'));
  }
};
