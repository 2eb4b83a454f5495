import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureOf } from '../../model/failure.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import { runProgram, type ProgramResult } from '../process.ts';
import { stop, unreachable, type OriginContext, type OriginProblem } from './context.ts';
import { makeOriginEnvironment } from './environment.ts';

/** A program of the machine ended with a failure of its own: its failure, for whoever can read it. */
export type Asked = Result<ProgramResult, OriginProblem | FailureOf<'command-failed'>>;

/** Whether a problem is a program's own failure. */
export const isCommandFailure = (
  problem: OriginProblem | FailureOf<'command-failed'>,
): problem is FailureOf<'command-failed'> => 'code' in problem;

/** Runs a program of the machine with the scrubbed environment. A missing program makes its origin unreachable. */
export const askProgram = async (
  argv: readonly string[],
  purpose: string,
  cwd: string,
  context: OriginContext,
): Promise<Asked> => {
  const ran = await runProgram(argv, {
    purpose,
    cwd,
    env: makeOriginEnvironment(context.callerEnvironment),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (ran.ok) return ok(ran.value);
  const { error } = ran;
  if (error.code === 'command-failed') return fail(error);
  if (error.code === 'tool-missing') {
    const name = (argv[0] ?? '').replace(/^.*\//, '');
    return fail(unreachable(`no ${name} here`));
  }
  return fail(stop(error));
};

/** Does something in a new, empty directory that is gone afterwards. */
export const withEmptyDirectory = async <T>(
  parent: string | undefined,
  work: (directory: string) => Promise<T>,
): Promise<T> => {
  const directory = await mkdtemp(join(parent ?? tmpdir(), '.cpython-awslc-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
