import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { attemptDownload } from './download-attempt.ts';
import { openPart, type Part } from './download-part.ts';
import { backoffDelay, defaultDownloadPolicy, type DownloadPolicy } from './download-policy.ts';
import { openTransport, redactUrl, type CallerEnvironment } from './download-transport.ts';
import { ioFailure } from './failure.ts';
import { isAborted } from './process.ts';

/** How far a download is. */
export interface DownloadProgress {
  readonly receivedBytes: number;
  readonly totalBytes: number;
  /** Average since this download began, resumed bytes not counted. */
  readonly bytesPerSecond: number;
}

export interface DownloadRequest {
  /** http or https. A user part becomes Basic credentials for that origin; it never shows in failures. */
  readonly url: string;
  /** An Authorization header for that origin, and for no other that it redirects to. */
  readonly authorization?: string;
  /** What is downloaded, for failures: `Python-3.14.6.tar.xz`. */
  readonly subject: string;
  /** The origin's name in failures: `https Python-3.14.6.tar.xz`. */
  readonly origin: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where the file appears, named by its sha256; made when missing. */
  readonly directory: string;
  /** For proxies (`http_proxy` …) and SSL_CERT_FILE. */
  readonly environment: CallerEnvironment;
  readonly policy?: Partial<DownloadPolicy>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called before each retry with its reason and wait. */
  readonly onRetry?: (reason: string, waitMs: number) => void;
}

export interface Downloaded {
  readonly path: string;
  readonly sizeBytes: number;
  /** Bytes that an earlier, interrupted download had left. */
  readonly resumedBytes: number;
}

/** Waits; false when the signal ended it. */
const pause = async (ms: number, signal: AbortSignal | undefined): Promise<boolean> => {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
    return true;
  } catch {
    // sleep throws for one reason only: the signal.
    return false;
  }
};

/** Requests until the bytes are there and right. `keep`: whether the part can serve a later try. */
const fillPart = async (
  request: DownloadRequest,
  url: URL,
  part: Part,
): Promise<Result<void, { readonly failure: Failure; readonly keep: boolean }>> => {
  const { signal, sizeBytes } = request;
  const policy = { ...defaultDownloadPolicy, ...request.policy };
  const transport = openTransport(request.environment, policy);
  const startedAt = performance.now();
  let before = part.receivedBytes();
  // Bytes of an earlier request, so that a wrong digest may be the fault of a part that was damaged on this disk.
  let patched = before > 0;
  const onBytes = (receivedBytes: number): void => {
    before = Math.min(before, receivedBytes);
    const seconds = Math.max(0.001, (performance.now() - startedAt) / 1000);
    const bytesPerSecond = Math.round((receivedBytes - before) / seconds);
    request.onProgress?.({ receivedBytes, totalBytes: sizeBytes, bytesPerSecond });
  };
  const giveUp = (reason: string, retriable: boolean): Failure => ({
    code: 'download-failed',
    url: redactUrl(request.url),
    reason,
    retriable,
  });
  try {
    for (let attempt = 1; ; attempt += 1) {
      if (isAborted(signal)) {
        return fail({ failure: { code: 'interrupted', signal: String(signal?.reason) }, keep: true });
      }
      const complete = part.receivedBytes() === sizeBytes;
      const outcome = complete
        ? { kind: 'complete' as const }
        : await attemptDownload({
            url,
            authorization: request.authorization,
            sizeBytes,
            part,
            transport,
            policy,
            signal,
            onBytes,
          });
      if (outcome.kind === 'failure') {
        return fail({ failure: outcome.failure, keep: outcome.failure.code === 'interrupted' });
      }
      if (outcome.kind === 'refused') return fail({ failure: giveUp(outcome.reason, false), keep: true });
      if (outcome.kind === 'complete') {
        const found = part.digest();
        if (found === request.sha256) return ok(undefined);
        if (!patched) {
          return fail({
            failure: {
              code: 'digest-mismatch',
              subject: request.subject,
              origin: request.origin,
              expected: request.sha256,
              found,
            },
            keep: false,
          });
        }
      }
      const reason = outcome.kind === 'complete' ? 'the resumed bytes do not fit together' : outcome.reason;
      if (attempt >= policy.attempts) {
        return fail({ failure: giveUp(`${reason}; tried ${attempt} times`, true), keep: true });
      }
      if (outcome.kind === 'retry') {
        const waitMs = Math.round(outcome.waitMs ?? backoffDelay(policy, attempt));
        request.onRetry?.(reason, waitMs);
        if (!(await pause(waitMs, signal))) continue;
      } else {
        request.onRetry?.(reason, 0);
        await part.restart();
        await part.setSource(undefined);
      }
      patched = part.receivedBytes() > 0;
    }
  } catch (error) {
    return fail({ failure: ioFailure(error, part.path, 'write the download'), keep: false });
  } finally {
    await transport.close();
  }
};

/**
 * Downloads a file whose digest and size are known to `<directory>/<sha256>`: resumes what an interrupted download
 * left, tries again what may pass, hashes as the bytes come, and gives the final name only to the right bytes.
 * Failures: `download-failed`, `digest-mismatch` (thrown away), `disk-full`, `io-failed`, `interrupted` (kept for a resume).
 */
export const downloadFile = async (request: DownloadRequest): Promise<Result<Downloaded>> => {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const reason = 'not an http or https URL';
    return fail({ code: 'download-failed', url: redactUrl(request.url), reason, retriable: false });
  }
  try {
    await mkdir(request.directory, { recursive: true });
  } catch (error) {
    return fail(ioFailure(error, request.directory, 'make the directory'));
  }
  const opened = await openPart(request.directory, request.sha256);
  if (!opened.ok) return opened;
  const part = opened.value;
  const path = join(request.directory, request.sha256);
  let keep = false;
  try {
    const source = part.source();
    // A part of unknown or too much content helps nobody, and must not stand before the first byte.
    if (part.receivedBytes() > request.sizeBytes || source === undefined) await part.restart();
    const resumedBytes = part.receivedBytes();
    const filled = await fillPart(request, url, part);
    if (!filled.ok) {
      keep = filled.error.keep;
      return fail(filled.error.failure);
    }
    await part.publish(path);
    return ok({ path, sizeBytes: request.sizeBytes, resumedBytes });
  } catch (error) {
    return fail(ioFailure(error, path, 'write the download'));
  } finally {
    await part.release(keep);
  }
};
