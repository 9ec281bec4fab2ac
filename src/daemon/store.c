/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One table, hashed with a key that nobody else knows, by what a client may ask with. What is found
 * is compared by its bytes again.
 */
#include "daemon/store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "common/siphash.h"

#define BUCKETS_MIN 256u /* powers of two */

enum key_kind { KEY_ISSUER_SERIAL = 'I', KEY_SUBJECT = 'S', KEY_VALUE = 'V' };

struct link {
        LIST_ENTRY(link) entries;
        struct pdane_evidence *evidence;
        bool anchor;
};

/* All certificates with one key; in the unlikely case of two keys with one hash, of both. */
struct node {
        SLIST_ENTRY(node) chained;
        uint64_t hash;
        LIST_HEAD(links, link) links;
};
SLIST_HEAD(bucket, node);

struct pdane_store {
        struct bucket *buckets;
        size_t n_buckets, n_nodes;
        struct pdane_siphash_key key;
        size_t count;
        void (*follower)(void *arg, const struct pdane_evidence *e);
        void *follower_arg;
        void (*key_follower)(void *arg, const struct pdane_store_key *key, bool added);
        void *key_follower_arg;
};

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

/* One way to ask for a certificate; b is absent except for a serial. */
struct key {
        enum key_kind kind;
        struct pdane_bytes a, b;
};

static int
cert_keys(const struct pdane_cert *c, struct key ret[KEYS_PER_CERT])
{
        struct pdane_bytes none = {NULL, 0}, serial = serial_content(pdane_cert_serial(c));
        if (!serial.data)
                return -EINVAL;
        ret[0] = (struct key){KEY_ISSUER_SERIAL, pdane_cert_issuer(c), serial};
        ret[BY_SUBJECT] = (struct key){KEY_SUBJECT, pdane_cert_subject(c), none};
        ret[2] = (struct key){KEY_VALUE, pdane_cert_der(c), none};
        return 0;
}

static uint64_t
hash_key(const struct pdane_store *s, const struct key *k)
{
        return pdane_siphash_pair(&s->key, (uint8_t)k->kind, k->a, k->b);
}

/* ---- the table ---- */

static struct bucket *
bucket_of(const struct pdane_store *s, uint64_t hash)
{
        return &s->buckets[hash & (s->n_buckets - 1)];
}

static struct node *
find_node(const struct pdane_store *s, uint64_t hash)
{
        struct node *n;
        SLIST_FOREACH(n, bucket_of(s, hash), chained)
        if (n->hash == hash)
                return n;
        return NULL;
}

/* Twice as many buckets. Without memory for them the chains grow instead. */
static void
grow(struct pdane_store *s)
{
        struct bucket *old = s->buckets, *fresh = calloc(s->n_buckets * 2, sizeof *fresh);
        size_t n_old = s->n_buckets;
        if (!fresh)
                return;
        s->buckets = fresh;
        s->n_buckets *= 2;
        for (size_t i = 0; i < n_old; i++) {
                while (!SLIST_EMPTY(&old[i])) {
                        struct node *n = SLIST_FIRST(&old[i]);
                        SLIST_REMOVE_HEAD(&old[i], chained);
                        SLIST_INSERT_HEAD(bucket_of(s, n->hash), n, chained);
                }
        }
        free(old);
}

static struct node *
get_node(struct pdane_store *s, uint64_t hash)
{
        struct node *n = find_node(s, hash);
        if (n)
                return n;
        n = calloc(1, sizeof *n);
        if (!n)
                return NULL;
        n->hash = hash;
        LIST_INIT(&n->links);
        if (s->n_nodes == s->n_buckets)
                grow(s);
        SLIST_INSERT_HEAD(bucket_of(s, hash), n, chained);
        s->n_nodes++;
        return n;
}

static void
drop_if_empty(struct pdane_store *s, struct node *n)
{
        if (!LIST_EMPTY(&n->links))
                return;
        SLIST_REMOVE(bucket_of(s, n->hash), n, node, chained);
        s->n_nodes--;
        free(n);
}

/* ---- links ---- */

static struct link *
find_link(const struct node *n, const struct pdane_evidence *e, bool anchor)
{
        struct link *l;
        LIST_FOREACH (l, &n->links, entries)
                if (l->evidence == e && l->anchor == anchor)
                        return l;
        return NULL;
}

static void
tell_key(const struct pdane_store *s, const struct key *k, bool added)
{
        const struct pdane_store_key key = {k->kind == KEY_ISSUER_SERIAL, k->a, k->b};
        if (s->key_follower && k->kind != KEY_VALUE)
                s->key_follower(s->key_follower_arg, &key, added);
}

static int
add_link(struct pdane_store *s, const struct key *k, struct pdane_evidence *e, bool anchor)
{
        struct node *n = get_node(s, hash_key(s, k));
        if (!n)
                return -ENOMEM;
        struct link *l = calloc(1, sizeof *l);
        if (!l) {
                drop_if_empty(s, n);
                return -ENOMEM;
        }
        l->evidence = e;
        l->anchor = anchor;
        LIST_INSERT_HEAD(&n->links, l, entries);
        tell_key(s, k, true);
        return 0;
}

static void
remove_link(struct pdane_store *s, const struct key *k, const struct pdane_evidence *e, bool anchor)
{
        struct node *n = find_node(s, hash_key(s, k));
        struct link *l = n ? find_link(n, e, anchor) : NULL;
        if (!l)
                return;
        LIST_REMOVE(l, entries);
        free(l);
        drop_if_empty(s, n);
        tell_key(s, k, false);
}

static void
remove_cert(struct pdane_store *s, const struct pdane_cert *c, const struct pdane_evidence *e,
            bool anchor)
{
        struct key keys[KEYS_PER_CERT];
        if (cert_keys(c, keys) < 0)
                return;
        for (size_t i = 0; i < KEYS_PER_CERT; i++)
                remove_link(s, &keys[i], e, anchor);
}

static int
add_cert(struct pdane_store *s, const struct pdane_cert *c, struct pdane_evidence *e, bool anchor)
{
        struct key keys[KEYS_PER_CERT];
        int r = cert_keys(c, keys);
        for (size_t i = 0; i < KEYS_PER_CERT && r == 0; i++)
                r = add_link(s, &keys[i], e, anchor);
        if (r < 0)
                remove_cert(s, c, e, anchor);
        return r;
}

/* Which of the certificate's keys the node stands for: as many as have its hash. */
static void
each_key_of(const struct pdane_store *s, const struct node *n, const struct link *l,
            void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        struct key keys[KEYS_PER_CERT];
        if (cert_keys(l->anchor ? l->evidence->anchor : l->evidence->leaf, keys) < 0)
                return;
        for (size_t i = 0; i < KEYS_PER_CERT; i++) {
                const struct pdane_store_key key = {keys[i].kind == KEY_ISSUER_SERIAL, keys[i].a,
                                                    keys[i].b};
                if (keys[i].kind != KEY_VALUE && hash_key(s, &keys[i]) == n->hash)
                        fn(arg, &key);
        }
}

void
pdane_store_each_key(const struct pdane_store *s,
                     void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        struct node *n;
        struct link *l;
        for (size_t i = 0; i < s->n_buckets; i++)
                SLIST_FOREACH(n, &s->buckets[i], chained)
        LIST_FOREACH (l, &n->links, entries)
                each_key_of(s, n, l, fn, arg);
}

int
pdane_store_new(struct pdane_store **ret)
{
        struct pdane_store *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->n_buckets = BUCKETS_MIN;
        s->buckets = calloc(s->n_buckets, sizeof *s->buckets);
        int r = s->buckets ? 0 : -ENOMEM;
        if (r == 0 && getrandom(&s->key, sizeof s->key, 0) != (ssize_t)sizeof s->key)
                r = -EIO;
        if (r < 0) {
                pdane_store_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

static void
free_node(struct node *n)
{
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
        for (size_t i = 0; s->buckets && i < s->n_buckets; i++) {
                while (!SLIST_EMPTY(&s->buckets[i])) {
                        struct node *n = SLIST_FIRST(&s->buckets[i]);
                        SLIST_REMOVE_HEAD(&s->buckets[i], chained);
                        free_node(n);
                }
        }
        free(s->buckets);
        free(s);
}

void
pdane_store_follow_keys(struct pdane_store *s,
                        void (*fn)(void *arg, const struct pdane_store_key *key, bool added),
                        void *arg)
{
        s->key_follower = fn;
        s->key_follower_arg = arg;
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
        struct key keys[KEYS_PER_CERT];
        if (!e->stored)
                return;
        if (!e->anchor || cert_keys(e->anchor, keys) < 0) {
                pdane_store_remove(s, e);
                return;
        }
        remove_cert(s, e->leaf, e, false);
        remove_link(s, &keys[BY_SUBJECT], e, true);
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
        const struct key k = {kind, a, b};
        struct node *n = find_node(s, hash_key(s, &k));
        struct link *l;
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
