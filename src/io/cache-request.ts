import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request as sendRequest, type Dispatcher } from 'undici';
import type { CachePolicy } from './cache-policy.ts';
import { backoffDelay, classifyConnectionError, isRetriableStatus, parseRetryAfter } from './download-policy.ts';
import type { Transport } from './download-transport.ts';
import { isAborted } from './process.ts';

/** What is sent with PUT. */
export type Content = { readonly bytes: Buffer } | { readonly file: string; readonly sizeBytes: number };

export interface CacheRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly url: URL;
  /** An Authorization header for the URL's origin. */
  readonly authorization: string | undefined;
  readonly transport: Transport;
  readonly policy: CachePolicy;
  readonly signal: AbortSignal;
  /** Bytes of an answer to GET that are read at most; more is a problem. */
  readonly maxBytes: number;
  readonly content?: Content;
}

/** What a server said, or why it said nothing; `isThere`: whether another request may fare better. */
export type CacheAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: Buffer }
  | { readonly kind: 'problem'; readonly reason: string; readonly isThere: boolean }
  | { readonly kind: 'interrupted' };

type Attempt = CacheAnswer | { readonly kind: 'retry'; readonly reason: string; readonly waitMs?: number };

const headerOf = (response: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** A file as it is sent; each piece that goes out shows that the server still listens. */
const readContent = async function* (path: string, alive: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    alive();
    // No encoding is set: it yields Buffers.
    yield chunk as Buffer;
  }
};

const bodyOf = (content: Content, alive: () => void): Buffer | Readable =>
  'bytes' in content ? content.bytes : Readable.from(readContent(content.file, alive), { objectMode: false });

const lengthOf = (content: Content): number => ('bytes' in content ? content.bytes.length : content.sizeBytes);

/** Where a redirect leads, or why it is not followed. */
const followRedirect = (from: URL, response: Dispatcher.ResponseData): URL | string => {
  const location = headerOf(response, 'location') ?? '';
  if (location === '' || !URL.canParse(location, from.href)) {
    return `HTTP ${response.statusCode} without a usable location`;
  }
  const next = new URL(location, from);
  return next.protocol !== from.protocol && next.protocol !== 'https:'
    ? 'a redirect from https to something weaker'
    : next;
};

const readBody = async (
  response: Dispatcher.ResponseData,
  maxBytes: number,
  alive: () => void,
): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const value of response.body) {
    // undici's body yields Buffers; its type says `any`.
    const chunk = value as Buffer;
    alive();
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      response.body.on('error', () => undefined).destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Sends the request and follows redirects of what only reads; credentials go to the first origin only. */
const send = async (request: CacheRequest, signal: AbortSignal, alive: () => void): Promise<Attempt> => {
  const { method, content, policy, authorization } = request;
  let url = request.url;
  for (let hop = 0; ; hop += 1) {
    const dispatcher = request.transport.forUrl(url);
    if (dispatcher === 'invalid') {
      const reason = 'the proxy setting of the environment is not an http or https URL';
      return { kind: 'problem', reason, isThere: false };
    }
    const response = await sendRequest(`${url.origin}${url.pathname}${url.search}`, {
      method,
      dispatcher,
      signal,
      headers: {
        'user-agent': 'cpython-awslc',
        'accept-encoding': 'identity',
        ...(content === undefined
          ? {}
          : { 'content-length': String(lengthOf(content)), 'content-type': 'application/octet-stream' }),
        ...(authorization !== undefined && url.origin === request.url.origin ? { authorization } : {}),
      },
      ...(content === undefined ? {} : { body: bodyOf(content, alive) }),
    });
    alive();
    const status = response.statusCode;
    if (method !== 'PUT' && [301, 302, 303, 307, 308].includes(status)) {
      await response.body.dump();
      const next = followRedirect(url, response);
      if (typeof next === 'string') return { kind: 'problem', reason: next, isThere: true };
      if (hop >= policy.redirects) {
        return { kind: 'problem', reason: `more than ${policy.redirects} redirects`, isThere: true };
      }
      url = next;
      continue;
    }
    if (isRetriableStatus(status) && status !== 507) {
      await response.body.dump();
      const waitMs = parseRetryAfter(headerOf(response, 'retry-after'), Date.now());
      if (waitMs !== undefined && waitMs > policy.maxRetryAfterMs) {
        return { kind: 'problem', reason: `HTTP ${status}`, isThere: true };
      }
      return { kind: 'retry', reason: `HTTP ${status}`, ...(waitMs === undefined ? {} : { waitMs }) };
    }
    const wanted = method === 'GET' && status === 200;
    if (!wanted) {
      await response.body.dump();
      return { kind: 'answer', status, body: Buffer.alloc(0) };
    }
    const body = await readBody(response, request.maxBytes, alive);
    if (body !== undefined) return { kind: 'answer', status, body };
    return { kind: 'problem', reason: `an answer of more than ${request.maxBytes} bytes`, isThere: true };
  }
};

const attempt = async (request: CacheRequest): Promise<Attempt> => {
  const { policy, signal } = request;
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort();
  }, policy.stallTimeoutMs);
  try {
    return await send(request, AbortSignal.any([signal, silence.signal]), () => timer.refresh());
  } catch (error) {
    if (isAborted(signal)) return { kind: 'interrupted' };
    if (silence.signal.aborted) return { kind: 'retry', reason: `nothing came for ${policy.stallTimeoutMs} ms` };
    const { reason, retriable } = classifyConnectionError(error);
    return retriable ? { kind: 'retry', reason } : { kind: 'problem', reason, isThere: false };
  } finally {
    clearTimeout(timer);
  }
};

/** Asks a cache, and again when that may help. Never throws for what a server or a network does. */
export const askCache = async (request: CacheRequest): Promise<CacheAnswer> => {
  const { policy, signal } = request;
  for (let tried = 1; ; tried += 1) {
    if (signal.aborted) return { kind: 'interrupted' };
    const outcome = await attempt(request);
    if (outcome.kind !== 'retry') return outcome;
    if (tried >= policy.attempts) {
      return { kind: 'problem', reason: `${outcome.reason}; tried ${tried} times`, isThere: true };
    }
    // Only the signal ends it early, and that is looked at above.
    await sleep(Math.round(outcome.waitMs ?? backoffDelay(policy, tried)), undefined, { signal }).catch(
      () => undefined,
    );
  }
};
