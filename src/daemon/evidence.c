/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence: from an accepted decision to something that can be handed out. */
#include "daemon/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "trust/anchor.h"

/* Clients' clocks may be behind ours. */
#define ANCHOR_BACKDATE_S 86400

static struct pdane_evidence *
new_evidence(const char *host, uint16_t port, struct pdane_cert *leaf, int64_t not_after)
{
        struct pdane_evidence *e = calloc(1, sizeof *e);
        if (!e)
                return NULL;
        e->refs = 1;
        e->host = strdup(host);
        e->port = port;
        e->leaf = pdane_cert_ref(leaf);
        e->not_after = not_after;
        if (e->host)
                return e;
        pdane_evidence_unref(e);
        return NULL;
}

int
pdane_evidence_new(const char *host, uint16_t port, struct pdane_cert *leaf,
                   const struct pdane_decision *decision, int64_t now, struct pdane_evidence **ret)
{
        if (decision->reason != PDANE_REASON_ACCEPTED || decision->not_after <= now)
                return -EPERM;
        struct pdane_evidence *e = new_evidence(host, port, leaf, decision->not_after);
        if (!e)
                return -ENOMEM;
        e->by_authority = decision->authority != NULL;
        e->leaf_too = e->by_authority && decision->leaf_too;
        if (e->by_authority)
                e->authority = pdane_cert_ref(decision->authority);
        *ret = e;
        return 0;
}

struct pdane_cert *
pdane_evidence_signer(const struct pdane_evidence *e)
{
        if (e->anchor)
                return e->anchor;
        return e->authority ? e->authority : e->leaf;
}

/* Parses what it stands for, if it must, and gives that back. */
static int
anchor_for(struct pdane_cert *signer, const struct pdane_name *names, size_t n_names, int64_t now,
           int64_t not_after, struct pdane_cert **ret)
{
        int r = pdane_anchor_new(signer, names, n_names, now - ANCHOR_BACKDATE_S, not_after, ret);
        pdane_cert_shrink(signer);
        if (r == 0)
                pdane_cert_forget_names(*ret); /* whom it is good for are the leaf's */
        return r;
}

static void
drop_authority(struct pdane_evidence *e)
{
        pdane_cert_unref(e->authority);
        e->authority = NULL;
}

int
pdane_evidence_make_anchor(struct pdane_evidence *e, int64_t now)
{
        struct pdane_name names[PDANE_CERT_NAMES_MAX];
        size_t n = pdane_cert_names(e->leaf, names);
        int r = anchor_for(pdane_evidence_signer(e), names, n, now, e->not_after, &e->anchor);
        if (r < 0) {
                pdane_log(PDANE_LOG_WARNING, "event=anchor-failed host=%s errno=%d", e->host, -r);
                return r;
        }
        drop_authority(e);
        return 0;
}

void
pdane_evidence_forgo_anchor(struct pdane_evidence *e)
{
        e->anchor_failed = true;
        if (!e->leaf_too)
                return;
        e->by_authority = e->leaf_too = false;
        drop_authority(e);
}

int
pdane_evidence_merge(struct pdane_evidence *const *members, size_t n_members,
                     const struct pdane_name *names, size_t n_names, int64_t now,
                     struct pdane_evidence **ret)
{
        if (n_members < 2)
                return -EINVAL;
        struct pdane_evidence *e =
                new_evidence(members[0]->host, members[0]->port, members[0]->leaf, INT64_MAX);
        if (!e)
                return -ENOMEM;
        e->members = calloc(n_members, sizeof(struct pdane_evidence *));
        if (!e->members) {
                pdane_evidence_unref(e);
                return -ENOMEM;
        }
        e->by_authority = true;
        for (size_t i = 0; i < n_members; i++) {
                e->members[e->n_members++] = pdane_evidence_ref(members[i]);
                if (members[i]->not_after < e->not_after)
                        e->not_after = members[i]->not_after;
        }
        if (anchor_for(pdane_evidence_signer(members[0]), names, n_names, now, e->not_after,
                       &e->anchor) < 0) {
                pdane_evidence_unref(e);
                return -EIO;
        }
        *ret = e;
        return 0;
}

bool
pdane_evidence_has_member(const struct pdane_evidence *e, const struct pdane_evidence *member)
{
        for (size_t i = 0; i < e->n_members; i++)
                if (e->members[i] == member)
                        return true;
        return false;
}

enum pdane_vouched
pdane_evidence_vouched(const struct pdane_evidence *e)
{
        if (!e->by_authority)
                return PDANE_VOUCHED_LEAF;
        return e->leaf_too ? PDANE_VOUCHED_BOTH : PDANE_VOUCHED_AUTHORITY;
}

static bool
holds_itself(const struct pdane_evidence *e, int64_t now)
{
        bool nothing_left = e->by_authority && e->anchor_failed;
        return e->stored && e->not_after > now && !nothing_left;
}

bool
pdane_evidence_holds(const struct pdane_evidence *e, int64_t now)
{
        if (!holds_itself(e, now))
                return false;
        for (size_t i = 0; i < e->n_members; i++)
                if (!holds_itself(e->members[i], now))
                        return false;
        return true;
}

bool
pdane_evidence_agrees(const struct pdane_evidence *a, const struct pdane_evidence *b)
{
        if (!pdane_bytes_equal(pdane_cert_der(a->leaf), pdane_cert_der(b->leaf)) ||
            a->by_authority != b->by_authority || a->leaf_too != b->leaf_too ||
            a->anchor_failed != b->anchor_failed)
                return false;
        const struct pdane_cert *of_a = pdane_evidence_signer(a), *of_b = pdane_evidence_signer(b);
        return pdane_bytes_equal(pdane_cert_subject(of_a), pdane_cert_subject(of_b)) &&
               pdane_bytes_equal(pdane_cert_spki(of_a), pdane_cert_spki(of_b));
}

struct pdane_evidence *
pdane_evidence_ref(struct pdane_evidence *e)
{
        e->refs++;
        return e;
}

void
pdane_evidence_unref(struct pdane_evidence *e)
{
        if (!e || --e->refs)
                return;
        pdane_cert_unref(e->leaf);
        pdane_cert_unref(e->authority);
        pdane_cert_unref(e->anchor);
        for (size_t i = 0; i < e->n_members; i++)
                pdane_evidence_unref(e->members[i]);
        free(e->members);
        free(e->host);
        free(e);
}
