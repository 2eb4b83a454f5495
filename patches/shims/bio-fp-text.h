/*
 * For an AWS-LC without BIO_FP_TEXT, which _ssl.c passes when it opens the key log file. The flag asks
 * for text mode, which only Windows has: elsewhere AWS-LC ignores it, and so does a flag of no bits.
 */
#ifndef CPYTHON_AWSLC_BIO_FP_TEXT_H
#define CPYTHON_AWSLC_BIO_FP_TEXT_H

#define BIO_FP_TEXT 0

#endif
