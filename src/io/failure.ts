import type { Failure } from '../model/failure.ts';

/** The `code` of a Node system error, or nothing. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The message of anything thrown. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Turns what a file operation threw into a failure: a full disk (ENOSPC) or quota (EDQUOT) is `disk-full`, any other
 * system error is `io-failed`. What is not a system error is a bug and is thrown on.
 */
export const ioFailure = (error: unknown, path: string, operation: string): Failure => {
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      code: 'disk-full',
      path,
      next: 'Free some space (`cpython-awslc cache gc`), or choose another disk with --store DIR; finished steps are kept.',
    };
  }
  return { code: 'io-failed', path, operation, reason: errorMessage(error) };
};
