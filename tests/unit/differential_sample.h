/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains and TLSA RRsets of every kind, the same for the same seed, for test_differential. */
#ifndef PDANE_TEST_DIFFERENTIAL_SAMPLE_H
#define PDANE_TEST_DIFFERENTIAL_SAMPLE_H

#include "certs.h"

#define CHAIN_MOST 4u
#define RECORDS_MOST 6u

struct record {
        uint8_t rdata[3 + PDANE_TLSA_DATA_MAX];
        size_t len;
};

struct sample {
        unsigned number;
        const char *host;
        int64_t now;
        X509 *chain[CHAIN_MOST]; /* as sent, leaf first; owned */
        size_t n_chain;
        EVP_PKEY *key; /* the leaf's */
        bool partial_wildcard;
        struct record records[RECORDS_MOST];
        size_t n_records;
};

void sample_seed(uint64_t seed);
/* The next one; sample_clear it. */
void sample_make(struct sample *s, unsigned number);
void sample_clear(struct sample *s);

#endif
