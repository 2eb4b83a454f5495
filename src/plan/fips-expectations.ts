import type { Cell } from '../model/cell.ts';
import type { Json } from '../model/json.ts';

/** What the expectations of a FIPS build are made from. */
export interface FipsExpectationInput {
  readonly cell: Cell;
  /** AWS-LC's own words of its version. */
  readonly version: string;
  /** The file that holds the module, as a proof writes paths: the object, or the shared libcrypto. */
  readonly moduleFile: string;
  /** Each hash name to the module of the object that must serve it. */
  readonly hashProviders: Readonly<Record<string, string>>;
}

/** What src/python/prove_fork.py starts: the parent, eight children and four of a thread, 24 generations of children. */
const forkedProcesses = 37;

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
  'fips-fork': { processes: forkedProcesses, 'equal draws': 0, 'self-tests': 'pass in every child' },
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
});
