import { describe, expect, it } from 'vitest';
import { readMissing } from '../../../src/plan/diagnostics.ts';

const names = (output: string): readonly string[] => readMissing(output).map(({ kind, name }) => `${kind} ${name}`);

/** What gcc 12 says of CPython against an AWS-LC that lacks much: its words in both kinds of quotes. */
const gcc = `In file included from /s/unpack-cpython/Modules/_ssl.c:66:
/s/unpack-cpython/Modules/_ssl/debughelpers.c:207:51: error: 'BIO_FP_TEXT' undeclared (first use in this function)
/s/unpack-cpython/Modules/_ssl/debughelpers.c:207:51: note: each undeclared identifier is reported only once
/s/unpack-cpython/Modules/_ssl.c: In function 'newPySSLSocket':
/s/unpack-cpython/Modules/_ssl.c:918:39: error: implicit declaration of function ‘X509_VERIFY_PARAM_get_hostflags’; did you mean ‘X509_VERIFY_PARAM_set_hostflags’? [-Werror=implicit-function-declaration]
/s/unpack-cpython/Modules/_ssl.c:1938:29: error: initialization of 'struct stack_st_X509 *' from 'int' makes pointer from integer without a cast [-Werror=int-conversion]
/s/unpack-cpython/Modules/_ssl.c:2118:48: error: passing argument 2 of 'sk_SSL_CIPHER_find' from incompatible pointer type [-Werror=incompatible-pointer-types]
/s/unpack-cpython/Modules/_ssl.c:2118:13: error: too few arguments to function 'sk_SSL_CIPHER_find'
/s/unpack-cpython/Modules/_ssl.c:2850:5: warning: 'SSL_verify_client_post_handshake' is deprecated [-Wdeprecated-declarations]
/s/unpack-cpython/Modules/_ssl.c:4879:53: error: 'X509_OBJECT_free' undeclared (first use in this function); did you mean 'sk_X509_OBJECT_free'?
/s/unpack-cpython/Modules/_ssl.c:4931:35: error: 'X509_OBJECT_free' undeclared (first use in this function); did you mean 'sk_X509_OBJECT_free'?
/s/unpack-cpython/Modules/_ssl.c:5100:5: error: unknown type name 'SSL_psk_client_cb_func'
/s/unpack-cpython/Modules/_ssl.c:5117:48: error: passing argument 2 of 'SSL_CTX_set_psk_client_callback' makes pointer from integer without a cast [-Werror=int-conversion]
/s/unpack-cpython/Modules/_hashopenssl.c:134:65: error: 'NID_blake2s256' undeclared here (not in a function); did you mean 'EVP_blake2b256'?
/s/unpack-cpython/Modules/_hashopenssl.c:967:43: error: '_hashlibstate' has no member named 'EVPXOFtype'; did you mean 'EVPtype'?
/s/unpack-cpython/Modules/_ssl.c:58:10: fatal error: openssl/x509v3.h: No such file or directory
cc1: some warnings being treated as errors
`;

const clang = `/s/Modules/_ssl.c:918:39: error: call to undeclared function 'X509_VERIFY_PARAM_get_hostflags'; ISO C99 and later do not support implicit function declarations [-Wimplicit-function-declaration]
/s/Modules/_ssl.c:919:3: error: implicit declaration of function 'SSL_read_ex' is invalid in C99 [-Werror,-Wimplicit-function-declaration]
/s/Modules/_ssl.c:894:25: error: use of undeclared identifier 'SSL_VERIFY_POST_HANDSHAKE'; did you mean 'SSL_VERIFY_PEER'?
/s/Modules/_ssl.c:5100:5: error: unknown type name 'SSL_psk_client_cb_func'
/s/Modules/_ssl.c:5117:48: error: incompatible integer to pointer conversion passing 'int' to parameter of type 'void *' [-Wint-conversion]
/s/Modules/_hashopenssl.c:967:43: error: no member named 'EVPXOFtype' in 'struct _hashlibstate'
/s/Modules/_ssl.c:60:10: fatal error: 'openssl/ssl.h' file not found
/s/Modules/_ssl.c:61:10: error: incomplete definition of type 'struct x509_object_st'
`;

describe('what a compiler misses', () => {
  it('is read from gcc’s words, each name once, without what follows from another error', () => {
    expect(names(gcc)).toEqual([
      'name BIO_FP_TEXT',
      'function X509_VERIFY_PARAM_get_hostflags',
      'arguments sk_SSL_CIPHER_find',
      'name X509_OBJECT_free',
      'type SSL_psk_client_cb_func',
      'name NID_blake2s256',
      'member _hashlibstate.EVPXOFtype',
      'header openssl/x509v3.h',
    ]);
  });

  it('says where, and in the compiler’s own words', () => {
    expect(readMissing(gcc)[1]).toEqual({
      name: 'X509_VERIFY_PARAM_get_hostflags',
      kind: 'function',
      where: '_ssl.c:918',
      text: 'implicit declaration of function ‘X509_VERIFY_PARAM_get_hostflags’; did you mean ‘X509_VERIFY_PARAM_set_hostflags’?',
    });
  });

  it('is read from clang’s words', () => {
    expect(names(clang)).toEqual([
      'function X509_VERIFY_PARAM_get_hostflags',
      'function SSL_read_ex',
      'name SSL_VERIFY_POST_HANDSHAKE',
      'type SSL_psk_client_cb_func',
      'member _hashlibstate.EVPXOFtype',
      'header openssl/ssl.h',
      'type x509_object_st',
    ]);
  });

  it('is an error’s text when no error names anything, and nothing when there is no error', () => {
    const unnamed = '/s/Modules/_ssl.c:7:2: error: #error "no"\n/s/a.c:1:1: warning: \'x\' undeclared\n';
    expect(readMissing(unnamed)).toEqual([
      { name: '#error "no"', kind: 'other', where: '_ssl.c:7', text: '#error "no"' },
    ]);
    expect(readMissing('gcc: internal compiler problem\n')).toEqual([]);
  });
});
