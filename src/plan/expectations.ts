import type { Capabilities } from '../model/catalogue.ts';
import type { Cell } from '../model/cell.ts';
import type { CpuCode } from '../model/cpu-code.ts';
import type { CpuArchitecture, CpuMask } from '../model/cpu.ts';
import type { FipsServices } from '../model/fips-services.ts';
import { compareCodeUnits, type Json } from '../model/json.ts';
import { knownGroups } from './capabilities.ts';
import { chooseBuiltinHashes } from './core.ts';
import { cpuCodeExpectations } from './cpu-code.ts';
import { namesToLookFor } from './cpu-paths.ts';
import type { CellDraft } from './draft.ts';
import { internalPrefix } from './environment.ts';
import { buildFipsExpectations } from './fips-expectations.ts';
import { buildIndicatorExpectations } from './indicator-expectations.ts';
import { ownHmacModules, removedModules } from './install.ts';
import {
  exportedSymbols,
  objectModules,
  sharedLibraries,
  sharedLibraryDirectory,
  sharedSearchPath,
} from './modules.ts';

/** What expectations are made from. */
export type ExpectationInput = Pick<CellDraft, 'cell' | 'capabilities' | 'series' | 'host'> & {
  /** Which services of FIPS modules are approved. */
  readonly services: FipsServices;
  /** Which CPU-specific code each AWS-LC has. */
  readonly cpuCode: CpuCode;
  /** What AWS-LC looks at on a CPU of the cell's architecture, when that is known. */
  readonly cpu?: CpuArchitecture;
  /** Features of the CPU that the proof does without. */
  readonly mask?: CpuMask;
};

/** Cases of src/python/test_no_pha.py: a case that gets lost fails the proof. */
export const phaCaseCount = 6;

/** hashlib.algorithms_guaranteed less BLAKE2, which hashlib never takes from `_hashlib`: the same in every series since 3.6. */
const guaranteedConstructors = [
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha3_224',
  'sha3_256',
  'sha3_384',
  'sha3_512',
  'sha512',
  'shake_128',
  'shake_256',
];

const isSeriesAtLeast = (series: string, minor: number): boolean => Number(series.split('.')[1] ?? '0') >= minor;

/** The module of CPython that serves a group of `--with-builtin-hashlib-hashes`. */
const moduleOfGroup = (group: string): string => `_${group}`;

/**
 * Whether AWS-LC's EVP_MD_do_all names a digest: every one but SHA-3 and SHAKE, alike in 1.26.0 to 5.12.0 and in the FIPS
 * lines (crypto/decrepit/evp/evp_do_all.c).
 */
const isListed = (name: string): boolean => !/^(?:sha3|shake)_/.test(name);

/**
 * Who answers `hmac.digest`. hmac.py of 3.9 asks `_hashlib` for what `openssl_md_meth_names` has only, which is made by
 * EVP_MD_do_all; the rest it computes itself over two hash objects, which are AWS-LC's (`hash-providers`).
 */
const hmacDigestProvider = (series: string, name: string): string =>
  isSeriesAtLeast(series, 10) || isListed(name) ? '_hashlib.hmac_digest' : 'other code than _hashlib';

/** The version text that AWS-LC gives as `OpenSSL_version`: `AWS-LC 5.12.0`, `AWS-LC FIPS 4.2.0`. */
const versionText = ({ awslc }: Cell): string =>
  awslc.fips ? `AWS-LC FIPS ${awslc.version.replace(/^fips-/, '')}` : `AWS-LC ${awslc.version}`;

/**
 * Capabilities with hashlib's names of the hashes. _hashopenssl.c has a name of its own for SHA-512/256 where it finds
 * NID_sha512_224 (FIPS 2.0 has none), and else takes AWS-LC's.
 */
const nameAsHashlib = (capabilities: Capabilities): Capabilities => {
  const name = (hashes: readonly string[]): string[] =>
    hashes.map((hash) => (hash === 'sha512_256' && !capabilities.hashes.includes('sha512_224') ? 'sha512-256' : hash));
  return { ...capabilities, hashes: name(capabilities.hashes), hmacHashes: name(capabilities.hmacHashes) };
};

/** Each hash name to the module of the object that must serve it. */
const hashProviders = ({ capabilities, series }: ExpectationInput): Record<string, string> => {
  const builtin = chooseBuiltinHashes(series, capabilities.hashes).flatMap((group) =>
    (series.builtinHashes[group] ?? [])
      .filter((name) => !capabilities.hashes.includes(name))
      .map((name): [string, string] => [name, moduleOfGroup(group)]),
  );
  return Object.fromEntries([...capabilities.hashes.map((name) => [name, '_hashlib'] as const), ...builtin]);
};

/** Whether a cipher string asks for strong suites only: each of its choices is ECDH, and what is weak is excluded by name. */
const promisesStrongSuites = (cipherString: string): boolean => {
  const words = cipherString.split(':');
  return (
    words.every((word) => word.startsWith('!') || /^ECDHE?\+/.test(word)) &&
    ['!aNULL', '!eNULL', '!SHA1'].every((word) => words.includes(word))
  );
};

const tlsExpectations = ({ cell }: ExpectationInput): Record<string, Json> => {
  const works = (version: string): Json => ({
    'default client': version,
    'default server': version,
    'both ask for it': version,
  });
  const refused = (version: string): Json => ({
    'default client': 'refused: protocol version',
    'default server': 'refused: protocol version',
    'both ask for it': version,
  });
  return {
    // 3.9 knows no compiled-in floor: there the proof reports what stock CPython does, as facts.
    ...(isSeriesAtLeast(cell.python.series, 10)
      ? {
          'tls-minimum': {
            'create_default_context()': 'TLSv1_2',
            'create_default_context(CLIENT_AUTH)': 'TLSv1_2',
            'SSLContext(PROTOCOL_TLS_CLIENT)': 'TLSv1_2',
            'SSLContext(PROTOCOL_TLS_SERVER)': 'TLSv1_2',
          },
          'tls-floor': { TLSv1: refused('TLSv1'), TLSv1_1: refused('TLSv1.1') },
        }
      : {}),
    'tls-versions': { TLSv1_2: works('TLSv1.2'), TLSv1_3: works('TLSv1.3') },
    'tls-certificates': {
      trusted: 'TLSv1.3',
      'not trusted': 'refused: certificate',
      'another name': 'refused: certificate',
    },
    'tls-default-ciphers': { string: cell.cipherString, list: 'as the string selects' },
    ...(promisesStrongSuites(cell.cipherString) ? { 'tls-weak-ciphers': {} } : {}),
    'ca-search': { neither: 'refused: certificate', SSL_CERT_FILE: 'TLSv1.3', SSL_CERT_DIR: 'TLSv1.3' },
  };
};

const hashExpectations = (input: ExpectationInput): Record<string, Json> => {
  const { cell, capabilities, series } = input;
  const providers = hashProviders(input);
  const hmacs = capabilities.hmacHashes;
  const each = (names: readonly string[], value: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [name, value]));
  // 3.9 computes HMAC objects in Python over two of AWS-LC's hash objects.
  const hmacProviders = each(hmacs, isSeriesAtLeast(cell.python.series, 10) ? '_hashlib.HMAC' : '_hashlib.HASH');
  const hmacDigestProviders = Object.fromEntries(
    hmacs.map((name) => [name, hmacDigestProvider(cell.python.series, name)]),
  );
  return {
    $hmacHashes: hmacs,
    'hash-providers': providers,
    'hash-constructors': guaranteedConstructors.filter((name) => capabilities.hashes.includes(name)),
    'fallback-modules': [
      ...chooseBuiltinHashes(series, capabilities.hashes).map(moduleOfGroup),
      ...ownHmacModules(cell.python.series).filter((name) => !(name in removedModules(cell))),
    ].sort(compareCodeUnits),
    'hmac-providers': hmacProviders,
    'hmac-digest-providers': hmacDigestProviders,
    'kdf-providers': { pbkdf2_hmac: '_hashlib', scrypt: '_hashlib' },
    'known-digests': each(Object.keys(providers), 'ok'),
    'known-hmacs': each(hmacs, 'ok'),
    'known-kdfs': each(['pbkdf2_hmac(sha1)', 'pbkdf2_hmac(sha256)', 'scrypt'], 'ok'),
    ...buildIndicatorExpectations(input, input.services, { providers, hmacProviders, hmacDigestProviders }),
  };
};

/** Every suite of TLS 1.3 that any AWS-LC has. */
const tls13Suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** What AWS-LC's headers and sources told, as behaviour of this series' API. */
const capabilityExpectations = ({ cell, capabilities }: ExpectationInput): Record<string, Json> => {
  const { hashes, hmacHashes, groups, macros } = capabilities;
  const { series } = cell.python;
  const worksIf = (works: boolean, version: string): string => (works ? version : 'refused');
  return {
    $awslcHashes: hashes,
    'hmac-capability': Object.fromEntries(
      hashes.map((name) => [name, hmacHashes.includes(name) ? 'served' : 'refused']),
    ),
    ...(isSeriesAtLeast(series, 13)
      ? {
          'tls-psk': {
            'TLS 1.2, server with a certificate': 'TLSv1.2',
            'TLS 1.2, server without a certificate': worksIf(capabilities.pskWithoutCertificate, 'TLSv1.2'),
            'TLS 1.2, another key': 'refused',
            'TLS 1.3, server without a certificate': worksIf(capabilities.pskTls13, 'TLSv1.3'),
          },
        }
      : {}),
    ...(isSeriesAtLeast(series, 15)
      ? {
          'tls-psk-flag': macros['OPENSSL_NO_EXTERNAL_PSK_TLS13'] !== true,
          $groups: knownGroups,
          'tls-groups': Object.fromEntries(
            knownGroups.map((name) => [name, worksIf(groups.includes(name), 'TLSv1.3')]),
          ),
          'tls-ciphersuites': {
            ...Object.fromEntries(tls13Suites.map((name) => [name, name])),
            'another on each side': 'refused',
            'a name that is none': 'refused',
            'a client of TLS 1.2': 'TLS 1.2',
          },
        }
      : {}),
  };
};

/** AWS-LC's words about the CPU must be readable; and none may hold a masked bit. Which ones there are is a fact. */
const cpuExpectations = ({ cell, cpu, mask }: ExpectationInput): Record<string, Json> =>
  cpu === undefined
    ? {}
    : {
        $cpu: { variable: cpu.variable, words: cpu.words, symbols: [...namesToLookFor(cpu)] },
        'cpu-words-source': cell.link === 'shared' ? `read in ${sharedLibraries[0]}` : 'told by the object',
        ...(mask === undefined
          ? {}
          : {
              $cpuMask: { variable: mask.variable, words: mask.words },
              'cpu-mask': mask.words.map(() => '0x00000000'),
            }),
      };

/** Extension module to the library of the machine that it needs: what the proof says of a module that was left out. */
const moduleLibraries = ({ host }: ExpectationInput): Json =>
  Object.fromEntries(host.devPackages.flatMap(({ library, modules }) => modules.map((name) => [name, library])));

/**
 * What the built Python of a cell must be: claim id to expected value, as src/python/prove.py finds it. Keys that begin
 * with `$` are settings for prove.py, not claims.
 */
export const buildExpectations = (given: ExpectationInput): Record<string, Json> => {
  const input = { ...given, capabilities: nameAsHashlib(given.capabilities) };
  const { cell } = input;
  const library = `{prefix}/lib/python${cell.python.series}`;
  const object = `${library}/lib-dynload/_ssl{EXT_SUFFIX}`;
  const isShared = cell.link === 'shared';
  const shared = isShared ? sharedLibraries.map((name) => `${sharedLibraryDirectory}/${name}`) : [];
  const answers = {
    rivals: 'loaded',
    'openssl version': versionText(cell),
    sha256: true,
    'hmac sha256': true,
    'provider of sha256': '_hashlib',
    'provider of hmac': isSeriesAtLeast(cell.python.series, 10) ? '_hashlib.HMAC' : '_hashlib.HASH',
    handshake: 'TLSv1.3',
  };
  // The symbols of a shared library can be taken over by whatever is in front of it: then its FIPS module ends the process.
  const underRivals = isShared ? "the process ends: FIPS module doesn't span expected symbol" : answers;
  return {
    $moduleLibraries: moduleLibraries(input),
    $removedModules: removedModules(cell),
    $sharedLibraries: shared,
    'python-version': cell.python.version,
    platform: { arch: cell.platform.arch, libc: cell.platform.libc },
    'openssl-version': versionText(cell),
    'object-version': [versionText(cell)],
    'fips-mode': cell.awslc.fips ? 1 : 0,
    modules: Object.fromEntries(
      objectModules.map((name) => [
        name,
        {
          file: `${library}/lib-dynload/${name}{EXT_SUFFIX}`,
          linkTo: name === '_ssl' ? null : '_ssl{EXT_SUFFIX}',
        },
      ]),
    ),
    'one-awslc': {
      crypto: isShared ? shared.map((path) => `{prefix}/${path}`) : [object],
      loaded: [...objectModules],
    },
    'elf-needed': isShared ? [...sharedLibraries].reverse() : [],
    'elf-search-paths': isShared ? [sharedSearchPath] : [],
    'elf-exports': [...exportedSymbols],
    'elf-undefined': [],
    'elf-hardening': { textRelocations: false, executableStack: false },
    ...cpuCodeExpectations(cell, input.cpuCode),
    ...hashExpectations(input),
    ...tlsExpectations(input),
    ...capabilityExpectations(input),
    ...cpuExpectations(input),
    'pha-absent': { run: phaCaseCount, passed: phaCaseCount },
    'pha-macro': [],
    'hijack-preload': underRivals,
    'hijack-global': underRivals,
    'hijack-search-path': answers,
    'extension-modules': {},
    pip: `${library}/site-packages/pip`,
    venv: { 'own prefix': true, pip: 'runs from inside', _ssl: object, 'openssl version': versionText(cell) },
    'sysconfig-paths': { prefix: internalPrefix, foreign: {} },
    ...(cell.awslc.fips
      ? buildFipsExpectations({
          cell,
          version: versionText(cell),
          moduleFile: isShared ? `{prefix}/${sharedLibraryDirectory}/libcrypto.so` : object,
          hashProviders: hashProviders(input),
          hmacHashes: input.capabilities.hmacHashes,
        })
      : {}),
  };
};
