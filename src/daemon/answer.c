/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence to wire items. What may be offered to whom is pdane_offer's to say. */
#include "daemon/answer.h"

#include <stdio.h>

#include "trust/offer.h"

#define LABEL_HOST_MAX 56                 /* with "DANE: " less than PDANE_LABEL_MAX */
#define FOUND_MAX (2 * PDANE_MERGE_HOSTS) /* leaves and anchors below one subject */

static void
fill_item(struct pdane_item *it, const struct pdane_cert *c)
{
        it->value = pdane_cert_der(c);
        it->subject = pdane_cert_subject(c);
        it->issuer = pdane_cert_issuer(c);
        it->serial = pdane_cert_serial(c);
        it->spki = pdane_cert_spki(c);
        it->id = pdane_cert_key_id(c);
        it->sha1 = pdane_cert_sha1(c);
        it->sha256 = pdane_cert_sha256(c);
}

/* CKA_ID of zeros alone has a meaning of its own in NSS; more than the limit does not fit the wire.
 */
static bool
is_presentable(const struct pdane_item *it)
{
        bool nonzero = false;
        for (size_t i = 0; i < it->id.len; i++)
                nonzero |= it->id.data[i] != 0;
        return nonzero && it->id.len <= PDANE_ID_MAX && it->value.len <= PDANE_CERT_MAX &&
               it->spki.len <= PDANE_SPKI_MAX && it->serial.len <= PDANE_SERIAL_MAX;
}

static void
add_item(struct pdane_answer_set *set, const struct pdane_found *f, const struct pdane_offer *offer,
         int64_t now)
{
        struct pdane_answer *a = &set->answer;
        const struct pdane_evidence *e = f->evidence;
        struct pdane_item it = {
                .flags = f->anchor ? offer->anchor_flags : offer->leaf_flags,
                .trust = f->anchor ? offer->anchor_trust : offer->leaf_trust,
        };
        const struct pdane_cert *c = f->anchor ? e->anchor : e->leaf;
        bool offered = it.flags & PDANE_ITEM_CERTIFICATE || it.trust != PDANE_TRUST_NONE;
        if (!c || !offered || a->n_items == PDANE_ANSWER_MAX_ITEMS || !pdane_evidence_holds(e, now))
                return;
        fill_item(&it, c);
        if (!is_presentable(&it))
                return;
        int64_t left = e->not_after - now;
        it.expires_s = left < INT32_MAX ? (uint32_t)left : INT32_MAX;
        char *label = set->labels[a->n_items];
        snprintf(label, PDANE_LABEL_MAX + 1, "DANE: %.*s", LABEL_HOST_MAX, e->host);
        it.label = (struct pdane_bytes){(const uint8_t *)label, strlen(label)};
        a->items[a->n_items++] = it;
        if (it.expires_s < a->remember_s)
                a->remember_s = it.expires_s;
}

static struct pdane_offer
offer_for(enum pdane_client client, const struct pdane_evidence *e, bool legacy_sha1)
{
        return pdane_offer(client, e->leaf, pdane_evidence_vouched(e), legacy_sha1);
}

/*
 * All anchors before any leaf is offered: a leaf below an authority for which none can be made is
 * offered no more. No more of them than fit an answer.
 */
static void
make_anchors(struct pdane_store *s, const struct pdane_found *found, size_t n,
             enum pdane_client client, int64_t now)
{
        size_t left = PDANE_ANSWER_MAX_ITEMS;
        for (size_t i = 0; i < n && left; i++)
                if (found[i].anchor && offer_for(client, found[i].evidence, false).anchor_flags &&
                    pdane_store_anchor(s, found[i].evidence, now))
                        left--;
}

void
pdane_answer_build(struct pdane_store *s, struct pdane_merger *m, const struct pdane_question *q,
                   bool legacy_sha1, int64_t now, struct pdane_answer_set *ret)
{
        struct pdane_wanted w = {q->issuer, q->serial, q->subject, q->value};
        struct pdane_found found[FOUND_MAX];
        size_t n = pdane_store_find(s, &w, now, found, FOUND_MAX);

        /* One that asks by issuer and serial or by value wants the very one that it was shown. */
        if (q->subject.data && !q->serial.data && !q->value.data)
                n = pdane_merge_found(m, found, n, now);
        make_anchors(s, found, n, q->client, now);
        *ret = (struct pdane_answer_set){.answer = {.remember_s = PDANE_REMEMBER_YES_S}};
        for (size_t i = 0; i < n; i++) {
                struct pdane_offer offer = offer_for(q->client, found[i].evidence, legacy_sha1);
                add_item(ret, &found[i], &offer, now);
        }
        if (ret->answer.n_items == 0)
                ret->answer.remember_s = PDANE_REMEMBER_NO_S;
}
