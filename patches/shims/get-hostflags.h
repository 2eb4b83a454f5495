/*
 * For an AWS-LC without X509_VERIFY_PARAM_get_hostflags, which CPython calls from 3.14 on: to copy a
 * context's host flags to a new connection, and to show them (SSLContext.hostname_checks_common_name).
 *
 * The flags are remembered where they are set, in the upper half of the same object's verification
 * flags. AWS-LC keeps those bits, copies them with the others, and looks at none of them; here they
 * are hidden from whoever reads or changes the verification flags. What AWS-LC does with host flags
 * stays as it is: it gets them first.
 */
#ifndef CPYTHON_AWSLC_GET_HOSTFLAGS_H
#define CPYTHON_AWSLC_GET_HOSTFLAGS_H

/* Before any system header, as Python.h has it: it decides what they declare. */
#include "pyconfig.h"
#include <openssl/x509.h>

#define CPYTHON_AWSLC_HOSTFLAGS_SHIFT 32
#define CPYTHON_AWSLC_VERIFY_FLAGS 0xffffffffUL

_Static_assert(sizeof(unsigned long) == 8, "verification flags have no upper half here");

static inline void
cpython_awslc_set_hostflags(X509_VERIFY_PARAM *param, unsigned int flags)
{
    X509_VERIFY_PARAM_set_hostflags(param, flags);
    (void)X509_VERIFY_PARAM_clear_flags(param, ~CPYTHON_AWSLC_VERIFY_FLAGS);
    (void)X509_VERIFY_PARAM_set_flags(param, (unsigned long)flags << CPYTHON_AWSLC_HOSTFLAGS_SHIFT);
}

static inline unsigned int
cpython_awslc_get_hostflags(const X509_VERIFY_PARAM *param)
{
    /* Older headers leave the const out. */
    unsigned long flags = X509_VERIFY_PARAM_get_flags((X509_VERIFY_PARAM *)param);
    return (unsigned int)(flags >> CPYTHON_AWSLC_HOSTFLAGS_SHIFT);
}

static inline unsigned long
cpython_awslc_get_flags(const X509_VERIFY_PARAM *param)
{
    return X509_VERIFY_PARAM_get_flags((X509_VERIFY_PARAM *)param) & CPYTHON_AWSLC_VERIFY_FLAGS;
}

static inline int
cpython_awslc_set_flags(X509_VERIFY_PARAM *param, unsigned long flags)
{
    return X509_VERIFY_PARAM_set_flags(param, flags & CPYTHON_AWSLC_VERIFY_FLAGS);
}

static inline int
cpython_awslc_clear_flags(X509_VERIFY_PARAM *param, unsigned long flags)
{
    return X509_VERIFY_PARAM_clear_flags(param, flags & CPYTHON_AWSLC_VERIFY_FLAGS);
}

#define X509_VERIFY_PARAM_set_hostflags cpython_awslc_set_hostflags
#define X509_VERIFY_PARAM_get_hostflags cpython_awslc_get_hostflags
#define X509_VERIFY_PARAM_get_flags cpython_awslc_get_flags
#define X509_VERIFY_PARAM_set_flags cpython_awslc_set_flags
#define X509_VERIFY_PARAM_clear_flags cpython_awslc_clear_flags

#endif
