/* SPDX-License-Identifier: BSD-3-Clause */
/* A few places for evidence, in step with the store. */
#include "daemon/shelf.h"

static void
drop(struct pdane_shelf *s, size_t i)
{
        if (!s->places[i])
                return;
        pdane_store_remove(s->store, s->places[i]);
        pdane_evidence_unref(s->places[i]);
        s->places[i] = NULL;
}

static bool
same_leaf(const struct pdane_evidence *a, const struct pdane_evidence *b)
{
        return pdane_bytes_equal(pdane_cert_der(a->leaf), pdane_cert_der(b->leaf));
}

static size_t
place_for(const struct pdane_shelf *s, const struct pdane_evidence *e)
{
        size_t best = 0;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++)
                if (s->places[i] && same_leaf(s->places[i], e))
                        return i;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (!s->places[i])
                        return i;
                if (s->places[i]->not_after < s->places[best]->not_after)
                        best = i;
        }
        return best;
}

int
pdane_shelf_add(struct pdane_shelf *s, struct pdane_evidence *e)
{
        size_t i = place_for(s, e);
        drop(s, i);
        int r = pdane_store_add(s->store, e);
        if (r == 0)
                s->places[i] = pdane_evidence_ref(e);
        return r;
}

void
pdane_shelf_clear(struct pdane_shelf *s)
{
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++)
                drop(s, i);
}

bool
pdane_shelf_drop_expired(struct pdane_shelf *s, int64_t now)
{
        bool dropped = false;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (s->places[i] && s->places[i]->not_after <= now) {
                        drop(s, i);
                        dropped = true;
                }
        }
        return dropped;
}

static bool
is_reserved(const struct pdane_evidence *e, const struct pdane_policy *p)
{
        if (p->dn_reserved(p->arg, pdane_cert_subject(e->leaf)) ||
            p->dn_reserved(p->arg, pdane_cert_issuer(e->leaf)))
                return true;
        return e->anchor && p->dn_reserved(p->arg, pdane_cert_subject(e->anchor));
}

bool
pdane_shelf_drop_reserved(struct pdane_shelf *s, const struct pdane_policy *p)
{
        bool dropped = false;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (s->places[i] && is_reserved(s->places[i], p)) {
                        drop(s, i);
                        dropped = true;
                }
        }
        return dropped;
}

bool
pdane_shelf_knows(const struct pdane_shelf *s, const struct pdane_cert *leaf, int64_t now)
{
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                const struct pdane_evidence *e = s->places[i];
                if (e && e->not_after > now &&
                    pdane_bytes_equal(pdane_cert_der(e->leaf), pdane_cert_der(leaf)))
                        return true;
        }
        return false;
}

bool
pdane_shelf_is_valid(const struct pdane_shelf *s, int64_t now)
{
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++)
                if (s->places[i] && s->places[i]->not_after > now)
                        return true;
        return false;
}

int64_t
pdane_shelf_left(const struct pdane_shelf *s, int64_t now)
{
        int64_t least = INT64_MAX;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (!s->places[i])
                        continue;
                int64_t left = s->places[i]->not_after > now ? s->places[i]->not_after - now : 0;
                if (left < least)
                        least = left;
        }
        return least;
}
