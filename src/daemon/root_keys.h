/* SPDX-License-Identifier: BSD-3-Clause */
/* Key tags in a file of trust anchors: RFC 5011 state as libunbound keeps it, or DS and DNSKEY
 * records. For showing only. */
#ifndef PDANE_ROOT_KEYS_H
#define PDANE_ROOT_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define PDANE_ROOT_KEYS_MAX 16u

struct pdane_root_key {
        uint16_t tag;   /* RFC 4034 appendix B */
        char state[16]; /* "valid", "pending" ... as the file says; "" where it does not */
};

/* The keys in text, each once; lines that are none are passed over. At most max. Returns how many.
 */
size_t pdane_root_keys_parse(const char *text, struct pdane_root_key *ret, size_t max);

/* The same for a file of at most PDANE_ROOT_KEY_MAX bytes. 0 keys when it cannot be read. */
size_t pdane_root_keys_read(const char *path, struct pdane_root_key *ret, size_t max);

#endif
