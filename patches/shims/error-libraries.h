/*
 * For an AWS-LC whose ERR_LIB_SSL and its kin are names of an enumeration and no macros. _ssl.c asks for each
 * with #ifdef when it makes its table of libraries, and without the table an SSLError has no library, and its text
 * no "[SSL: CERTIFICATE_VERIFY_FAILED]" and no reason why a certificate was refused. A macro that stands for its own
 * name answers #ifdef, and changes nothing else.
 */
#ifndef CPYTHON_AWSLC_ERROR_LIBRARIES_H
#define CPYTHON_AWSLC_ERROR_LIBRARIES_H

#define ERR_LIB_ASN1 ERR_LIB_ASN1
#define ERR_LIB_BIO ERR_LIB_BIO
#define ERR_LIB_BN ERR_LIB_BN
#define ERR_LIB_COMP ERR_LIB_COMP
#define ERR_LIB_CONF ERR_LIB_CONF
#define ERR_LIB_CRYPTO ERR_LIB_CRYPTO
#define ERR_LIB_DH ERR_LIB_DH
#define ERR_LIB_DSA ERR_LIB_DSA
#define ERR_LIB_EC ERR_LIB_EC
#define ERR_LIB_ENGINE ERR_LIB_ENGINE
#define ERR_LIB_EVP ERR_LIB_EVP
#define ERR_LIB_OCSP ERR_LIB_OCSP
#define ERR_LIB_PEM ERR_LIB_PEM
#define ERR_LIB_PKCS7 ERR_LIB_PKCS7
#define ERR_LIB_RAND ERR_LIB_RAND
#define ERR_LIB_RSA ERR_LIB_RSA
#define ERR_LIB_SSL ERR_LIB_SSL
#define ERR_LIB_UI ERR_LIB_UI
#define ERR_LIB_X509 ERR_LIB_X509
#define ERR_LIB_X509V3 ERR_LIB_X509V3

#endif
