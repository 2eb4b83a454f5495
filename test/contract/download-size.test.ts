import { afterEach, expect, it } from 'vitest';
import { askSizeBytes } from '../../src/io/download-size.ts';
import type { Result } from '../../src/model/result.ts';
import { startFileServer, startProxy, type Behaviour, type RigServer } from '../rig/http-server.ts';

const file = Buffer.from('an archive\n'.repeat(500));
const servers: RigServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
const serve = async (...behaviours: readonly Behaviour[]): Promise<RigServer> => {
  const server = await startFileServer(file, behaviours);
  servers.push(server);
  return server;
};
const ask = (url: string, environment: Readonly<Record<string, string>> = {}): Promise<Result<number, string>> =>
  askSizeBytes({ url, environment, policy: { stallTimeoutMs: 500, redirects: 2 } });

it('tells a file’s size without getting it, through redirects and proxies', async () => {
  const target = await serve({ do: 'serve' });
  const server = await serve({ do: 'redirect', to: `${target.url}/file` });
  expect(await ask(`${server.url}/first`)).toEqual({ ok: true, value: file.length });
  expect([...server.requests, ...target.requests].map(({ method }) => method)).toEqual(['HEAD', 'HEAD']);
  const proxy = await startProxy({ refuse: 407 });
  servers.push(proxy);
  expect(await ask(target.url, { http_proxy: proxy.url })).toEqual({ ok: false, error: 'the proxy answered 407' });
  expect(proxy.requests).toHaveLength(1);
});

it.each<[string, Behaviour, RegExp]>([
  ['an error', { do: 'status', status: 404 }, /^HTTP 404$/],
  ['no length', { do: 'end-early', after: 10 }, /^the server does not tell how long the file is$/],
  ['a redirect to nowhere', { do: 'status', status: 302 }, /^HTTP 302 without a usable location$/],
  ['redirects without end', { do: 'redirect', to: '/again' }, /^more than 2 redirects$/],
  ['silence', { do: 'silence' }, /^nothing came for 500 ms$/],
  ['a reset', { do: 'reset' }, /reset|closed/],
])('says why there is none: %s', async (_, behaviour, reason) => {
  const server = await serve(behaviour);
  const asked = await ask(`${server.url}/file`);
  expect(asked.ok ? 'a size' : asked.error).toMatch(reason);
});
