/** How patient a download is. Everything is adjustable so that tests need no real minutes. */
export interface DownloadPolicy {
  /** Requests that may end in a retriable failure before the download gives up. */
  readonly attempts: number;
  /** Redirects that one request may follow. */
  readonly redirects: number;
  /** Until a connection (TLS included) stands, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest silence, before the answer and between its bytes, in milliseconds. */
  readonly stallTimeoutMs: number;
  /** First wait before a retry, in milliseconds; it doubles each time. */
  readonly backoffMs: number;
  /** Longest wait before a retry, in milliseconds. */
  readonly maxBackoffMs: number;
  /** Longest `Retry-After` that is waited for, in milliseconds; a server that asks for more is given up. */
  readonly maxRetryAfterMs: number;
  /** A number in [0, 1) that spreads the retries of machines which failed together. */
  readonly random: () => number;
}

export const defaultDownloadPolicy: DownloadPolicy = {
  attempts: 6,
  redirects: 5,
  connectTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  backoffMs: 500,
  maxBackoffMs: 15_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
};

/** Wait before retry number `retry` (1 is the first), in milliseconds: doubling, between half and all of it. */
export const backoffDelay = (policy: DownloadPolicy, retry: number): number =>
  Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** (retry - 1)) * (0.5 + policy.random() / 2);

/** A `Retry-After` header (seconds or an HTTP date) in milliseconds from `nowMs`, or nothing when it says nothing. */
export const parseRetryAfter = (header: string | undefined, nowMs: number): number | undefined => {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
};

/** Whether a later request with the same URL may fare better: 408, 425, 429 and every 5xx. */
export const isRetriableStatus = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500;

/** Connections that broke after they stood: another one may hold. Anything else (no such host, refused) will not. */
const brokenConnections: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed early',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
  UND_ERR_RESPONSE: 'the answer was cut short',
};

/** Failures for which the next origin is a better bet than another try. */
const unreachable: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is not known here',
  EAI_AGAIN: 'host names cannot be looked up here',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time limit',
};

/**
 * Says what a thrown connection error means, in words that name no host (it may be a private mirror or proxy), and
 * whether to try again.
 */
export const classifyConnectionError = (error: unknown): { readonly reason: string; readonly retriable: boolean } => {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    const tunnel = /Proxy (?:response|Authentication Required) \((\d+)\)/.exec(cause.message);
    if (tunnel !== null) return { reason: `the proxy answered ${tunnel[1] ?? ''}`, retriable: false };
    const broken = brokenConnections[code];
    if (broken !== undefined) return { reason: `${broken} (${code})`, retriable: true };
    // HPE_…: the HTTP parser met the end of the connection, or noise, inside an answer.
    if (code.startsWith('HPE_')) return { reason: `the answer was not whole HTTP (${code})`, retriable: true };
    const final = unreachable[code];
    if (final !== undefined) return { reason: `${final} (${code})`, retriable: false };
    if (code !== '' && !(cause.cause instanceof Error))
      return { reason: `the connection failed (${code})`, retriable: false };
  }
  return { reason: `the connection failed (${error instanceof Error ? error.name : 'unknown'})`, retriable: false };
};
