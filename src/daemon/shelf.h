/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The evidence of one host: a server may have an RSA and an ECDSA certificate, and an old one
 * beside a new one. What lies here is in the store, and what is taken away leaves the store at
 * once. One thread.
 */
#ifndef PDANE_SHELF_H
#define PDANE_SHELF_H

#include "daemon/access.h"
#include "daemon/store.h"

struct pdane_shelf {
        struct pdane_store *store; /* borrowed */
        struct pdane_host *of;     /* whose it is; may be NULL. Borrowed, and lives longer */
        struct pdane_evidence *places[PDANE_HOST_EVIDENCE_MAX]; /* NULL: free */
        /* What the evidence in the same place superseded and has not run out: clients may be using
         * it. */
        struct pdane_evidence *superseded[PDANE_HOST_EVIDENCE_MAX];
};

/*
 * Takes a reference. What there is for the same certificate and says the same stays when it has
 * more than PDANE_RENEW_S left (its anchor is what clients know), and is superseded otherwise. What
 * says something else of the same certificate is replaced, else a free place is taken, else what
 * ends first makes room. 0 or negative errno of pdane_store_add.
 */
int pdane_shelf_add(struct pdane_shelf *s, struct pdane_evidence *e, int64_t now);

/* No lookup uses the evidence any more: it takes no more memory than answers need. */
void pdane_shelf_shrink(const struct pdane_shelf *s);

void pdane_shelf_clear(struct pdane_shelf *s);

/* Each returns whether anything was taken away. now: seconds since 1970. */
bool pdane_shelf_drop_expired(struct pdane_shelf *s, int64_t now);
bool pdane_shelf_drop_reserved(struct pdane_shelf *s, const struct pdane_policy *policy);
bool pdane_shelf_drop_denied(struct pdane_shelf *s, const struct pdane_access *access);

/* Bears one of its certificates a name that policy reserves? */
bool pdane_evidence_is_reserved(const struct pdane_evidence *e, const struct pdane_policy *policy);

/* Holds evidence for this very certificate that has not run out. */
bool pdane_shelf_knows(const struct pdane_shelf *s, const struct pdane_cert *leaf, int64_t now);
bool pdane_shelf_is_valid(const struct pdane_shelf *s,
                          int64_t now); /* holds evidence that has not run out */

/* Seconds from now until the first piece runs out, 0 when one has; INT64_MAX when there is none. */
int64_t pdane_shelf_left(const struct pdane_shelf *s, int64_t now);

#endif
