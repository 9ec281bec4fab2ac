/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an accepted certificate leaves behind: the leaf, what an anchor would stand for, that anchor
 * once somebody needed it, and how long all of it holds. Made only from an ACCEPTED decision of
 * pdane_decide. Nothing but the anchor changes afterwards. Reference counted; one thread.
 */
#ifndef PDANE_EVIDENCE_H
#define PDANE_EVIDENCE_H

#include <stdint.h>
#include <sys/queue.h>

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
        uint8_t mark; /* of who follows keys */
};
#define PDANE_STORE_WAYS 3u /* to find a certificate */

struct pdane_evidence {
        /* The store's; what a question looks at comes first and lies together. */
        struct pdane_store_entry entries[2 * PDANE_STORE_WAYS]; /* the leaf's, the anchor's */
        LIST_ENTRY(pdane_evidence) all;                         /* in the store */
        unsigned refs;
        uint16_t port;
        bool stored;        /* it is in the store: not withdrawn */
        bool anchor_failed; /* none could be made, nor is that tried again */
        struct pdane_cert *leaf;
        bool by_authority; /* it is not the leaf that is vouched for but what signed it: the anchor
                              stands for that */
        bool leaf_too;     /* by_authority, and the leaf itself as well */
        struct pdane_cert *authority; /* by_authority, until there is an anchor; otherwise NULL */
        struct pdane_cert *anchor;    /* NULL until somebody needs it: pdane_store_anchor() */
        int64_t not_after;            /* seconds since 1970: nothing is offered from then on */
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

/* What has the subject and the key of its anchor, whether there is one yet or not. Borrowed. */
struct pdane_cert *pdane_evidence_signer(const struct pdane_evidence *e);

/*
 * For the store. Makes the anchor, which is not there yet, for as long as the evidence holds. 0, or
 * a negative errno of pdane_anchor_new and a line in the log.
 */
int pdane_evidence_make_anchor(struct pdane_evidence *e, int64_t now);
/*
 * Where that failed: there will be none. What needs none is left, which is the leaf where it is
 * vouched for itself; otherwise the evidence holds no more.
 */
void pdane_evidence_forgo_anchor(struct pdane_evidence *e);

/* True while it may be offered: in the store, not run out, with something to offer, and so is every
 * member. */
bool pdane_evidence_holds(const struct pdane_evidence *e, int64_t now);

/*
 * 0 and a new one (caller unrefs); -EPERM when the decision is anything but ACCEPTED or has run out
 * at now; -ENOMEM.
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
