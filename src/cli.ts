import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import type { CommandContext } from './commands/context.ts';
import { makeProgram, type Finish } from './commands/tree.ts';
import { exitCodeOf, worstExitCode, type Failure } from './model/failure.ts';
import { prettyJson } from './model/json.ts';
import { describeFailure } from './report/failure.ts';

// What is made here lives long or hardly at all: V8's space for new objects need not grow from 1 to 16 MiB. Unpacking takes 109 MB
// so, and 150 MB without it.
setFlagsFromString('--semi-space-growth-factor=1');

// A caller's umask must not decide what a build may read or a release looks like.
process.umask(0o022);

const stop = new AbortController();
let passSignal: ((signal: NodeJS.Signals) => void) | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (passSignal !== undefined) {
      passSignal(signal);
      return;
    }
    // The second one does not wait for anything.
    if (stop.signal.aborted) process.exit(130);
    stop.abort(signal);
  });
}
// A reader that went away (`| head`) is no failure: nobody reads on, but the work and its exit code stay true.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') loseOutput(error);
  });
}

/** A terminal that says it is narrower has no size yet (a pseudo terminal that nobody set up): lines, not drawings. */
const leastColumns = 20;

let isOutputLost = false;

/** Output that was asked for and could not be written, as to a full disk: said once, and no success. */
const loseOutput = (error: unknown): void => {
  if (isOutputLost) return;
  isOutputLost = true;
  const reason = error instanceof Error ? error.message : String(error);
  report([{ code: 'io-failed', path: 'the output', operation: 'write', reason }], false);
};

/** Standard output that is a file throws at once; a pipe tells its listeners. */
const write = (stream: NodeJS.WriteStream, text: string): void => {
  try {
    stream.write(text);
  } catch (error) {
    loseOutput(error);
  }
};
process.on('exit', () => {
  if (isOutputLost && (process.exitCode === undefined || process.exitCode === 0)) process.exitCode = 1;
});

const { env } = process;
const isSet = (name: string): boolean => env[name] !== undefined && env[name] !== '' && env[name] !== '0';
const inCi = isSet('CI');
const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
let hasWritten = false;

const context: CommandContext = {
  out: (text) => {
    hasWritten = true;
    write(process.stdout, text);
  },
  err: (text) => {
    write(process.stderr, text);
  },
  env,
  cwd: process.cwd(),
  signal: stop.signal,
  passSignals: (to) => {
    passSignal = to;
  },
  terminal: {
    canAsk: process.stdin.isTTY && process.stderr.isTTY && !inCi,
    canDraw: process.stderr.isTTY && process.stderr.columns >= leastColumns && !inCi && env['TERM'] !== 'dumb',
    color:
      !noColor && (isSet('FORCE_COLOR') || (process.stdout.isTTY && process.stderr.isTTY && env['TERM'] !== 'dumb')),
    ...(process.stdout.isTTY && process.stdout.columns >= leastColumns ? { columns: process.stdout.columns } : {}),
  },
};

const report = (failures: readonly Failure[], json: boolean, exitCode = 0): void => {
  if (json && !hasWritten && failures.length > 0) {
    context.out(prettyJson({ version: 1, kind: 'failures', failures }));
  }
  for (const failure of failures) context.err(`cpython-awslc: ${describeFailure(failure)} [${failure.code}]\n`);
  process.exitCode = worstExitCode([exitCode, ...failures.map(exitCodeOf)]);
};

const bug = (error: unknown): Failure => ({
  code: 'bug',
  message: error instanceof Error ? error.message : String(error),
  ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
});

const finish: Finish = async (end, options) => {
  try {
    const ended = await end;
    if ('failures' in ended) report(ended.failures, options.json === true, ended.exitCode);
    else process.exitCode = ended.exitCode;
  } catch (error) {
    report([bug(error)], options.json === true);
  }
};

const version = (): string => {
  const text: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
};

process.on('uncaughtException', (error) => {
  report([bug(error)], false);
  process.exit(70);
});

try {
  await makeProgram(version(), context, finish).parseAsync(process.argv);
} catch (error) {
  // commander has said what is wrong already; help and version end well.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
  if (error.exitCode !== 0 && process.argv.includes('--json')) {
    const failure: Failure = { code: 'usage', message: error.message.replace(/^error: /, '') };
    context.out(prettyJson({ version: 1, kind: 'failures', failures: [failure] }));
  }
}
