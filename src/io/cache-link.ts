import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { transferLimit, type CachePolicy } from './cache-policy.ts';
import { askCache, type CacheAnswer, type CacheRequest, type Content } from './cache-request.ts';
import { downloadFile } from './download.ts';
import { openTransport, type CallerEnvironment } from './download-transport.ts';
import { isAborted } from './process.ts';

export interface LinkOptions {
  /** Where the cache is, without a slash at the end. */
  readonly url: string;
  /** An Authorization header. */
  readonly authorization?: string;
  /** Without it nothing but GET and HEAD is ever sent. */
  readonly mayWrite: boolean;
  /** For proxies and SSL_CERT_FILE. */
  readonly environment: CallerEnvironment;
  readonly policy: CachePolicy;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

export interface FileRequest {
  /** Below `v1/`. */
  readonly path: string;
  /** What it is, for people. */
  readonly what: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where it appears, named by its sha256. */
  readonly directory: string;
}

/**
 * The way to a remote cache. What goes wrong with it is said once and is never a failure: after a few requests that went
 * wrong it is left alone. Paths are below `v1/`.
 */
export interface CacheLink {
  /** Whether it is still asked. */
  readonly isOpen: () => boolean;
  /** A small file; `absent`, or nothing when it cannot be had. */
  readonly get: (path: string, maxBytes: number) => Promise<Buffer | 'absent' | undefined>;
  /** Whether a file is there; nothing when it cannot be told. */
  readonly has: (path: string) => Promise<boolean | undefined>;
  /** Writes a file; whether that went well. */
  readonly put: (path: string, what: string, content: Content) => Promise<boolean>;
  /** Whether the cache lets this run write: asked once. */
  readonly mayPut: () => Promise<boolean>;
  /** The path of a file whose digest is known; nothing when the cache does not give it. Failures: `disk-full`, `io-failed`, `interrupted`. */
  readonly download: (request: FileRequest) => Promise<Result<string | undefined>>;
  /** Says that something is not what it was said to be, and is not taken. */
  readonly reject: (what: string, expected: string, found: string) => void;
  readonly notice: (text: string) => void;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

const advice: Readonly<Record<number, string>> = {
  401: 'Credentials that it takes belong into CPYTHON_AWSLC_CACHE_TOKEN, or _USER and _PASSWORD.',
  403: 'These credentials do not allow it.',
  404: 'Nothing can be written at this address.',
  405: 'Its server takes no PUT at this address.',
  409: 'Its server makes no directories for a PUT (nginx: `create_full_put_path on`).',
  501: 'Its server takes no PUT at this address.',
  507: 'Its disk is full.',
};

const explain = (status: number): string =>
  `HTTP ${status}${advice[status] === undefined ? '' : `. ${advice[status]}`}`;

/** Opens the way to a cache; nothing is asked yet. */
export const openCacheLink = (options: LinkOptions): CacheLink => {
  const { url, authorization, policy, signal, notice, environment } = options;
  const transport = openTransport(environment, policy);
  let isLeft = false;
  let isRefused = false;
  let failures = 0;
  let mayPut: Promise<boolean> | undefined;

  const leave = (reason: string): void => {
    if (isLeft) return;
    isLeft = true;
    notice(`the cache is left alone for the rest of this run: ${reason}`);
  };
  const failed = (reason: string, isThere: boolean): void => {
    failures += 1;
    if (!isThere || failures >= policy.failures) leave(reason);
  };

  const refuse = (reason: string): void => {
    if (isRefused) return;
    isRefused = true;
    notice(`the cache refuses to be written to: nothing is written in this run (${reason})`);
  };

  const ask = async (
    method: CacheRequest['method'],
    path: string,
    more: { readonly maxBytes?: number; readonly content?: Content; readonly limitMs?: number } = {},
  ): Promise<Exclude<CacheAnswer, { kind: 'problem' }> | undefined> => {
    if (isLeft) return undefined;
    const limit = more.limitMs === undefined ? undefined : AbortSignal.timeout(more.limitMs);
    const answer = await askCache({
      method,
      url: new URL(`${url}/v1/${path}`),
      authorization,
      transport,
      policy,
      signal: limit === undefined ? signal : AbortSignal.any([signal, limit]),
      maxBytes: more.maxBytes ?? 0,
      ...(more.content === undefined ? {} : { content: more.content }),
    });
    if (answer.kind === 'interrupted' && !isAborted(signal)) {
      failed(`it took longer than ${more.limitMs ?? 0} ms`, true);
      return undefined;
    }
    if (answer.kind === 'problem') {
      failed(answer.reason, answer.isThere);
      return undefined;
    }
    return answer;
  };

  /** The status of what only reads, when it is an answer to the question. */
  const readStatus = (status: number): 'found' | 'absent' | undefined => {
    if (status === 401 || status === 403) leave(`it refuses to be read (${explain(status)})`);
    else if (status === 200 || status === 404 || status === 410) {
      failures = 0;
      return status === 200 ? 'found' : 'absent';
    } else failed(`HTTP ${status}`, true);
    return undefined;
  };

  const put: CacheLink['put'] = async (path, what, content) => {
    if (!options.mayWrite) throw new Error('a cache that may only be read is not written to');
    if (isRefused) return false;
    const sizeBytes = 'bytes' in content ? content.bytes.length : content.sizeBytes;
    const answer = await ask('PUT', path, { content, limitMs: transferLimit(policy, sizeBytes) });
    if (answer?.kind !== 'answer') return false;
    const { status } = answer;
    if (status >= 200 && status < 300) {
      failures = 0;
      return true;
    }
    if (status === 413) notice(`the cache takes nothing as large as ${what} (${sizeBytes} bytes): it is not written`);
    else refuse(explain(status));
    return false;
  };

  const reject: CacheLink['reject'] = (what, expected, found) => {
    notice(`the cache's ${what} is not what it says (expected ${expected}, found ${found}): not taken`);
  };

  const judgeDownload = (failure: Failure, request: FileRequest, limitMs: number): Result<undefined> => {
    switch (failure.code) {
      case 'digest-mismatch':
        reject(request.what, `sha256 ${failure.expected}`, `sha256 ${failure.found}`);
        return ok(undefined);
      case 'download-failed':
        if (/^HTTP (?:404|410)$/.test(failure.reason)) reject(request.what, 'a file that is there', failure.reason);
        else failed(`${request.what}: ${failure.reason}`, true);
        return ok(undefined);
      case 'interrupted':
        if (isAborted(signal)) return fail(failure);
        failed(`${request.what} took longer than ${Math.round(limitMs / 1000)} s`, true);
        return ok(undefined);
      default:
        return fail(failure);
    }
  };

  return {
    isOpen: () => !isLeft,
    get: async (path, maxBytes) => {
      const answer = await ask('GET', path, { maxBytes });
      if (answer?.kind !== 'answer') return undefined;
      const status = readStatus(answer.status);
      return status === 'found' ? answer.body : status;
    },
    has: async (path) => {
      const answer = await ask('HEAD', path);
      const status = answer?.kind === 'answer' ? readStatus(answer.status) : undefined;
      return status === undefined ? undefined : status === 'found';
    },
    put,
    // A small file first: many servers answer a large one that they refuse by closing the connection.
    mayPut: () => {
      mayPut ??= put('write-check', 'a small file', { bytes: Buffer.from('written by cpython-awslc\n') });
      return mayPut;
    },
    download: async (request) => {
      if (isLeft) return ok(undefined);
      const limitMs = transferLimit(policy, request.sizeBytes);
      const downloaded = await downloadFile({
        url: `${url}/v1/${request.path}`,
        ...(authorization === undefined ? {} : { authorization }),
        subject: request.what,
        origin: 'the cache',
        sha256: request.sha256,
        sizeBytes: request.sizeBytes,
        directory: request.directory,
        environment,
        policy,
        signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
      });
      if (!downloaded.ok) return judgeDownload(downloaded.error, request, limitMs);
      failures = 0;
      return ok(downloaded.value.path);
    },
    reject,
    notice,
    close: () => transport.close(),
  };
};
