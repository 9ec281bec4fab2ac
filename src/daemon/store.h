/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The evidence that is valid now, found the way clients ask: by issuer and serial, by subject, by
 * the whole certificate. Knows nothing of DNS, hosts or sockets. One thread.
 */
#ifndef PDANE_STORE_H
#define PDANE_STORE_H

#include "common/wire.h"
#include "daemon/evidence.h"

struct pdane_store;

int pdane_store_new(struct pdane_store **ret);
void pdane_store_free(
        struct pdane_store *s); /* NULL-safe; every piece of evidence must have been removed */

/* Takes a reference of its own. 0, -EEXIST when it is there already, -EINVAL for a certificate
 * without a serial (then nothing changed). In one store at a time. */
int pdane_store_add(struct pdane_store *s, struct pdane_evidence *e);

/*
 * A newer piece of evidence, already added, says the same. What clients were shown of the old one
 * stays good until its end: its anchor is found by issuer and serial and by value, as one that
 * verifies right now may ask. It is found by subject no more, and its leaf is the newer one's.
 * Without an anchor there is nothing to keep: removed.
 */
void pdane_store_supersede(struct pdane_store *s, struct pdane_evidence *e);

/* Forgets it at once. Nothing happens when it is not there. */
void pdane_store_remove(struct pdane_store *s, struct pdane_evidence *e);

/*
 * The anchor of evidence that is to be handed out: made when somebody first needs it, the same from
 * then on, and found by issuer and serial and by value once this returns. Until then it is found by
 * its subject, which is known, and nobody can know the rest. NULL when there is none: the evidence
 * does not hold at now, or none can be made (pdane_evidence_forgo_anchor), which is tried once.
 * Borrowed from e.
 */
struct pdane_cert *pdane_store_anchor(struct pdane_store *s, struct pdane_evidence *e, int64_t now);

/*
 * One follower is told of every piece of evidence after it entered the store and after it left it.
 * fn NULL: nobody is. It may change the store.
 */
void pdane_store_follow(struct pdane_store *s,
                        void (*fn)(void *arg, const struct pdane_evidence *e), void *arg);

/* Until the next call, what permits does not let pass is not found. NULL: all is. */
void pdane_store_doubt(struct pdane_store *s,
                       bool (*permits)(void *arg, const struct pdane_evidence *e), void *arg);

/* A way in which a certificate of some piece of evidence can be found, other than by its value. */
struct pdane_store_key {
        bool by_serial;            /* otherwise by subject alone */
        struct pdane_bytes dn;     /* issuer or subject */
        struct pdane_bytes serial; /* its content octets */
        uint8_t *mark;             /* the follower's own, until it is told of the end; 0 at first */
};

/*
 * Another follower is told of each key after something can be found by it, once for every
 * certificate, and after that is over. fn NULL: nobody is. It may not change the store.
 */
void pdane_store_follow_keys(struct pdane_store *s,
                             void (*fn)(void *arg, const struct pdane_store_key *key, bool added),
                             void *arg);

/* Calls fn with all of them. */
void pdane_store_each_key(const struct pdane_store *s,
                          void (*fn)(void *arg, const struct pdane_store_key *key), void *arg);
/*
 * The same in steps: each goes on with so many of the pieces of evidence that were there when the
 * walk began and still are, and calls fn with their keys of now. False: that was all. There is one
 * walk at a time.
 */
void pdane_store_walk_begin(struct pdane_store *s);
bool pdane_store_walk(struct pdane_store *s, size_t pieces,
                      void (*fn)(void *arg, const struct pdane_store_key *key), void *arg);

size_t pdane_store_count(const struct pdane_store *s);

/* Which certificate of a piece of evidence was found. */
struct pdane_found {
        struct pdane_evidence *evidence; /* borrowed */
        bool anchor;                     /* its anchor (pdane_store_anchor), otherwise its leaf */
};

/*
 * All certificates, leaves and anchors, that a client may mean: issuer and serial (either form), or
 * subject, or DER value. Of an anchor that is not made yet the subject alone counts. An absent
 * field is not a way to find anything. Evidence that does not hold at now is never found. Each at
 * most once; at most max. Returns how many.
 */
struct pdane_wanted {
        struct pdane_bytes issuer, serial, subject, value;
};
size_t pdane_store_find(const struct pdane_store *s, const struct pdane_wanted *w, int64_t now,
                        struct pdane_found *ret, size_t max);

#endif
