/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One balanced tree (tsearch) over SHA-256 of what a client may ask with. Hashed keys make every
 * node alike and leave nobody outside a say in the tree's shape; what is found is compared by its
 * bytes again.
 */
#include "daemon/store.h"

#include <errno.h>
#include <openssl/evp.h>
#include <search.h>
#include <stdlib.h>
#include <sys/queue.h>

#define DIGEST 32

enum key_kind { KEY_ISSUER_SERIAL = 'I', KEY_SUBJECT = 'S', KEY_VALUE = 'V' };

struct link {
        LIST_ENTRY(link) entries;
        struct pdane_evidence *evidence;
        bool anchor;
};

struct node {
        uint8_t digest[DIGEST]; /* first: the tree compares nodes as digests */
        LIST_HEAD(links, link) links;
};

struct pdane_store {
        void *root;
        size_t count;
        void (*follower)(void *arg, const struct pdane_evidence *e);
        void *follower_arg;
};

static int
compare(const void *a, const void *b)
{
        return memcmp(a, b, DIGEST);
}

/* The length of the first part goes in front, so that no two pairs make the same input. */
static int
make_key(enum key_kind kind, struct pdane_bytes a, struct pdane_bytes b, uint8_t ret[DIGEST])
{
        EVP_MD_CTX *md = EVP_MD_CTX_new();
        uint8_t head[5] = {(uint8_t)kind, (uint8_t)(a.len >> 24), (uint8_t)(a.len >> 16),
                           (uint8_t)(a.len >> 8), (uint8_t)a.len};
        bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) &&
                  EVP_DigestUpdate(md, head, sizeof head) && EVP_DigestUpdate(md, a.data, a.len) &&
                  (!b.data || EVP_DigestUpdate(md, b.data, b.len)) &&
                  EVP_DigestFinal_ex(md, ret, NULL);
        EVP_MD_CTX_free(md);
        return ok ? 0 : -ENOMEM;
}

/* Serials are indexed by their content octets; a DER INTEGER of our own certificates is short-form.
 */
static struct pdane_bytes
serial_content(struct pdane_bytes der)
{
        if (der.len >= 3 && der.data[0] == 0x02 && der.data[1] < 0x80 && der.data[1] == der.len - 2)
                return (struct pdane_bytes){der.data + 2, der.len - 2};
        return (struct pdane_bytes){NULL, 0};
}

#define KEYS_PER_CERT 3
#define BY_SUBJECT 1 /* its place among them */

static int
cert_keys(const struct pdane_cert *c, uint8_t ret[KEYS_PER_CERT][DIGEST])
{
        struct pdane_bytes none = {NULL, 0}, serial = serial_content(pdane_cert_serial(c));
        if (!serial.data)
                return -EINVAL;
        int r = make_key(KEY_ISSUER_SERIAL, pdane_cert_issuer(c), serial, ret[0]);
        if (r == 0)
                r = make_key(KEY_SUBJECT, pdane_cert_subject(c), none, ret[BY_SUBJECT]);
        if (r == 0)
                r = make_key(KEY_VALUE, pdane_cert_der(c), none, ret[2]);
        return r;
}

static struct link *
find_link(const struct node *n, const struct pdane_evidence *e, bool anchor)
{
        struct link *l;
        LIST_FOREACH (l, &n->links, entries)
                if (l->evidence == e && l->anchor == anchor)
                        return l;
        return NULL;
}

static struct node *
find_node(const struct pdane_store *s, const uint8_t digest[DIGEST])
{
        struct node **at = tfind(digest, &s->root, compare);
        return at ? *at : NULL;
}

static int
add_link(struct pdane_store *s, const uint8_t digest[DIGEST], struct pdane_evidence *e, bool anchor)
{
        struct node *n = find_node(s, digest);
        if (!n) {
                n = calloc(1, sizeof *n);
                if (!n)
                        return -ENOMEM;
                memcpy(n->digest, digest, DIGEST);
                LIST_INIT(&n->links);
                if (!tsearch(n, &s->root, compare)) {
                        free(n);
                        return -ENOMEM;
                }
        }
        struct link *l = calloc(1, sizeof *l);
        if (l) {
                l->evidence = e;
                l->anchor = anchor;
                LIST_INSERT_HEAD(&n->links, l, entries);
                return 0;
        }
        if (LIST_EMPTY(&n->links)) {
                tdelete(n, &s->root, compare);
                free(n);
        }
        return -ENOMEM;
}

static void
remove_link(struct pdane_store *s, const uint8_t digest[DIGEST], const struct pdane_evidence *e,
            bool anchor)
{
        struct node *n = find_node(s, digest);
        struct link *l = n ? find_link(n, e, anchor) : NULL;
        if (!l)
                return;
        LIST_REMOVE(l, entries);
        free(l);
        if (LIST_EMPTY(&n->links)) {
                tdelete(n, &s->root, compare);
                free(n);
        }
}

static void
remove_cert(struct pdane_store *s, const struct pdane_cert *c, const struct pdane_evidence *e,
            bool anchor)
{
        uint8_t keys[KEYS_PER_CERT][DIGEST];
        if (cert_keys(c, keys) < 0)
                return;
        for (size_t i = 0; i < KEYS_PER_CERT; i++)
                remove_link(s, keys[i], e, anchor);
}

static int
add_cert(struct pdane_store *s, const struct pdane_cert *c, struct pdane_evidence *e, bool anchor)
{
        uint8_t keys[KEYS_PER_CERT][DIGEST];
        int r = cert_keys(c, keys);
        for (size_t i = 0; i < KEYS_PER_CERT && r == 0; i++)
                r = add_link(s, keys[i], e, anchor);
        if (r < 0)
                remove_cert(s, c, e, anchor);
        return r;
}

int
pdane_store_new(struct pdane_store **ret)
{
        struct pdane_store *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

static void
free_node(void *p)
{
        struct node *n = p;
        while (!LIST_EMPTY(&n->links)) {
                struct link *l = LIST_FIRST(&n->links);
                LIST_REMOVE(l, entries);
                free(l);
        }
        free(n);
}

void
pdane_store_free(struct pdane_store *s)
{
        if (!s)
                return;
        tdestroy(s->root, free_node);
        free(s);
}

void
pdane_store_follow(struct pdane_store *s, void (*fn)(void *arg, const struct pdane_evidence *e),
                   void *arg)
{
        s->follower = fn;
        s->follower_arg = arg;
}

static void
tell(const struct pdane_store *s, const struct pdane_evidence *e)
{
        if (s->follower)
                s->follower(s->follower_arg, e);
}

int
pdane_store_add(struct pdane_store *s, struct pdane_evidence *e)
{
        if (e->stored)
                return -EEXIST;
        int r = add_cert(s, e->leaf, e, false);
        if (r < 0)
                return r;
        if (e->anchor) {
                r = add_cert(s, e->anchor, e, true);
                if (r < 0) {
                        remove_cert(s, e->leaf, e, false);
                        return r;
                }
        }
        pdane_evidence_ref(e);
        e->stored = true;
        s->count++;
        tell(s, e);
        return 0;
}

void
pdane_store_supersede(struct pdane_store *s, struct pdane_evidence *e)
{
        uint8_t keys[KEYS_PER_CERT][DIGEST];
        if (!e->stored)
                return;
        if (!e->anchor || cert_keys(e->anchor, keys) < 0) {
                pdane_store_remove(s, e);
                return;
        }
        remove_cert(s, e->leaf, e, false);
        remove_link(s, keys[BY_SUBJECT], e, true);
        tell(s, e);
}

void
pdane_store_remove(struct pdane_store *s, struct pdane_evidence *e)
{
        if (!e->stored)
                return;
        remove_cert(s, e->leaf, e, false);
        if (e->anchor)
                remove_cert(s, e->anchor, e, true);
        s->count--;
        e->stored = false;
        tell(s, e);
        pdane_evidence_unref(e);
}

size_t
pdane_store_count(const struct pdane_store *s)
{
        return s->count;
}

/* ---- finding ---- */

struct finding {
        const struct pdane_wanted *wanted;
        int64_t now;
        struct pdane_found *found;
        size_t n, max;
};

static bool
is_wanted(const struct pdane_cert *c, const struct pdane_wanted *w)
{
        bool by_serial = pdane_bytes_equal(pdane_cert_issuer(c), w->issuer) &&
                         pdane_serial_equal(pdane_cert_serial(c), w->serial);
        return by_serial || pdane_bytes_equal(pdane_cert_subject(c), w->subject) ||
               pdane_bytes_equal(pdane_cert_der(c), w->value);
}

static void
take(struct finding *f, struct link *l)
{
        const struct pdane_cert *c = l->anchor ? l->evidence->anchor : l->evidence->leaf;
        if (f->n == f->max || !pdane_evidence_holds(l->evidence, f->now) ||
            !is_wanted(c, f->wanted))
                return;
        for (size_t i = 0; i < f->n; i++)
                if (f->found[i].evidence == l->evidence && f->found[i].anchor == l->anchor)
                        return;
        f->found[f->n++] = (struct pdane_found){l->evidence, l->anchor};
}

static void
find_by(const struct pdane_store *s, enum key_kind kind, struct pdane_bytes a, struct pdane_bytes b,
        struct finding *f)
{
        uint8_t digest[DIGEST];
        struct link *l;
        if (make_key(kind, a, b, digest) < 0)
                return;
        struct node *n = find_node(s, digest);
        if (!n)
                return;
        LIST_FOREACH (l, &n->links, entries)
                take(f, l);
}

size_t
pdane_store_find(const struct pdane_store *s, const struct pdane_wanted *w, int64_t now,
                 struct pdane_found *ret, size_t max)
{
        struct pdane_bytes none = {NULL, 0};
        struct finding f = {w, now, ret, 0, max};

        if (w->issuer.data && w->serial.data) {
                struct pdane_bytes content = serial_content(w->serial);
                if (content.data)
                        find_by(s, KEY_ISSUER_SERIAL, w->issuer, content, &f);
                find_by(s, KEY_ISSUER_SERIAL, w->issuer, w->serial,
                        &f); /* raw octets may look like DER */
        }
        if (w->subject.data)
                find_by(s, KEY_SUBJECT, w->subject, none, &f);
        if (w->value.data)
                find_by(s, KEY_VALUE, w->value, none, &f);
        return f.n;
}
