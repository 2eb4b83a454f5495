import { createHash } from 'node:crypto';
import { request as sendRequest, type Dispatcher } from 'undici';
import type { Failure } from '../model/failure.ts';
import { ioFailure } from './failure.ts';
import { isAborted } from './process.ts';
import type { Part } from './download-part.ts';
import { classifyConnectionError, isRetriableStatus, parseRetryAfter, type DownloadPolicy } from './download-policy.ts';
import { basicCredentials, type Transport } from './download-transport.ts';

/** What one request to a server brought. */
export type AttemptOutcome =
  /** The server's file is on disk, whole by the server's own account. */
  | { readonly kind: 'complete' }
  /** Worth another try, after `waitMs` when the server named a time. */
  | { readonly kind: 'retry'; readonly reason: string; readonly waitMs?: number }
  /** The part does not fit what the server has: it was emptied, and the next request starts from the beginning at once. */
  | { readonly kind: 'restart'; readonly reason: string }
  /** Another try would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failure'; readonly failure: Failure };

export interface AttemptRequest {
  readonly url: URL;
  /** Credentials for the URL's origin, in place of those of its user part. */
  readonly authorization?: string | undefined;
  readonly sizeBytes: number;
  readonly part: Part;
  readonly transport: Transport;
  readonly policy: DownloadPolicy;
  readonly signal: AbortSignal | undefined;
  readonly onBytes: (receivedBytes: number) => void;
}

const header = (response: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** What `If-Range` may name: a strong ETag, else Last-Modified. A weak ETag does not promise equal bytes. */
const readValidator = (response: Dispatcher.ResponseData): string | undefined => {
  const etag = header(response, 'etag');
  if (etag !== undefined && /^"[^"\r\n]*"$/.test(etag)) return etag;
  const modified = header(response, 'last-modified');
  return modified === undefined || Number.isNaN(Date.parse(modified)) ? undefined : modified;
};

/** A digest of the URL, which may itself hold credentials. */
const digestUrl = (url: URL): string => createHash('sha256').update(url.href).digest('hex');

type Opened = { readonly response: Dispatcher.ResponseData } | { readonly outcome: AttemptOutcome };

/** Sends the request and follows its redirects; credentials go to the first origin only. */
const openResponse = async (
  request: AttemptRequest,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  alive: () => void,
): Promise<Opened> => {
  let url = request.url;
  const credentials = request.authorization ?? basicCredentials(url);
  for (let hop = 0; ; hop += 1) {
    const dispatcher = request.transport.forUrl(url);
    if (dispatcher === 'invalid') {
      return {
        outcome: { kind: 'refused', reason: 'the proxy setting of the environment is not an http or https URL' },
      };
    }
    const response = await sendRequest(`${url.origin}${url.pathname}${url.search}`, {
      dispatcher,
      signal,
      headers: {
        ...headers,
        ...(credentials !== undefined && url.origin === request.url.origin ? { authorization: credentials } : {}),
      },
    });
    alive();
    if (![301, 302, 303, 307, 308].includes(response.statusCode)) return { response };
    await response.body.dump();
    const location = header(response, 'location') ?? '';
    if (hop >= request.policy.redirects) {
      return { outcome: { kind: 'refused', reason: `more than ${request.policy.redirects} redirects` } };
    }
    if (location === '' || !URL.canParse(location, url.href)) {
      return { outcome: { kind: 'refused', reason: `HTTP ${response.statusCode} without a usable location` } };
    }
    const next = new URL(location, url);
    if (next.protocol !== url.protocol && next.protocol !== 'https:') {
      return { outcome: { kind: 'refused', reason: 'a redirect from https to something weaker' } };
    }
    url = next;
  }
};

/** Reads the answer's status: whether its body continues the part, starts it anew, or is no file at all. */
const judgeResponse = async (
  response: Dispatcher.ResponseData,
  request: AttemptRequest,
  asked: { readonly from: number; readonly validator: string } | undefined,
): Promise<AttemptOutcome | undefined> => {
  const { part, sizeBytes } = request;
  const status = response.statusCode;
  if (status === 200) {
    if (part.receivedBytes() > 0) await part.restart();
    const validator = readValidator(response);
    await part.setSource(validator === undefined ? undefined : { urlDigest: digestUrl(request.url), validator });
    const promised = Number(header(response, 'content-length') ?? Number.NaN);
    if (!(promised > sizeBytes)) return undefined;
    return { kind: 'refused', reason: `the server has ${promised} bytes where ${sizeBytes} are expected` };
  }
  if (status === 206 || status === 416) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header(response, 'content-range') ?? '');
    const fits =
      status === 206 &&
      asked !== undefined &&
      range !== null &&
      Number(range[1]) === asked.from &&
      (range[3] === '*' || Number(range[3]) === sizeBytes) &&
      (readValidator(response) ?? asked.validator) === asked.validator;
    if (fits) return undefined;
    await part.restart();
    await part.setSource(undefined);
    return asked === undefined
      ? { kind: 'refused', reason: `HTTP ${status} to a request for the whole file` }
      : { kind: 'restart', reason: `HTTP ${status} does not continue what is here` };
  }
  const reason = `HTTP ${status}`;
  if (!isRetriableStatus(status)) return { kind: 'refused', reason };
  const waitMs = parseRetryAfter(header(response, 'retry-after'), Date.now());
  if (waitMs !== undefined && waitMs > request.policy.maxRetryAfterMs) {
    return { kind: 'refused', reason: `${reason}, to be asked again in ${Math.ceil(waitMs / 1000)} s` };
  }
  return { kind: 'retry', reason, ...(waitMs === undefined ? {} : { waitMs }) };
};

/** One request: the whole file, or what is missing of a part whose source is known. Failures: `disk-full`, `io-failed`, `interrupted`. */
export const attemptDownload = async (request: AttemptRequest): Promise<AttemptOutcome> => {
  const { part, policy, sizeBytes } = request;
  const silence = new AbortController();
  const signal = request.signal === undefined ? silence.signal : AbortSignal.any([request.signal, silence.signal]);
  const timer = setTimeout(() => {
    silence.abort();
  }, policy.stallTimeoutMs);
  let writing = false;
  try {
    const source = part.source();
    const resumable = part.receivedBytes() > 0 && source?.urlDigest === digestUrl(request.url);
    const asked = resumable ? { from: part.receivedBytes(), validator: source.validator } : undefined;
    const opened = await openResponse(
      request,
      {
        'user-agent': 'cpython-awslc',
        'accept-encoding': 'identity',
        ...(asked === undefined ? {} : { range: `bytes=${asked.from}-`, 'if-range': asked.validator }),
      },
      signal,
      () => timer.refresh(),
    );
    if ('outcome' in opened) return opened.outcome;
    const { response } = opened;
    writing = true;
    const judged = await judgeResponse(response, request, asked);
    writing = false;
    if (judged !== undefined) {
      response.body.on('error', () => undefined).destroy();
      return judged;
    }
    for await (const value of response.body) {
      // undici's body yields Buffers; its type says `any`.
      const chunk = value as Buffer;
      timer.refresh();
      if (part.receivedBytes() + chunk.length > sizeBytes) {
        await part.restart();
        return { kind: 'refused', reason: `the server sends more than the ${sizeBytes} bytes that are expected` };
      }
      writing = true;
      await part.append(chunk);
      writing = false;
      timer.refresh();
      request.onBytes(part.receivedBytes());
    }
    // Without a length, the end of the connection looks like the end of the file; a range may be shorter than asked for.
    const mayBeCut = response.statusCode === 206 || header(response, 'content-length') === undefined;
    return part.receivedBytes() < sizeBytes && mayBeCut
      ? { kind: 'retry', reason: `the answer ended after ${part.receivedBytes()} of ${sizeBytes} bytes` }
      : { kind: 'complete' };
  } catch (error) {
    if (isAborted(request.signal)) {
      return { kind: 'failure', failure: { code: 'interrupted', signal: String(request.signal?.reason) } };
    }
    if (writing) return { kind: 'failure', failure: ioFailure(error, part.path, 'write the download') };
    if (silence.signal.aborted) return { kind: 'retry', reason: `nothing came for ${policy.stallTimeoutMs} ms` };
    const { reason, retriable } = classifyConnectionError(error);
    return retriable ? { kind: 'retry', reason } : { kind: 'refused', reason };
  } finally {
    clearTimeout(timer);
  }
};
