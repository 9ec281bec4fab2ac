/* SPDX-License-Identifier: BSD-3-Clause */
/* What bench_chain writes into a directory, for those who read it. */
#ifndef PDANE_BENCH_CHAIN_H
#define PDANE_BENCH_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_CHAIN_HOST "www.public.test"

/* A file of certificates in DER, one after the other. */
struct bench_ders {
        uint8_t *data;
        size_t *at; /* n + 1 offsets */
        size_t n;
};

/* Reads DIRECTORY/NAME; whatever fails ends the program. Lives until the program ends. */
void bench_read_ders(const char *directory, const char *name, struct bench_ders *ret);

#endif
