import { request as sendRequest } from 'undici';
import { fail, ok, type Result } from '../model/result.ts';
import { classifyConnectionError, defaultDownloadPolicy, type DownloadPolicy } from './download-policy.ts';
import { basicCredentials, openTransport, type CallerEnvironment } from './download-transport.ts';

export interface SizeRequest {
  readonly url: string;
  /** For proxies and SSL_CERT_FILE. */
  readonly environment: CallerEnvironment;
  readonly policy?: Partial<DownloadPolicy>;
  readonly signal?: AbortSignal;
}

/** Asks a server how many bytes a file has, without getting it. The error says why it is not told; it names no host. */
export const askSizeBytes = async (request: SizeRequest): Promise<Result<number, string>> => {
  const policy = { ...defaultDownloadPolicy, ...request.policy };
  const transport = openTransport(request.environment, policy);
  const timeout = AbortSignal.timeout(policy.stallTimeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
  let url = new URL(request.url);
  const { origin } = url;
  try {
    for (let hop = 0; hop <= policy.redirects; hop += 1) {
      const dispatcher = transport.forUrl(url);
      if (dispatcher === 'invalid') return fail('the proxy setting of the environment is not an http or https URL');
      const credentials = url.origin === origin ? basicCredentials(url) : undefined;
      const response = await sendRequest(`${url.origin}${url.pathname}${url.search}`, {
        method: 'HEAD',
        dispatcher,
        signal,
        headers: {
          'user-agent': 'cpython-awslc',
          'accept-encoding': 'identity',
          ...(credentials === undefined ? {} : { authorization: credentials }),
        },
      });
      await response.body.dump();
      const { location, 'content-length': length } = response.headers;
      if (response.statusCode === 200) {
        const sizeBytes = typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : 0;
        return sizeBytes > 0 ? ok(sizeBytes) : fail('the server does not tell how long the file is');
      }
      if (response.statusCode < 300 || response.statusCode >= 400) return fail(`HTTP ${response.statusCode}`);
      if (typeof location !== 'string' || !URL.canParse(location, url.href)) {
        return fail(`HTTP ${response.statusCode} without a usable location`);
      }
      const next = new URL(location, url);
      if (next.protocol !== url.protocol && next.protocol !== 'https:') {
        return fail('a redirect from https to something weaker');
      }
      url = next;
    }
    return fail(`more than ${policy.redirects} redirects`);
  } catch (error) {
    return fail(
      timeout.aborted ? `nothing came for ${policy.stallTimeoutMs} ms` : classifyConnectionError(error).reason,
    );
  } finally {
    await transport.close();
  }
};
