import type { Line } from '../model/catalogue.ts';
import type { Cell } from '../model/cell.ts';
import type { FipsServices, Indicator, TlsPolicy } from '../model/fips-services.ts';
import type { Json } from '../model/json.ts';
import type { CellDraft } from './draft.ts';

/** Cases of src/python/test_fips_coverage.py: a case that gets lost fails the proof. */
export const coverageCaseCount = 10;

/** What the claims on hashes say of a cell, by hash name. */
export interface HashFacts {
  /** Every name that hashlib has, to the module that serves it. */
  readonly providers: Readonly<Record<string, string>>;
  /** Names whose HMAC AWS-LC serves, to the class of the object inside `hmac.new`. */
  readonly hmacProviders: Readonly<Record<string, string>>;
  /** The same names, to what answers `hmac.digest`. */
  readonly hmacDigestProviders: Readonly<Record<string, string>>;
}

/** 3.9 calls SHA-512/256 as AWS-LC does, where that knows no name with an underscore. */
const has = (names: readonly string[], name: string): boolean => names.includes(name.replaceAll('-', '_'));

const say = (isApproved: boolean): string => (isApproved ? 'approved' : 'not approved');

/** HMAC that CPython computes itself shows as the two digests that it takes of AWS-LC, where those count. */
const ownHmac = (indicator: Indicator, name: string): string =>
  has(indicator.digests, name) ? '2 approved services' : 'not approved';

const hmacs = (indicator: Indicator, hashes: HashFacts): Record<string, string> =>
  Object.fromEntries(
    Object.keys(hashes.hmacProviders).flatMap((name) => {
      const approved = say(has(indicator.hmacs, name));
      const isOwnDigest = hashes.hmacDigestProviders[name] !== '_hashlib.hmac_digest';
      const isOwnObject = hashes.hmacProviders[name] !== '_hashlib.HMAC';
      return [
        [`${name}, hmac.digest`, isOwnDigest ? ownHmac(indicator, name) : approved],
        [`${name}, hmac.new`, isOwnObject ? ownHmac(indicator, name) : approved],
      ] as const;
    }),
  );

/** At the limits with every hash, below each limit alone, and above all: the calls that prove_indicator.py makes. */
const pbkdf2 = ({ pbkdf2: limits }: Indicator, names: readonly string[]): Record<string, string> => {
  const { minPasswordBytes: password, minSaltBytes: salt, minIterations: iterations } = limits;
  const call = (name: string, [passwordBytes, saltBytes, count]: readonly [number, number, number]): string =>
    `${name}, password ${passwordBytes} bytes, salt ${saltBytes} bytes, ${count} iterations`;
  const sha256 = say(limits.hashes.includes('sha256'));
  return {
    ...Object.fromEntries(
      names.map((name) => [call(name, [password, salt, iterations]), say(has(limits.hashes, name))]),
    ),
    [call('sha256', [password - 1, salt, iterations])]: say(false),
    [call('sha256', [password, salt - 1, iterations])]: say(false),
    [call('sha256', [password, salt, iterations - 1])]: say(false),
    [call('sha256', [password + 1, salt + 1, iterations + 1])]: sha256,
  };
};

const others = (indicator: Indicator): Record<string, string> => {
  const digest = (name: string): string => say(indicator.digests.includes(name));
  return {
    'hashlib.scrypt': say(indicator.scrypt),
    'ssl.RAND_bytes': say(indicator.random),
    'os.urandom': say(false),
    'secrets.token_bytes': say(false),
    "hashlib.new('md5', usedforsecurity=True)": digest('md5'),
    "hashlib.new('md5', usedforsecurity=False)": digest('md5'),
    "hashlib.new('sha256', usedforsecurity=True)": digest('sha256'),
    "hashlib.new('sha256', usedforsecurity=False)": digest('sha256'),
  };
};

/** The policy whose tables label a cell's TLS parameters, with what the proof calls it. */
const findTlsPolicy = (
  services: FipsServices,
  line: Line,
  link: keyof TlsPolicy['documents'],
): Record<string, Json> | undefined => {
  const policy = services.tlsPolicies.find(
    ({ lines, standsInFor }) => lines.includes(line) || standsInFor.includes(line),
  );
  if (policy === undefined) return undefined;
  const { keyDerivation, ciphers, groups, signatures, rsa, lines, documents } = policy;
  const title = services.sources.find(({ id }) => id === documents[link])?.title ?? policy.module;
  const name = lines.includes(line) ? title : `${title}: no policy of ${line} is public, this is the nearest before it`;
  return { name, keyDerivation, ciphers, groups, signatures, rsa };
};

/**
 * What the proof of a FIPS cell must find of the service indicator, by the line's sources, and the policy's tables that
 * it labels TLS parameters by. Empty for a cell that is no FIPS build.
 */
export const buildIndicatorExpectations = (
  { cell }: Pick<CellDraft, 'cell'>,
  services: FipsServices,
  hashes: HashFacts,
): Record<string, Json> => {
  if (!cell.awslc.fips) return {};
  const indicator = services.indicators.find(({ line }) => line === cell.awslc.line);
  // The limits around which PBKDF2 is asked; of a line without a table nothing is claimed.
  const limits = (indicator ?? services.indicators.at(-1))?.pbkdf2 ?? {};
  const tlsPolicy = findTlsPolicy(services, cell.awslc.line, cell.link);
  const served = Object.keys(hashes.hmacProviders);
  return {
    $indicator: { pbkdf2: limits, notes: indicator?.notes ?? [] },
    ...(indicator === undefined
      ? {}
      : {
          'indicator-digests': Object.fromEntries(
            Object.entries(hashes.providers).map(([name, provider]) => [
              name,
              say(provider === '_hashlib' && has(indicator.digests, name)),
            ]),
          ),
          'indicator-hmacs': hmacs(indicator, hashes),
          'indicator-pbkdf2': pbkdf2(indicator, served),
          'indicator-others': others(indicator),
        }),
    'fips-coverage': { run: coverageCaseCount, passed: coverageCaseCount },
    ...(tlsPolicy === undefined ? {} : { $tlsPolicy: tlsPolicy }),
  };
};

/** What a plan says of a FIPS cell whose line has no table of counted services: a tree of the main line. */
export const noteIndicator = ({ awslc }: Cell, services: FipsServices): readonly string[] =>
  awslc.fips && !services.indicators.some(({ line }) => line === awslc.line)
    ? [
        `no table says which services AWS-LC's line ${awslc.line} counts as approved: the proof claims nothing of its indicator; --fips YEAR takes a line's`,
      ]
    : [];
