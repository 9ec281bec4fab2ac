/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules once more, read from docs/security.md and not from the code: what is in the scene is
 * known from what was spelled out, no certificate is parsed here.
 */
#include "scene.h"

/* ---- what a record says ---- */

/* The certificate's own bytes or key: another certificate with the same key has the same key. */
static bool
record_is_of(const struct scene *s, const struct scene_record *r, size_t cert)
{
        if (r->damaged || r->usage < 2)
                return false;
        return r->selector == 0 ? r->of == cert : s->certs[r->of].key == s->certs[cert].key;
}

/* DANE-EE for the leaf. */
static bool
vouches_for_leaf(const struct scene *s, const struct scene_set *set)
{
        for (size_t i = 0; i < set->n; i++)
                if (set->records[i].usage == 3 && record_is_of(s, &set->records[i], 0))
                        return true;
        return false;
}

/* DANE-TA for something with this key, which is sent or given in full by the record itself. */
static bool
vouches_for_key(const struct scene *s, const struct scene_set *set, unsigned key)
{
        for (size_t i = 0; i < set->n; i++) {
                const struct scene_record *r = &set->records[i];

                if (r->usage != 2 || r->damaged || s->certs[r->of].key != key)
                        continue;
                if (r->matching == 0)
                        return true;
                for (size_t c = 1; c < s->n_sent; c++)
                        if (record_is_of(s, r, c))
                                return true;
        }
        return false;
}

/* Did this key sign the leaf, or what was sent and signed it? */
static bool
is_above_leaf(const struct scene *s, unsigned key)
{
        unsigned at = s->certs[0].signer;

        for (size_t hops = 0; hops <= s->n_sent; hops++) {
                size_t c;

                if (at == key)
                        return true;
                for (c = 1; c < s->n_sent && s->certs[c].key != at; c++)
                        ;
                if (c >= s->n_sent)
                        return false;
                at = s->certs[c].signer;
        }
        return false;
}

/* ---- what the leaf says ---- */

static bool
same_name(const struct scene_name *a, const struct scene_name *b)
{
        return a->normal && b->normal && a->wildcard == b->wildcard &&
               strcmp(a->normal, b->normal) == 0;
}

/* All that the leaf names, or false when there can be no such list. */
static bool
leaf_names(const struct scene *s, unsigned names[SCENE_DNS_MAX + 1], size_t *ret_n)
{
        const struct scene_cert *leaf = &s->certs[0];
        bool has_dns = leaf->version == 3 && leaf->n_dns > 0;
        size_t n = 0;

        if (leaf->version == 3 && leaf->ip)
                return false;
        for (unsigned i = 0; has_dns && i < leaf->n_dns; i++) {
                const struct scene_name *name = &scene_names[leaf->dns[i]];

                /* dNSNames are ASCII (RFC 5280 section 4.2.1.6). */
                if (!name->normal || (unsigned char)name->text[1] >= 0x80)
                        return false;
                names[n++] = leaf->dns[i];
        }
        if (leaf->cn >= 0) {
                const struct scene_name *name = &scene_names[leaf->cn];

                if (name->common && !name->normal)
                        return false;
                if (name->normal && (name->common || !has_dns))
                        names[n++] = (unsigned)leaf->cn;
        }
        *ret_n = n;
        return n > 0;
}

/* ---- what DNS says ---- */

static bool
is_asked_rightly(const struct pdane_proof *p, const struct scene_name *n)
{
        const char *dot = strchr(p->asked, '.');

        if (!n->wildcard)
                return strcmp(p->asked, n->normal) == 0;
        return dot && strcmp(dot + 1, n->normal) == 0 && p->synthesised;
}

/* The set that counts for this name: of its only proof, and secure, and not run out. */
static const struct scene_set *
set_for(const struct scene *s, const struct scene_name *n)
{
        const struct scene_set *found = NULL;
        size_t proofs = 0;

        for (size_t i = 0; i < s->n_proofs; i++) {
                const struct pdane_proof *p = &s->proofs[i];

                if (!same_name(&scene_names[s->proof_names[i]], n))
                        continue;
                proofs++;
                if (p->tlsa && p->tlsa_verdict == PDANE_DNS_SECURE && p->not_after > SCENE_NOW &&
                    is_asked_rightly(p, n))
                        found = &s->sets[s->proof_sets[i]];
        }
        return proofs == 1 ? found : NULL;
}

/* ---- all of it ---- */

static const struct scene_name *
host_name(const struct scene *s)
{
        for (size_t i = 0; i < scene_n_names; i++)
                if (scene_names[i].normal && !scene_names[i].wildcard &&
                    strcmp(scene_names[i].normal, s->host) == 0)
                        return &scene_names[i];
        return NULL; /* only a wildcard is written so, and no wildcard is a host */
}

static bool
every_set(const struct scene *s,
          bool (*holds)(const struct scene *, const struct scene_set *, unsigned), unsigned key)
{
        unsigned names[SCENE_DNS_MAX + 1];
        const struct scene_name *host = host_name(s);
        const struct scene_set *set = host ? set_for(s, host) : NULL;
        size_t n = 0;

        if (!set || !holds(s, set, key) || !leaf_names(s, names, &n))
                return false;
        for (size_t i = 0; i < n; i++) {
                set = set_for(s, &scene_names[names[i]]);
                if (!set || !holds(s, set, key))
                        return false;
        }
        return true;
}

static bool
leaf_is_vouched_for(const struct scene *s, const struct scene_set *set, unsigned unused)
{
        (void)unused;
        return vouches_for_leaf(s, set);
}

/* The leaf's own form and DN, and that there is somebody who knows whose DNs are taken. */
static bool
leaf_will_do(const struct scene *s)
{
        const struct scene_cert *leaf = &s->certs[0];

        return s->n_sent > 0 && leaf->version == 3 && s->policy.dn_reserved &&
               leaf->dn != s->reserved_dn && leaf->issuer_dn != s->reserved_dn;
}

bool
scene_may_accept_authority(const struct scene *s)
{
        if (!leaf_will_do(s))
                return false;
        for (size_t i = 1; i < s->n_sent; i++)
                if (s->certs[i].dn == s->reserved_dn || s->certs[i].issuer_dn == s->reserved_dn)
                        return false;
        if (s->certs[0].public_policy || s->certs[0].expired)
                return false;
        for (unsigned key = 0; key < SCENE_KEYS; key++)
                if (is_above_leaf(s, key) && every_set(s, vouches_for_key, key))
                        return true;
        return false;
}

bool
scene_may_accept_leaf(const struct scene *s)
{
        return leaf_will_do(s) && every_set(s, leaf_is_vouched_for, 0);
}

bool
scene_may_accept(const struct scene *s)
{
        return scene_may_accept_leaf(s) || scene_may_accept_authority(s);
}

bool
scene_has_proof(const struct scene *s, const struct pdane_name *n)
{
        const struct scene_name name = {
                .text = n->text, .normal = n->text, .wildcard = n->wildcard};

        return set_for(s, &name) != NULL;
}

bool
scene_is_plain(const struct scene *s)
{
        for (size_t i = 0; i < SCENE_SETS_MAX; i++)
                if (s->sets[i].n > 1 || (s->sets[i].n == 1 && s->sets[i].records[0].usage != 3))
                        return false;
        return true;
}
