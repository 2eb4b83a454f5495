import type { Cell } from '../model/cell.ts';
import type { Json } from '../model/json.ts';
import { compareVersions } from '../model/version.ts';

/** What the expectations of a FIPS build are made from. Hashes have hashlib's names. */
export interface FipsExpectationInput {
  readonly cell: Cell;
  /** AWS-LC's own words of its version. */
  readonly version: string;
  /** The file that holds the module, as a proof writes paths: the object, or the shared libcrypto. */
  readonly moduleFile: string;
  /** Each hash name to the module of the object that must serve it. */
  readonly hashProviders: Readonly<Record<string, string>>;
  /** Hashes whose HMAC the module has. */
  readonly hmacHashes: readonly string[];
}

/**
 * What src/python/prove_fork.py starts: the parent, eight children and four of a thread, 24 generations of children. Each
 * child draws twice, the parent twice around each of the twelve, and at its begin and end.
 */
const forkedProcesses = 37;
const forkedDraws = 98;

const outside = 'outside the module';
const aborts = 'ended by SIGABRT: FIPS integrity test failed.';

/**
 * The entropy source that a line has when the policy's steps are followed: CPU jitter became the only one with FIPS 4;
 * before, it is passive unless ENABLE_FIPS_ENTROPY_CPU_JITTER is on (AWS-LC's CMakeLists.txt, rand.c, entropy_sources.c).
 */
const entropyOf = ({ awslc }: Cell): Json =>
  awslc.line === 'fips-2022' || awslc.line === 'fips-2024'
    ? { 'CPU jitter, says the module': null, code: 'passive: RDRAND where the processor has it, else the kernel' }
    : { 'CPU jitter, says the module': true, code: 'CPU jitter, at the root of a tree of generators' };

/** hashlib.algorithms_guaranteed that AWS-LC or CPython may lack: asked of every Python, as prove_hash.py does. */
const shakes = ['shake_128', 'shake_256'];

/**
 * Every name whose `hmac.new` is not the module's HMAC. 3.9 computes each in hmac.py over two hash objects. Later series ask
 * the module, which refuses what it has no HMAC of; of a hash that it does not know at all (BLAKE2), 3.11.4 and newer
 * compute the HMAC in Python, and those before refuse that too (cpython#103256: the error is now the one on which hmac.py
 * falls back). SHAKE has no digest of a length of its own, so nobody serves it. A hash that is a function of the
 * caller's own is computed in Python everywhere.
 */
const outsideHmacs = ({ cell, hashProviders, hmacHashes }: FipsExpectationInput): Record<string, Json> => {
  const minor = Number(cell.python.series.split('.')[1] ?? '0');
  const fallsBack = compareVersions(cell.python.version, '3.11.4') >= 0;
  const inPython = (provider: string): string => `${outside}: hmac.py, in Python, over ${provider}`;
  const answer = (name: string, provider: string): string => {
    if (shakes.includes(name)) return 'refused';
    if (minor < 10) return inPython(provider);
    return provider === '_hashlib' || !fallsBack ? 'refused' : inPython(provider);
  };
  return {
    ...Object.fromEntries(shakes.map((name) => [name, 'refused'])),
    ...Object.fromEntries(
      Object.entries(hashProviders)
        .filter(([name]) => minor < 10 || !hmacHashes.includes(name))
        .map(([name, provider]) => [name, answer(name, provider)]),
    ),
    "a function of one's own that gives sha256": inPython('_hashlib'),
  };
};

/** What a FIPS build must be beside what every build must: claims of src/python/prove_fips.py, and the setting that asks for them. */
export const buildFipsExpectations = (input: FipsExpectationInput): Record<string, Json> => ({
  $fips: true,
  'fips-version': input.version,
  'fips-one-module': { [input.moduleFile]: 1 },
  'fips-indicator-shared': {
    'hashlib.sha256': 'counted',
    'hmac.digest': 'counted',
    'ssl.RAND_bytes': 'counted',
    nothing: 'not counted',
  },
  'fips-self-tests': { 'integrity test': true, 'self-tests': true },
  'fips-tampering': {
    nothing: 'loads',
    'code of AES_encrypt': aborts,
    'code of ECDSA_do_verify': aborts,
    'code of RSA_sign': aborts,
    'the stored hash': aborts,
    'the table kPrimes': aborts,
  },
  'fips-fork': {
    processes: forkedProcesses,
    draws: forkedDraws,
    'equal draws': 0,
    'self-tests': 'pass in every child',
  },
  'fips-entropy': entropyOf(input.cell),
  'fips-outside-hashes': Object.fromEntries(
    Object.entries(input.hashProviders)
      .filter(([, provider]) => provider !== '_hashlib')
      .map(([name, provider]) => [name, `${outside}: ${provider}`]),
  ),
  'fips-randomness': {
    'os.urandom': outside,
    'random.SystemRandom': outside,
    'random.random': outside,
    'secrets.token_bytes': outside,
    'ssl.RAND_bytes': 'the module',
    'uuid.uuid1': outside,
    'uuid.uuid4': outside,
  },
  'fips-packages': [],
  'fips-outside-hmacs': outsideHmacs(input),
});
