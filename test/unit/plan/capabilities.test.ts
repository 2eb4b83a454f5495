import { describe, expect, it } from 'vitest';
import {
  capabilityMarks,
  probedSources,
  readAwslcVersion,
  readCapabilities,
  type CapabilityTexts,
} from '../../../src/plan/capabilities.ts';
import { defaultCatalogue } from '../../rig/plan-inputs.ts';

/** As AWS-LC of early 2024 has it: its own PHA macro, no hostflags getter, HMAC of SHA-2 only. */
const old: CapabilityTexts = {
  headers: `#define AWSLC_VERSION_NUMBER_STRING "1.26.0"
#define OPENSSL_NO_TLS_PHA
#define BIO_FP_TEXT 0x00
#define NID_shake128 979
extern const EVP_MD *EVP_sha256(void);
extern const EVP_MD *EVP_sha3_256(void);
extern int SSL_read_ex(SSL *ssl, void *buf, size_t num, size_t *read_bytes);
extern X509_OBJECT *X509_OBJECT_new(void);
`,
  sources: {
    hmac: 'DEFINE_IN_PLACE_METHODS(EVP_sha256(), SHA256);\n// EVP_sha3_256 is not here\n',
    groups:
      '    {NID_X25519, SSL_GROUP_X25519, "X25519", "x25519"},\n    {NID_secp384r1, SSL_GROUP_SECP384R1, "P-384", ""},\n',
    server: 'if (!ssl_handshake_load_local_pubkey(hs)) { return ssl_hs_error; }\n',
  },
};
/** As a later one has it. */
const later: CapabilityTexts = {
  headers: `${old.headers.replace('#define OPENSSL_NO_TLS_PHA\n', '#define OPENSSL_NO_EXTERNAL_PSK_TLS13\n')}
extern unsigned int X509_VERIFY_PARAM_get_hostflags(const X509_VERIFY_PARAM *param);
`,
  sources: {
    hmac: `${old.sources.hmac}  DEFINE_IN_PLACE_METHODS(EVP_sha3_256(), SHA3_256);\n`,
    groups: `${old.sources.groups}    {NID_X25519MLKEM768, SSL_GROUP_X25519_MLKEM768, "X25519MLKEM768", ""},\n`,
    server: 'if (!ok &&\n    !(hs->local_pubkey == nullptr && hs->config->psk_server_callback)) {\n',
  },
};
const passes = (capabilities: ReturnType<typeof readCapabilities>, texts: CapabilityTexts): boolean => {
  const marks = capabilityMarks(capabilities);
  return [
    { text: texts.headers, ...marks.headers },
    ...(['hmac', 'groups', 'server'] as const).map((name) => ({ text: texts.sources[name], ...marks.sources[name] })),
  ].every(
    ({ text, present, absent }) =>
      present.every((mark) => text.includes(mark)) && !absent.some((mark) => text.includes(mark)),
  );
};

describe('readCapabilities', () => {
  it('reads from declarations, macros and three sources what an old version has', () => {
    const found = readCapabilities(old);
    expect(found).toMatchObject({
      pha: false,
      pskTls13: false,
      pskWithoutCertificate: false,
      hashes: ['sha256', 'sha3_256'],
      hmacHashes: ['sha256'],
      groups: ['P-384', 'X25519'],
      functions: { BIO_FP_TEXT: true, SSL_read_ex: true, SSL_write_ex: false, X509_OBJECT_new: true },
      macros: { OPENSSL_NO_TLS_PHA: true, OPENSSL_NO_EXTERNAL_PSK_TLS13: false, NID_shake128: true },
    });
    expect(readAwslcVersion(old.headers)).toBe('1.26.0');
  });

  it('tells a later version from it', () => {
    const [before, after] = [readCapabilities(old), readCapabilities(later)];
    expect(after).toEqual({
      ...before,
      pskWithoutCertificate: true,
      hmacHashes: ['sha256', 'sha3_256'],
      groups: ['P-384', 'X25519', 'X25519MLKEM768'],
      functions: { ...before.functions, X509_VERIFY_PARAM_get_hostflags: true },
      macros: { ...before.macros, OPENSSL_NO_EXTERNAL_PSK_TLS13: true, OPENSSL_NO_TLS_PHA: false },
    });
  });

  it('is not taken in by a longer name or by HMAC of a hash that the headers lack', () => {
    const headers = '#define OPENSSL_NO_TLS_PHA_AT_ALL\nint BIO_read_ex(void);\nint SSL_read_ex_more(void);\n';
    const found = readCapabilities({ headers, sources: later.sources });
    expect(found.macros['OPENSSL_NO_TLS_PHA']).toBe(false);
    expect(found.functions['SSL_read_ex']).toBe(false);
    expect(found.hmacHashes).toEqual([]);
  });
});

describe('a name of an enumeration', () => {
  it('is no macro, and its bare name does not stand against that', () => {
    const headers = `${old.headers}enum {\n  ERR_LIB_SSL,\n};\n#define ERR_R_SSL_LIB ERR_LIB_SSL\n`;
    const found = readCapabilities({ headers, sources: old.sources });
    expect(found.functions['ERR_LIB_SSL']).toBe(false);
    expect(passes(found, { headers, sources: old.sources })).toBe(true);
    const macro = { headers: `${headers}#define ERR_LIB_SSL 16\n`, sources: old.sources };
    expect(readCapabilities(macro).functions['ERR_LIB_SSL']).toBe(true);
    expect(passes(found, macro)).toBe(false);
  });
});

describe('capabilityMarks', () => {
  it('hold for the texts that the capabilities were read from, and for no other', () => {
    expect(passes(readCapabilities(old), old)).toBe(true);
    expect(passes(readCapabilities(later), later)).toBe(true);
    expect(passes(readCapabilities(old), later)).toBe(false);
    for (const name of ['hmac', 'groups', 'server'] as const) {
      const mixed = { ...later, sources: { ...later.sources, [name]: old.sources[name] } };
      expect(passes(readCapabilities(later), mixed), probedSources[name]).toBe(false);
    }
  });
});

describe('the catalogue', () => {
  it('says of every AWS-LC version what the plan asks of it, in the words that reading has', () => {
    const shape = readCapabilities(later);
    for (const { version, capabilities } of defaultCatalogue.awslc.entries) {
      expect(Object.keys(capabilities.functions), version).toEqual(Object.keys(shape.functions));
      expect(Object.keys(capabilities.macros), version).toEqual(Object.keys(shape.macros));
      expect(capabilities.hashes, version).toEqual(expect.arrayContaining(capabilities.hmacHashes));
    }
  });
});
