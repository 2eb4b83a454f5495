import type { Capabilities } from '../model/catalogue.ts';
import { compareCodeUnits } from '../model/json.ts';

/** hashlib's name of a digest and the AWS-LC function that gives it. */
const hashFunctions: Readonly<Record<string, string>> = {
  md4: 'EVP_md4',
  md5: 'EVP_md5',
  ripemd160: 'EVP_ripemd160',
  sha1: 'EVP_sha1',
  sha224: 'EVP_sha224',
  sha256: 'EVP_sha256',
  sha384: 'EVP_sha384',
  sha512: 'EVP_sha512',
  sha512_224: 'EVP_sha512_224',
  sha512_256: 'EVP_sha512_256',
  sha3_224: 'EVP_sha3_224',
  sha3_256: 'EVP_sha3_256',
  sha3_384: 'EVP_sha3_384',
  sha3_512: 'EVP_sha3_512',
  shake_128: 'EVP_shake128',
  shake_256: 'EVP_shake256',
};

/** Functions and macros that some CPython series uses and some AWS-LC version lacks (ARCHITECTURE.md, "Capabilities"). */
const watchedFunctions = [
  'BIO_FP_TEXT',
  'EVP_MD_do_all',
  'SSL_CTX_set_num_tickets',
  'SSL_get0_verified_chain',
  'SSL_get_client_ciphers',
  'SSL_read_ex',
  'SSL_write_ex',
  'X509_OBJECT_new',
  'X509_STORE_lock',
  'X509_VERIFY_PARAM_get_hostflags',
];

/** The C file whose preprocessed text tells an AWS-LC version's capabilities. Nothing of it is compiled or linked. */
export const probeProgram = ['base', 'ssl', 'evp', 'hmac', 'digest', 'err', 'bio', 'rand', 'x509', 'x509v3', 'objects']
  .map((header) => `#include <openssl/${header}.h>\n`)
  .join('');

const declares = (preprocessed: string, name: string): boolean =>
  new RegExp(`\\b${name}\\s*\\(`).test(preprocessed) || new RegExp(`^#define ${name}\\b`, 'm').test(preprocessed);

/** Reads capabilities from the output of `cc -E -dD` on the probe program: declarations and macros, no version numbers. */
export const readCapabilities = (preprocessed: string): Capabilities => ({
  pha: declares(preprocessed, 'SSL_VERIFY_POST_HANDSHAKE'),
  // The only way to give TLS 1.3 an external PSK by name in OpenSSL's API; AWS-LC refuses them (RFC 9258).
  pskTls13: declares(preprocessed, 'SSL_CTX_set_psk_use_session_callback'),
  hashes: Object.entries(hashFunctions)
    .filter(([, name]) => declares(preprocessed, name))
    .map(([hash]) => hash)
    .sort(compareCodeUnits),
  functions: Object.fromEntries(watchedFunctions.map((name) => [name, declares(preprocessed, name)])),
});

/** The version that AWS-LC's own headers state, if they do. */
export const readAwslcVersion = (preprocessed: string): string | undefined =>
  /^#define AWSLC_VERSION_NUMBER_STRING "([^"]+)"/m.exec(preprocessed)?.[1];

/** One capability that is not what was expected. */
export interface CapabilityDifference {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

const flatten = (capabilities: Capabilities): Record<string, string> => ({
  pha: String(capabilities.pha),
  pskTls13: String(capabilities.pskTls13),
  ...Object.fromEntries(
    Object.keys(hashFunctions).map((hash) => [`hash:${hash}`, String(capabilities.hashes.includes(hash))]),
  ),
  ...Object.fromEntries(
    Object.entries(capabilities.functions).map(([name, present]) => [`function:${name}`, String(present)]),
  ),
});

/** Every capability in which two differ, in a fixed order. */
export const compareCapabilities = (expected: Capabilities, found: Capabilities): readonly CapabilityDifference[] => {
  const [wanted, got] = [flatten(expected), flatten(found)];
  return [...new Set([...Object.keys(wanted), ...Object.keys(got)])]
    .filter((name) => wanted[name] !== got[name])
    .map((name) => ({ name, expected: wanted[name] ?? 'not stated', found: got[name] ?? 'not stated' }));
};

/** A macro has no parenthesis after its name to look for. */
const isMacro = (name: string): boolean => name === 'BIO_FP_TEXT';

/** What the preprocessed probe must and must not hold, so that a script without this tool can check it too. */
export const capabilityTexts = (capabilities: Capabilities): { present: string[]; absent: string[] } => {
  const entries: [string, boolean][] = [
    ['SSL_VERIFY_POST_HANDSHAKE', capabilities.pha],
    ['SSL_CTX_set_psk_use_session_callback(', capabilities.pskTls13],
    ...Object.entries(hashFunctions).map(([hash, name]): [string, boolean] => [
      `${name}(`,
      capabilities.hashes.includes(hash),
    ]),
    ...Object.entries(capabilities.functions).map(([name, present]): [string, boolean] => [
      isMacro(name) ? name : `${name}(`,
      present,
    ]),
  ];
  return {
    present: entries.filter(([, present]) => present).map(([text]) => text),
    absent: entries.filter(([, present]) => !present).map(([text]) => text),
  };
};
