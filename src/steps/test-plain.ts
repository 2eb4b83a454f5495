import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ioFailure } from '../io/failure.ts';
import { removeTree } from '../io/files.ts';
import { runProgram } from '../io/process.ts';
import { endStrays } from '../io/strays.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** regrtest's exit codes for runs that came to their end: all well, failures, changed environment, nothing ran, rerun. */
const endedExitCodes = [0, 2, 3, 4, 5];

/** A run of the suites as a person would start it: what the driver's results are compared with. */
export interface PlainRequest {
  /** Absolute path of the built interpreter. */
  readonly python: string;
  readonly files: readonly string[];
  readonly match: readonly string[];
  readonly resources: readonly string[];
  /** regrtest's own worker processes. */
  readonly jobs: number;
  /** The complete environment; HOME and TMPDIR are replaced by directories of the run. */
  readonly env: Readonly<Record<string, string>>;
  /** Receives what `python -m test -v` prints, and nothing else. */
  readonly outputFile: string;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

const runIn = async (place: string, request: PlainRequest): Promise<Result<{ text: string; durationMs: number }>> => {
  const argv = [
    ...[request.python, '-m', 'test', '-v', `-j${request.jobs}`],
    ...request.match.flatMap((pattern) => ['-m', pattern]),
    ...(request.resources.length > 0 ? ['-u', request.resources.join(',')] : []),
    ...request.files,
  ];
  const ran = await runProgram(argv, {
    purpose: 'run the suites with `python -m test`',
    cwd: join(place, 'cwd'),
    env: { ...request.env, HOME: join(place, 'home'), TMPDIR: join(place, 'tmp') },
    stdoutFile: request.outputFile,
    logFile: request.logFile,
    signal: request.signal,
    acceptedExitCodes: endedExitCodes,
  });
  if (!ran.ok) return ran;
  try {
    return ok({ text: await readFile(request.outputFile, 'utf8'), durationMs: ran.value.durationMs });
  } catch (error) {
    return fail(ioFailure(error, request.outputFile, 'read what the suites printed'));
  }
};

/**
 * Runs `python -m test -v` and returns what it printed, for `parsePlain`. Failing tests are no failure. Failures:
 * `command-failed` (it did not come to its end), `tool-missing`, `interrupted`, `disk-full`, `io-failed`.
 */
export const runPlainSuites = async (
  request: PlainRequest,
): Promise<Result<{ readonly text: string; readonly durationMs: number }>> => {
  let place: string;
  try {
    // A short path: tests make Unix sockets below it.
    place = await mkdtemp(join(tmpdir(), 'p-'));
    for (const name of ['home', 'tmp', 'cwd']) await mkdir(join(place, name));
  } catch (error) {
    return fail(ioFailure(error, tmpdir(), 'make a directory for tests'));
  }
  const ran = await runIn(place, request);
  // regrtest gives its workers sessions of their own: after Ctrl-C they outlive it.
  if (!ran.ok) await endStrays(place);
  const removed = await removeTree(place);
  return ran.ok && !removed.ok ? removed : ran;
};
