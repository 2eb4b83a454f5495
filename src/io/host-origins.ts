import { EnvHttpProxyAgent, request } from 'undici';
import { errorMessage } from './failure.ts';

/** Whether an address answers at all. */
export interface Reach {
  readonly url: string;
  readonly reachable: boolean;
  /** Why not; empty when it is. */
  readonly reason: string;
}

/** The proxies that the caller's environment names, as undici wants them. */
const proxiesOf = (env: Readonly<Record<string, string | undefined>>): EnvHttpProxyAgent.Options => {
  const pick = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name];
  const http = pick('HTTP_PROXY');
  const https = pick('HTTPS_PROXY');
  // An empty text keeps undici from looking into this process's own environment.
  return { httpProxy: http ?? '', httpsProxy: https ?? '', noProxy: pick('NO_PROXY') ?? '' };
};

/** Asks an address for its head. Any answer will do: a server that says 403 is there. Never fails. */
export const probeUrl = async (
  url: string,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  },
): Promise<Reach> => {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const dispatcher = new EnvHttpProxyAgent(proxiesOf(options.env));
  try {
    const response = await request(url, {
      method: 'HEAD',
      dispatcher,
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
    await response.body.dump();
    return { url, reachable: true, reason: '' };
  } catch (error) {
    return {
      url,
      reachable: false,
      reason: timeout.aborted ? `no answer within ${options.timeoutMs} ms` : errorMessage(error),
    };
  } finally {
    await dispatcher.destroy();
  }
};
