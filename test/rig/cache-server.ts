import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { behave, listen, record, type Behaviour, type RigServer, type SeenRequest } from './http-server.ts';

/** What a cache does otherwise than a good one. */
export interface CacheRule {
  readonly method?: string;
  /** Of the path below the server, as `/v1/steps/…`. */
  readonly path?: RegExp;
  /** How often; always unless given. */
  readonly times?: number;
  readonly answer: Behaviour;
}

/** A server that stores what is PUT, as nginx does with its dav module: no more than GET, HEAD and PUT. */
export interface CacheServer extends RigServer {
  /** What it has, by path: `/v1/steps/…`. A test may change it. */
  readonly files: Map<string, Buffer>;
  /** The first rule that fits a request decides; a test may change them. */
  readonly rules: CacheRule[];
  /** Paths that it has, sorted and without digests: `/v1/steps/KEY.json`. */
  readonly listing: () => readonly string[];
  /** `GET /v1/steps/KEY.json 404`, in the order of the requests. */
  readonly log: string[];
  readonly methods: () => ReadonlySet<string>;
}

const withoutDigest = (path: string): string => path.replace(/[0-9a-f]{64}/, 'KEY');

const receive = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  // No encoding is set: it yields Buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Starts one. With `authorization` it answers 401 to whoever does not send that header. */
export const startCacheServer = async (options: { readonly authorization?: string } = {}): Promise<CacheServer> => {
  const requests: SeenRequest[] = [];
  const files = new Map<string, Buffer>();
  const rules: CacheRule[] = [];
  const log: string[] = [];
  const used = new Map<CacheRule, number>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = request;
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cache"' }).end();
      request.resume();
      return;
    }
    const rule = rules.find(
      (one) =>
        (one.method === undefined || one.method === method) &&
        (one.path?.test(url) ?? true) &&
        (used.get(one) ?? 0) < (one.times ?? Number.POSITIVE_INFINITY),
    );
    if (rule !== undefined) {
      used.set(rule, (used.get(rule) ?? 0) + 1);
      request.resume();
      behave(rule.answer, files.get(url) ?? Buffer.alloc(0), request, response);
      return;
    }
    if (method === 'PUT') {
      const isNew = !files.has(url);
      files.set(url, await receive(request));
      response.writeHead(isNew ? 201 : 204).end();
      return;
    }
    const file = files.get(url);
    if (method !== 'GET' && method !== 'HEAD') response.writeHead(405).end();
    else if (file === undefined) response.writeHead(404).end('nothing is here');
    else {
      response.writeHead(200, { 'content-length': String(file.length) });
      response.end(method === 'HEAD' ? undefined : file);
    }
  };
  const server = await listen(
    createServer((request, response) => {
      record(requests, request);
      response.on('finish', () => {
        log.push(`${request.method ?? ''} ${withoutDigest(request.url ?? '')} ${response.statusCode}`);
      });
      void serve(request, response);
    }),
    'http',
    requests,
  );
  return {
    ...server,
    files,
    rules,
    log,
    listing: () => [...files.keys()].map(withoutDigest).sort(),
    methods: () => new Set(requests.map(({ method }) => method)),
  };
};
