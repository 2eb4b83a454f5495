/*
 * For an AWS-LC without EVP_MD_do_all, with which _hashopenssl.c gathers the names of all digests into
 * a set. EVP_MD_do_all_sorted calls for the same digests; their order does not matter to a set.
 */
#ifndef CPYTHON_AWSLC_MD_DO_ALL_H
#define CPYTHON_AWSLC_MD_DO_ALL_H

/* Before any system header, as Python.h has it: it decides what they declare. */
#include "pyconfig.h"
#include <openssl/evp.h>

#define EVP_MD_do_all EVP_MD_do_all_sorted

#endif
