import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { DownloadPolicy } from './download-policy.ts';

/** A caller's environment. */
export type CallerEnvironment = Readonly<Record<string, string | undefined>>;

/** The first of several variables that is set to something, lower case before upper case. */
const readVariable = (environment: CallerEnvironment, ...names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = environment[name] || environment[name.toUpperCase()];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
};

/** Whether `no_proxy` takes a host (and port) out of the proxy's hands: `*`, a host, a domain with or without a dot, `host:port`. */
const isDirect = (url: URL, noProxy: string): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const withPort = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry);
      if (withPort !== null && withPort[2] !== port) return false;
      const name = (withPort?.[1] ?? entry)
        .replace(/^\[|\]$/g, '')
        .replace(/^\*?\./, '')
        .toLowerCase();
      return host === name || host.endsWith(`.${name}`);
    });
};

/**
 * The proxy for a URL by `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` (lower case first, then upper case),
 * or nothing. As curl does, `http_proxy` says nothing about https URLs. `invalid`: a setting that no HTTP proxy fits.
 */
export const chooseProxy = (url: URL, environment: CallerEnvironment): URL | 'invalid' | undefined => {
  const setting = readVariable(environment, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy', 'all_proxy');
  if (setting === undefined || isDirect(url, readVariable(environment, 'no_proxy') ?? '')) return undefined;
  const text = setting.includes('://') ? setting : `http://${setting}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  return proxy !== undefined && (proxy.protocol === 'http:' || proxy.protocol === 'https:') ? proxy : 'invalid';
};

/** `Basic` credentials of a URL's user part, or nothing. */
export const basicCredentials = (url: URL): string | undefined =>
  url.username === ''
    ? undefined
    : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;

/** Without user, password, query and fragment: what may stand in messages and records. */
export const redactUrl = (text: string): string => {
  if (!URL.canParse(text)) return 'an invalid URL';
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname}`;
};

/**
 * Certificates to trust when SSL_CERT_FILE names some (a company's proxy that opens TLS). Node itself does not look
 * at that variable; an explicit list replaces Node's own, so that one is put back in front.
 */
const trustedCertificates = (environment: CallerEnvironment): string[] | undefined => {
  const named = environment['SSL_CERT_FILE'];
  if (named === undefined || named === '') return undefined;
  const texts = [named, environment['NODE_EXTRA_CA_CERTS']].flatMap((path) => {
    if (path === undefined || path === '') return [];
    try {
      return [readFileSync(path, 'utf8')];
    } catch {
      // An unreadable file adds no trust; a TLS failure will say that something is not trusted.
      return [];
    }
  });
  return [...rootCertificates, ...texts];
};

/** The ways out of this machine: direct, and through proxies. */
export interface Transport {
  /** The dispatcher for a URL; `invalid` when the environment's proxy setting cannot be used. */
  readonly forUrl: (url: URL) => Dispatcher | 'invalid';
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

/** Makes the transport of one download. Time limits for silence are the caller's: undici's own are coarse. */
export const openTransport = (environment: CallerEnvironment, policy: DownloadPolicy): Transport => {
  const ca = trustedCertificates(environment);
  const connect = { timeout: policy.connectTimeoutMs, ...(ca === undefined ? {} : { ca }) };
  const options = { headersTimeout: 0, bodyTimeout: 0, pipelining: 1 };
  const dispatchers = new Map<string, Dispatcher>();
  const makeDispatcher = (proxy: URL | undefined): Dispatcher => {
    if (proxy === undefined) return new Agent({ ...options, connect });
    const token = basicCredentials(proxy);
    return new ProxyAgent({
      ...options,
      uri: proxy.origin,
      ...(token === undefined ? {} : { token }),
      // Plain http goes through the proxy as a plain request: many proxies open tunnels to port 443 only.
      proxyTunnel: false,
      proxyTls: connect,
      requestTls: connect,
    });
  };
  return {
    forUrl: (url) => {
      const proxy = chooseProxy(url, environment);
      if (proxy === 'invalid') return 'invalid';
      const key = proxy?.href ?? '';
      const dispatcher = dispatchers.get(key) ?? makeDispatcher(proxy);
      dispatchers.set(key, dispatcher);
      return dispatcher;
    },
    close: async () => {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
};
