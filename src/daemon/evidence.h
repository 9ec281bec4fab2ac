/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an accepted certificate leaves behind: the leaf, the anchor made for it, and how long both
 * hold. Made only from an ACCEPTED decision of pdane_decide. Immutable, reference counted; one
 * thread.
 */
#ifndef PDANE_EVIDENCE_H
#define PDANE_EVIDENCE_H

#include <stdint.h>

#include "trust/cert.h"
#include "trust/decide.h"
#include "trust/offer.h"

struct pdane_host;

/*
 * One way to find one of its certificates, as the store keeps it: all with one hash hang together,
 * and the first of them in the store's table.
 */
struct pdane_store_entry {
        struct pdane_store_entry *chained;     /* of the first: what else is at its place */
        struct pdane_store_entry *next, *prev; /* with the same hash; prev NULL: the first */
        uint32_t hash;
        uint8_t number; /* its own in entries[] */
        bool linked;
};
#define PDANE_STORE_WAYS 3u /* to find a certificate */

struct pdane_evidence {
        /* The store's; what a question looks at comes first and lies together. */
        struct pdane_store_entry entries[2 * PDANE_STORE_WAYS]; /* the leaf's, the anchor's */
        unsigned refs;
        uint16_t port;
        bool stored; /* it is in the store: not withdrawn */
        struct pdane_cert *leaf;
        bool by_authority; /* it is not the leaf that is vouched for but what signed it: anchor
                              stands for that */
        bool leaf_too;     /* by_authority, and the leaf itself as well */
        struct pdane_cert
                *anchor; /* NULL when none could be made: then clients that need one get nothing */
        int64_t not_after; /* seconds since 1970: nothing is offered from then on */
        /* A merged one: what it was made of, referenced; it holds only while all of them do. NULL
         * otherwise. */
        struct pdane_evidence **members;
        size_t n_members;
        char *host;            /* it was found at, or "*.P" */
        struct pdane_host *of; /* on whose shelf it lies, while it does; otherwise NULL */
};

/*
 * One anchor for several pieces of evidence by the same authority (same subject and key), good for
 * names. leaf and host are the first one's; not_after is the earliest. 0, -EINVAL for fewer than
 * two, -EIO when the anchor cannot be made, -ENOMEM.
 */
int pdane_evidence_merge(struct pdane_evidence *const *members, size_t n_members,
                         const struct pdane_name *names, size_t n_names, int64_t now,
                         struct pdane_evidence **ret);
bool pdane_evidence_has_member(const struct pdane_evidence *e, const struct pdane_evidence *member);

enum pdane_vouched pdane_evidence_vouched(const struct pdane_evidence *e);

/* True while it may be offered: in the store, not run out, and so is every member. */
bool pdane_evidence_holds(const struct pdane_evidence *e, int64_t now);

/*
 * 0 and a new one (caller unrefs); -EPERM when the decision is anything but ACCEPTED or has run out
 * at now; -ENOMEM. A failure to make the anchor is not a failure of the evidence, unless there is
 * nothing else to offer: -EIO.
 */
int pdane_evidence_new(const char *host, uint16_t port, struct pdane_cert *leaf,
                       const struct pdane_decision *decision, int64_t now,
                       struct pdane_evidence **ret);

/* Do they say the same of the same leaf, for whatever time: by the same authority, or both without
 * one? */
bool pdane_evidence_agrees(const struct pdane_evidence *a, const struct pdane_evidence *b);

struct pdane_evidence *pdane_evidence_ref(struct pdane_evidence *e);
void pdane_evidence_unref(struct pdane_evidence *e); /* NULL-safe */

#endif
