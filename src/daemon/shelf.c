/* SPDX-License-Identifier: BSD-3-Clause */
/* A few places for evidence, in step with the store. */
#include "daemon/shelf.h"

static void
take_away(struct pdane_shelf *s, struct pdane_evidence **place)
{
        if (!*place)
                return;
        pdane_store_remove(s->store, *place);
        (*place)->of = NULL;
        pdane_evidence_unref(*place);
        *place = NULL;
}

static void
put(const struct pdane_shelf *s, struct pdane_evidence **place, struct pdane_evidence *e)
{
        *place = pdane_evidence_ref(e);
        e->of = s->of;
}

static void
drop(struct pdane_shelf *s, size_t i)
{
        take_away(s, &s->places[i]);
        take_away(s, &s->superseded[i]);
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

/* The newer one is in the store before the older one leaves any part of it: no client meets a gap.
 */
static int
supersede(struct pdane_shelf *s, size_t i, struct pdane_evidence *e)
{
        int r = pdane_store_add(s->store, e);
        if (r < 0)
                return r;
        take_away(s, &s->superseded[i]);
        pdane_store_supersede(s->store, s->places[i]);
        s->superseded[i] = s->places[i];
        if (!s->superseded[i]->stored)
                take_away(s, &s->superseded[i]); /* nobody was shown an anchor of it */
        put(s, &s->places[i], e);
        return 0;
}

int
pdane_shelf_add(struct pdane_shelf *s, struct pdane_evidence *e, int64_t now)
{
        size_t i = place_for(s, e);
        struct pdane_evidence *old = s->places[i];
        if (old && old->not_after > now && pdane_evidence_agrees(old, e)) {
                if (old->not_after - now > PDANE_RENEW_S)
                        return 0;
                return e->not_after > old->not_after ? supersede(s, i, e) : 0;
        }
        drop(s, i);
        int r = pdane_store_add(s->store, e);
        if (r == 0)
                put(s, &s->places[i], e);
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
                if (s->superseded[i] && s->superseded[i]->not_after <= now)
                        take_away(s, &s->superseded[i]);
                if (s->places[i] && s->places[i]->not_after <= now) {
                        drop(s, i);
                        dropped = true;
                }
        }
        return dropped;
}

bool
pdane_evidence_is_reserved(const struct pdane_evidence *e, const struct pdane_policy *p)
{
        return p->dn_reserved(p->arg, pdane_cert_subject(e->leaf)) ||
               p->dn_reserved(p->arg, pdane_cert_issuer(e->leaf)) ||
               p->dn_reserved(p->arg, pdane_cert_subject(pdane_evidence_signer(e)));
}

bool
pdane_shelf_drop_reserved(struct pdane_shelf *s, const struct pdane_policy *p)
{
        bool dropped = false;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (s->places[i] && pdane_evidence_is_reserved(s->places[i], p)) {
                        drop(s, i);
                        dropped = true;
                }
        }
        return dropped;
}

bool
pdane_shelf_drop_denied(struct pdane_shelf *s, const struct pdane_access *access)
{
        bool dropped = false;
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                if (s->places[i] && !pdane_access_certificate(access, s->places[i]->leaf)) {
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
                if (e && pdane_evidence_holds(e, now) &&
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

void
pdane_shelf_shrink(const struct pdane_shelf *s)
{
        for (size_t i = 0; i < PDANE_HOST_EVIDENCE_MAX; i++) {
                const struct pdane_evidence *e = s->places[i];
                if (!e)
                        continue;
                pdane_cert_shrink(e->leaf);
                pdane_cert_shrink(pdane_evidence_signer(e));
        }
}
