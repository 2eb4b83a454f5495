import { defaultDownloadPolicy, type DownloadPolicy } from './download-policy.ts';

/** How patient a remote cache is met: it may spare work, and must never cost more than the work. */
export interface CachePolicy extends DownloadPolicy {
  /** Requests that may fail, each after its retries, before the cache is left alone. */
  readonly failures: number;
  /** Time that the transfer of a file may take whatever its size, in milliseconds. */
  readonly transferMs: number;
  /** What a transfer that takes longer must bring on average, in bytes a second. */
  readonly leastBytesPerSecond: number;
  /** How long a run that is over waits for what it still writes, in milliseconds. */
  readonly finishMs: number;
}

export const defaultCachePolicy: CachePolicy = {
  ...defaultDownloadPolicy,
  attempts: 2,
  connectTimeoutMs: 5_000,
  stallTimeoutMs: 15_000,
  maxRetryAfterMs: 10_000,
  failures: 2,
  transferMs: 60_000,
  leastBytesPerSecond: 250_000,
  finishMs: 300_000,
};

/** The longest that a transfer of so many bytes may take, in milliseconds. */
export const transferLimit = (policy: CachePolicy, sizeBytes: number): number =>
  policy.transferMs + Math.ceil((sizeBytes / policy.leastBytesPerSecond) * 1000);
