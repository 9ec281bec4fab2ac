/* SPDX-License-Identifier: BSD-3-Clause */
/* What a name-constrained anchor must be (design section 3), read back from its bytes. */
#ifndef PDANE_FUZZ_ANCHOR_CHECK_H
#define PDANE_FUZZ_ANCHOR_CHECK_H

#include "fuzz.h"
#include "trust/cert.h"

struct anchor_order {
        struct pdane_cert *signer; /* owned */
        struct pdane_name names[PDANE_CERT_NAMES_MAX + 1];
        size_t n_names;
        int64_t not_before, not_after;
        char probe[PDANE_NAME_MAX + 1]; /* a host to try */
};

/* Before anything fails: what OpenSSL sets up once and for all would stay broken. */
void anchor_warm_up(void);

/* From the input: names, dates, a signer with a key of some kind. Ends the program when it cannot.
 */
struct anchor_order *anchor_order_new(struct fuzz_input *in);
void anchor_order_free(struct anchor_order *o);

/* All of it; stops the program otherwise. */
void anchor_check(const struct anchor_order *o, const struct pdane_cert *anchor);

#endif
