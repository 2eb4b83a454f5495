import { runProgram, type ProgramResult } from './process.ts';

/** What questions to programs need. */
export interface AskOptions {
  /** The caller's environment; programs get only what they need of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** A question that takes longer than this is given up. */
const askTimeoutMs = 10_000;

/** What a program must know to find itself: rustup's cargo asks for HOME, for instance. Nothing else of the caller leaks in. */
const askEnvironment = (env: AskOptions['env']): Record<string, string> => {
  const kept: Record<string, string> = { LC_ALL: 'C' };
  for (const name of ['PATH', 'HOME', 'CARGO_HOME', 'RUSTUP_HOME', 'GOROOT']) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
};

/** Runs a program for its answer. Nothing when it is not there or gives no answer. */
export const askProgram = async (
  argv: readonly string[],
  options: AskOptions & { readonly input?: string; readonly acceptedExitCodes?: readonly number[] },
): Promise<ProgramResult | undefined> => {
  const asked = await runProgram(argv, {
    purpose: 'describe this machine',
    cwd: '/',
    env: askEnvironment(options.env),
    timeoutMs: askTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.input === undefined ? {} : { input: options.input }),
    acceptedExitCodes: options.acceptedExitCodes ?? [0],
  });
  return asked.ok ? asked.value : undefined;
};
