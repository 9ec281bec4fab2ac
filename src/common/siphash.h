/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): who does not have the key cannot choose what falls
 * together. Links libc only; pure; any thread.
 */
#ifndef PDANE_SIPHASH_H
#define PDANE_SIPHASH_H

#include "common/bytes.h"

struct pdane_siphash_key {
        uint64_t k[2];
};

/* The hash of len bytes; the first word of its output, as the paper has it. */
uint64_t pdane_siphash(const struct pdane_siphash_key *key, const void *data, size_t len);

/*
 * The hash of a kind and two runs of bytes, either of which may be absent. The kind and the length
 * of the first run go in front, so that no two of these have the same input.
 */
uint64_t pdane_siphash_pair(const struct pdane_siphash_key *key, uint8_t kind, struct pdane_bytes a,
                            struct pdane_bytes b);

#endif
