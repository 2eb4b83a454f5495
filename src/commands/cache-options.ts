import { resolve } from 'node:path';
import { readSigningKey, readTrustedKeys } from '../io/signature.ts';
import type { Failure } from '../model/failure.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { CacheSettings } from '../run/sharing.ts';
import type { CommandContext } from './context.ts';

/** Options of a remote cache, as commander gives them. */
export interface CacheOptions {
  readonly cache?: string;
  readonly cacheWrite?: boolean;
  readonly cacheSign?: string;
  readonly cacheTrust?: string;
  readonly offline?: boolean;
}

const usage = (message: string, next?: string): Failure => ({
  code: 'usage',
  message,
  ...(next === undefined ? {} : { next }),
});

/** What may stand in a header as it is; RFC 6750 allows less. */
const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

const credentialsHint = 'Credentials belong into CPYTHON_AWSLC_CACHE_TOKEN, or _USER and _PASSWORD.';

/** The cache's address, without a slash at the end. Nothing of it that could be a password is in the failure. */
const parseUrl = (text: string): Result<string> => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return fail(usage('--cache: not an http or https URL.', 'For instance --cache https://cache.example/awslc'));
  }
  if (url.username !== '' || url.password !== '') {
    return fail(usage(`--cache ${url.host}: a URL with a user or a password is seen by everyone.`, credentialsHint));
  }
  if (url.search !== '' || url.hash !== '') {
    return fail(usage(`--cache ${url.host}: takes the address of a directory, without ? and #.`));
  }
  return ok(`${url.origin}${url.pathname.replace(/\/+$/, '')}`);
};

/** The Authorization header that the environment's credentials make, if there are any. They are in no failure. */
const readCredentials = (env: CommandContext['env']): Result<string | undefined> => {
  const read = (name: string): string | undefined => env[`CPYTHON_AWSLC_CACHE_${name}`] || undefined;
  const [token, user, password] = [read('TOKEN'), read('USER'), read('PASSWORD')];
  if (token !== undefined) {
    if (user !== undefined || password !== undefined) {
      return fail(usage('CPYTHON_AWSLC_CACHE_TOKEN and _USER or _PASSWORD are both set: one of them decides.'));
    }
    if (!isToken(token)) {
      return fail(
        usage('CPYTHON_AWSLC_CACHE_TOKEN has characters that no token has: blanks, line ends, or beyond ASCII.'),
      );
    }
    return ok(`Bearer ${token}`);
  }
  if (user === undefined && password === undefined) return ok(undefined);
  if (user === undefined || user.includes(':')) {
    const found = user === undefined ? 'is not set, and _PASSWORD is' : 'has a colon, which no user name has';
    return fail(usage(`CPYTHON_AWSLC_CACHE_USER ${found}.`));
  }
  return ok(`Basic ${Buffer.from(`${user}:${password ?? ''}`, 'utf8').toString('base64')}`);
};

const readKeys = async (
  options: CacheOptions,
  cwd: string,
): Promise<Result<Pick<CacheSettings, 'sign' | 'trust'>, readonly Failure[]>> => {
  const { cacheSign, cacheTrust } = options;
  const sign = cacheSign === undefined ? undefined : await readSigningKey(resolve(cwd, cacheSign));
  const trust = cacheTrust === undefined ? undefined : await readTrustedKeys(resolve(cwd, cacheTrust));
  const failures: Failure[] = [];
  if (sign?.ok === false) {
    const next = 'It takes a private Ed25519 key: openssl genpkey -algorithm ed25519 -out FILE';
    failures.push(usage(`--cache-sign ${cacheSign ?? ''}: ${sign.error}.`, next));
  }
  if (trust?.ok === false) {
    const next = 'It takes public Ed25519 keys: openssl pkey -in PRIVATE -pubout -out FILE';
    failures.push(usage(`--cache-trust ${cacheTrust ?? ''}: ${trust.error}.`, next));
  }
  if (failures.length > 0) return fail(failures);
  // Whoever signs vouches for what it was made from: without a word to the contrary that is its own work only.
  const trusted = trust?.ok === true ? trust.value : sign?.ok === true ? [sign.value.own] : undefined;
  return ok({
    ...(sign?.ok === true ? { sign: sign.value } : {}),
    ...(trusted === undefined ? {} : { trust: trusted }),
  });
};

/**
 * Which remote cache a command uses, and how: `--cache`, else CPYTHON_AWSLC_CACHE; none with `--offline`. Credentials come
 * from the environment only. Failure: `usage`, everything that is wrong at once.
 */
export const parseCache = async (
  options: CacheOptions,
  { env, cwd }: Pick<CommandContext, 'env' | 'cwd'>,
): Promise<Result<CacheSettings | undefined, readonly Failure[]>> => {
  const asked = options.cache ?? (env['CPYTHON_AWSLC_CACHE'] || undefined);
  const mayWrite = options.cacheWrite === true;
  const failures: Failure[] = [];
  if (asked === undefined) {
    const named = {
      '--cache-write': options.cacheWrite,
      '--cache-sign': options.cacheSign,
      '--cache-trust': options.cacheTrust,
    };
    for (const [name, value] of Object.entries(named)) {
      if (value === undefined) continue;
      failures.push(usage(`${name} without a cache.`, 'Name it: --cache URL, or CPYTHON_AWSLC_CACHE.'));
    }
    return failures.length > 0 ? fail(failures) : ok(undefined);
  }
  if (options.cacheSign !== undefined && !mayWrite) {
    failures.push(usage('--cache-sign without --cache-write: nothing is written that could be signed.'));
  }
  const url = parseUrl(asked);
  const credentials = readCredentials(env);
  const keys = await readKeys(options, cwd);
  if (!url.ok) failures.push(url.error);
  if (!credentials.ok) failures.push(credentials.error);
  if (!keys.ok) failures.push(...keys.error);
  if (!url.ok || !credentials.ok || !keys.ok || failures.length > 0) return fail(failures);
  if (options.offline === true) return ok(undefined);
  return ok({
    url: url.value,
    ...(credentials.value === undefined ? {} : { authorization: credentials.value }),
    mayWrite,
    ...keys.value,
  });
};
