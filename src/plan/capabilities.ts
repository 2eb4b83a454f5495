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

/** Functions (and two macros) that some CPython series uses and some AWS-LC version lacks (ARCHITECTURE.md, "Capabilities"). */
const watchedFunctions = [
  'BIO_FP_TEXT',
  // FIPS 2.0 has it as a name of an enumeration, which CPython's `#ifdef` does not see.
  'ERR_LIB_SSL',
  'EVP_MD_do_all',
  'SSL_CTX_set_num_tickets',
  'SSL_get0_verified_chain',
  'SSL_get_client_ciphers',
  'SSL_read_ex',
  // AWS-LC has one from 1.59 on that always fails: no sign of post-handshake authentication.
  'SSL_verify_client_post_handshake',
  'SSL_write_ex',
  'X509_OBJECT_free',
  'X509_OBJECT_get0_X509_CRL',
  'X509_OBJECT_new',
  'X509_OBJECT_set1_X509',
  'X509_OBJECT_set1_X509_CRL',
  'X509_STORE_lock',
  'X509_STORE_unlock',
  'X509_VERIFY_PARAM_get_hostflags',
];

/** Macros that some CPython series asks for, by which its behaviour differs between AWS-LC versions. */
const watchedMacros = [
  // _hashopenssl.c up to 3.11 and two configure scripts name it; no AWS-LC has it.
  'NID_blake2b512',
  'NID_shake128',
  // 3.15 sets ssl.HAS_PSK_TLS13 by it.
  'OPENSSL_NO_EXTERNAL_PSK_TLS13',
  // Old AWS-LC defines it itself (aws-lc#1526 to #1668); the patches of 3.13 and older series ask for it.
  'OPENSSL_NO_TLS_PHA',
  'SSL_OP_IGNORE_UNEXPECTED_EOF',
  'SSL_R_UNEXPECTED_EOF_WHILE_READING',
];

/** AWS-LC's names of the TLS groups that any of its versions has; it takes them in its lists of groups. Sorted. */
export const knownGroups = [
  'CECPQ2',
  'MLKEM1024',
  'MLKEM512',
  'MLKEM768',
  'P-224',
  'P-256',
  'P-384',
  'P-521',
  'SecP256r1Kyber768Draft00',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
  'X25519',
  'X25519Kyber768Draft00',
  'X25519MLKEM768',
];

/** The C file whose preprocessed text tells an AWS-LC version's capabilities. Nothing of it is compiled or linked. */
export const probeProgram = ['base', 'ssl', 'evp', 'hmac', 'digest', 'err', 'bio', 'rand', 'x509', 'x509v3', 'objects']
  .map((header) => `#include <openssl/${header}.h>\n`)
  .join('');

/** Source files, below AWS-LC's root, that tell what no header does. */
export const probedSources = {
  /** A digest is in HMAC's table of in-place methods, or HMAC refuses it. SHA-3 came with aws-lc#2484. */
  hmac: 'crypto/fipsmodule/hmac/hmac.c',
  /** The table of groups; headers name some that are not in it. */
  groups: 'ssl/ssl_key_share.cc',
  /** Whether a server without certificate goes on when it has a PSK callback (aws-lc#2083). */
  server: 'ssl/handshake_server.cc',
} as const;

/** The texts that capabilities are read from: the preprocessed probe program, and each probed source. */
export interface CapabilityTexts {
  readonly headers: string;
  readonly sources: Readonly<Record<keyof typeof probedSources, string>>;
}

const hmacMark = (name: string): string => `(${hashFunctions[name] ?? name}()`;
const groupMark = (name: string): string => `"${name}"`;
const pskServerMark = 'local_pubkey == nullptr && hs->config->psk_server_callback';

const declares = (preprocessed: string, name: string): boolean =>
  new RegExp(`\\b${name}\\s*\\(`).test(preprocessed) || defines(preprocessed, name);

const defines = (preprocessed: string, name: string): boolean =>
  new RegExp(`^#define ${name}\\b`, 'm').test(preprocessed);

/** Reads capabilities from the output of `cc -E -dD` on the probe program and from sources: no version numbers. */
export const readCapabilities = ({ headers, sources }: CapabilityTexts): Capabilities => {
  const hashes = Object.entries(hashFunctions)
    .filter(([, name]) => declares(headers, name))
    .map(([hash]) => hash)
    .sort(compareCodeUnits);
  return {
    pha: declares(headers, 'SSL_VERIFY_POST_HANDSHAKE'),
    // The only way to give TLS 1.3 an external PSK by name in OpenSSL's API; AWS-LC refuses them (RFC 9258).
    pskTls13: declares(headers, 'SSL_CTX_set_psk_use_session_callback'),
    pskWithoutCertificate: sources.server.includes(pskServerMark),
    hashes,
    hmacHashes: hashes.filter((name) => sources.hmac.includes(hmacMark(name))),
    groups: knownGroups.filter((name) => sources.groups.includes(groupMark(name))),
    functions: Object.fromEntries(watchedFunctions.map((name) => [name, declares(headers, name)])),
    macros: Object.fromEntries(watchedMacros.map((name) => [name, defines(headers, name)])),
  };
};

/** The version that AWS-LC's own headers state, if they do. */
export const readAwslcVersion = (preprocessed: string): string | undefined =>
  /^#define AWSLC_VERSION_NUMBER_STRING "([^"]+)"/m.exec(preprocessed)?.[1];

/** What one text must and must not hold. */
export interface CapabilityMarks {
  readonly present: readonly string[];
  readonly absent: readonly string[];
}

const sortMarks = (entries: readonly (readonly [string, boolean])[]): CapabilityMarks => ({
  present: entries.filter(([, present]) => present).map(([text]) => text),
  absent: entries.filter(([, present]) => !present).map(([text]) => text),
});

/** A macro has no parenthesis after its name to look for; of one, the bare name is there also where there is no macro. */
const functionMark = (name: string): string => {
  if (name === 'ERR_LIB_SSL') return `#define ${name}`;
  return name === 'BIO_FP_TEXT' ? name : `${name}(`;
};

/** What the preprocessed probe and each source must and must not hold, so that a script without this tool can check it too. */
export const capabilityMarks = (
  capabilities: Capabilities,
): {
  readonly headers: CapabilityMarks;
  readonly sources: Readonly<Record<keyof typeof probedSources, CapabilityMarks>>;
} => {
  const { hashes, hmacHashes, groups, functions, macros } = capabilities;
  const names = Object.keys(hashFunctions);
  return {
    headers: sortMarks([
      ['SSL_VERIFY_POST_HANDSHAKE', capabilities.pha],
      ['SSL_CTX_set_psk_use_session_callback(', capabilities.pskTls13],
      ...Object.entries(hashFunctions).map(([hash, name]) => [`${name}(`, hashes.includes(hash)] as const),
      ...Object.entries(functions).map(([name, present]) => [functionMark(name), present] as const),
      ...Object.entries(macros).map(([name, present]) => [`#define ${name}`, present] as const),
    ]),
    sources: {
      hmac: sortMarks(names.map((name) => [hmacMark(name), hmacHashes.includes(name)] as const)),
      groups: sortMarks(knownGroups.map((name) => [groupMark(name), groups.includes(name)] as const)),
      server: sortMarks([[pskServerMark, capabilities.pskWithoutCertificate]]),
    },
  };
};
