import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** What a server does with one request. */
export type Behaviour =
  /** The file, whole or by range, as a good server does. */
  | { readonly do: 'serve'; readonly etag?: string; readonly lastModified?: string; readonly body?: Buffer }
  /** The whole file whatever range was asked for. */
  | { readonly do: 'ignore-range'; readonly etag?: string }
  | {
      readonly do: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Promises the whole file and cuts the connection after some bytes. */
  | { readonly do: 'truncate'; readonly after: number; readonly etag?: string }
  /** Sends some bytes, then nothing, with the connection open. */
  | { readonly do: 'stall'; readonly after: number; readonly etag?: string }
  /** Ends the answer after some bytes without having promised a length. */
  | { readonly do: 'end-early'; readonly after: number }
  /** A 206 whose Content-Range is not what was asked for. */
  | { readonly do: 'wrong-range'; readonly etag?: string }
  /** Only a piece of the range that was asked for. */
  | { readonly do: 'short-range'; readonly bytes: number; readonly etag: string }
  | { readonly do: 'reset' }
  /** Never answers. */
  | { readonly do: 'silence' }
  | { readonly do: 'redirect'; readonly to: string; readonly status?: number };

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** performance.now() when it came. */
  readonly atMs: number;
}

export interface RigServer {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly close: () => Promise<void>;
}

const sendPart = (response: ServerResponse, status: number, headers: Record<string, string>, bytes: Buffer): void => {
  response.writeHead(status, headers);
  response.flushHeaders();
  response.write(bytes);
};

/** Answers one request as told. */
export const behave = (
  behaviour: Behaviour,
  file: Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const etag = 'etag' in behaviour ? { etag: behaviour.etag } : {};
  const length = { 'content-length': String(file.length) };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  switch (behaviour.do) {
    case 'serve': {
      const body = behaviour.body ?? file;
      const modified = behaviour.lastModified === undefined ? {} : { 'last-modified': behaviour.lastModified };
      const validator = behaviour.etag ?? behaviour.lastModified;
      if (from < body.length && request.headers['if-range'] === validator) {
        const range = `bytes ${from}-${body.length - 1}/${body.length}`;
        const left = String(body.length - from);
        response.writeHead(206, { ...etag, ...modified, 'content-range': range, 'content-length': left });
        response.end(body.subarray(from));
      } else {
        response.writeHead(200, { ...etag, ...modified, 'content-length': String(body.length) });
        response.end(body);
      }
      return;
    }
    case 'ignore-range':
      response.writeHead(200, { ...etag, ...length });
      response.end(file);
      return;
    case 'status':
      response.writeHead(behaviour.status, behaviour.headers ?? {});
      response.end(behaviour.body ?? '');
      return;
    case 'truncate':
      sendPart(response, 200, { ...etag, ...length }, file.subarray(0, behaviour.after));
      // Long enough for a client on a busy machine to have read what came: undici throws unread bytes away with the error.
      setTimeout(() => response.socket?.destroy(), 300);
      return;
    case 'stall':
      sendPart(response, 200, { ...etag, ...length }, file.subarray(0, behaviour.after));
      return;
    case 'end-early':
      response.writeHead(200, { connection: 'close' });
      response.end(file.subarray(0, behaviour.after));
      return;
    case 'wrong-range':
      response.writeHead(206, { ...etag, 'content-range': `bytes 0-9/${file.length}`, 'content-length': '10' });
      response.end(file.subarray(0, 10));
      return;
    case 'short-range': {
      const end = from + behaviour.bytes;
      const range = `bytes ${from}-${end - 1}/${file.length}`;
      response.writeHead(206, { ...etag, 'content-range': range, 'content-length': String(behaviour.bytes) });
      response.end(file.subarray(from, end));
      return;
    }
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'silence':
      return;
    case 'redirect':
      response.writeHead(behaviour.status ?? 302, { location: behaviour.to });
      response.end('elsewhere');
  }
};

/** Starts a server on a free port of this machine. */
export const listen = async (server: Server, scheme: string, requests: SeenRequest[]): Promise<RigServer> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** Notes a request. */
export const record = (requests: SeenRequest[], request: IncomingMessage): void => {
  requests.push({
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    atMs: performance.now(),
  });
};

/** Starts a server of one file (any path); request n gets behaviour n, the last one repeats. With `tls` it speaks https. */
export const startFileServer = (
  file: Buffer,
  behaviours: readonly Behaviour[],
  tls?: { readonly key: string; readonly cert: string },
): Promise<RigServer> => {
  const requests: SeenRequest[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    record(requests, request);
    const behaviour = behaviours[Math.min(requests.length, behaviours.length) - 1];
    if (behaviour === undefined) throw new Error('a server needs a behaviour');
    behave(behaviour, file, request, response);
  };
  return tls === undefined
    ? listen(createServer(handle), 'http', requests)
    : listen(createTlsServer(tls, handle), 'https', requests);
};

/** Starts an HTTP proxy: plain requests are forwarded, CONNECT opens a tunnel; with `credentials` it demands them. */
export const startProxy = (
  options: { readonly credentials?: string; readonly refuse?: number } = {},
): Promise<RigServer> => {
  const requests: SeenRequest[] = [];
  const wanted =
    options.credentials === undefined ? undefined : `Basic ${Buffer.from(options.credentials).toString('base64')}`;
  const refusal = (request: IncomingMessage): number | undefined =>
    options.refuse ?? (wanted !== undefined && request.headers['proxy-authorization'] !== wanted ? 407 : undefined);
  const server = createServer((request, response) => {
    record(requests, request);
    const status = refusal(request);
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    const target = new URL(request.url ?? '');
    const upstream = connect(Number(target.port), target.hostname, () => {
      upstream.end(`GET ${target.pathname} HTTP/1.0\r\nhost: ${target.host}\r\n\r\n`);
    });
    // Raw bytes of the upstream answer: status line, headers and body as they are.
    upstream.pipe(request.socket);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    record(requests, request);
    const status = refusal(request);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host ?? '', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return listen(server, 'http', requests);
};
