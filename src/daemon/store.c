/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One table, hashed with a key that nobody else knows, by what a client may ask with. What is found
 * is compared by its bytes again.
 */
#include "daemon/store.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/siphash.h"

#define BUCKETS_MIN 256u /* powers of two */

enum key_kind { KEY_ISSUER_SERIAL = 'I', KEY_SUBJECT = 'S', KEY_VALUE = 'V' };

struct pdane_store {
        struct pdane_store_entry **buckets; /* the first entry of each hash */
        size_t n_buckets, n_hashes;
        /* While it grows: what is from moved on lies in the old buckets. */
        struct pdane_store_entry **old;
        size_t n_old, moved;
        struct pdane_siphash_key key;
        size_t count;
        void (*follower)(void *arg, const struct pdane_evidence *e);
        void *follower_arg;
        void (*key_follower)(void *arg, const struct pdane_store_key *key, bool added);
        void *key_follower_arg;
        bool (*permits)(void *arg, const struct pdane_evidence *e);
        void *permits_arg;
        LIST_HEAD(, pdane_evidence) all; /* the newest first */
        struct pdane_evidence *walk;     /* where it goes on; NULL: nowhere */
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

#define BY_SUBJECT 1 /* its place among a certificate's keys */
#define N_ENTRIES (2 * PDANE_STORE_WAYS)
#define BUCKETS_MOVED 4u /* with each key that is added, while the table grows */

/* One way to ask for a certificate; b is absent except for a serial. */
struct key {
        enum key_kind kind;
        struct pdane_bytes a, b;
};

static int
cert_keys(const struct pdane_cert *c, struct key ret[PDANE_STORE_WAYS])
{
        struct pdane_bytes none = {NULL, 0}, serial = serial_content(pdane_cert_serial(c));
        if (!serial.data)
                return -EINVAL;
        ret[0] = (struct key){KEY_ISSUER_SERIAL, pdane_cert_issuer(c), serial};
        ret[BY_SUBJECT] = (struct key){KEY_SUBJECT, pdane_cert_subject(c), none};
        ret[2] = (struct key){KEY_VALUE, pdane_cert_der(c), none};
        return 0;
}

static uint32_t
hash_key(const struct pdane_store *s, const struct key *k)
{
        return (uint32_t)pdane_siphash_pair(&s->key, (uint8_t)k->kind, k->a, k->b);
}

/* ---- the table ---- */

/* Where the first entry of a hash would be found. */
static struct pdane_store_entry **
bucket_of(const struct pdane_store *s, uint32_t hash)
{
        if (s->old && (hash & (s->n_old - 1)) >= s->moved)
                return &s->old[hash & (s->n_old - 1)];
        return &s->buckets[hash & (s->n_buckets - 1)];
}

/* What points to the first entry of that hash, or NULL at the end of its bucket. */
static struct pdane_store_entry **
find_first(const struct pdane_store *s, uint32_t hash)
{
        struct pdane_store_entry **at = bucket_of(s, hash);
        while (*at && (*at)->hash != hash)
                at = &(*at)->chained;
        return at;
}

static void
move_bucket(struct pdane_store *s)
{
        struct pdane_store_entry *first = s->old[s->moved++], *next;
        for (; first; first = next) {
                struct pdane_store_entry **to = &s->buckets[first->hash & (s->n_buckets - 1)];
                next = first->chained;
                first->chained = *to;
                *to = first;
        }
        if (s->moved < s->n_old)
                return;
        free(s->old);
        s->old = NULL;
}

/*
 * Twice as many buckets, and what is there moves over by and by: nobody waits for all of it.
 * Without memory for them the chains grow instead.
 */
static void
grow(struct pdane_store *s)
{
        for (unsigned i = 0; i < BUCKETS_MOVED && s->old; i++)
                move_bucket(s);
        if (s->old || s->n_hashes < s->n_buckets)
                return;
        struct pdane_store_entry **fresh =
                calloc(s->n_buckets * 2, sizeof(struct pdane_store_entry *));
        if (!fresh)
                return;
        s->old = s->buckets;
        s->n_old = s->n_buckets;
        s->moved = 0;
        s->buckets = fresh;
        s->n_buckets *= 2;
}

/* ---- entries ---- */

static struct pdane_evidence *
evidence_of(const struct pdane_store_entry *n)
{
        _Static_assert(offsetof(struct pdane_evidence, entries) == 0, "entries come first");
        return (struct pdane_evidence *)(uintptr_t)(n - n->number);
}

static bool
is_anchors(const struct pdane_store_entry *n)
{
        return n->number >= PDANE_STORE_WAYS;
}

/* The key of one entry. False when there is none, as of an anchor that is still to be made. */
static bool
key_of(const struct pdane_evidence *e, size_t number, struct key *ret)
{
        size_t way = number % PDANE_STORE_WAYS;
        const struct pdane_cert *c = number < PDANE_STORE_WAYS ? e->leaf : e->anchor;
        struct key keys[PDANE_STORE_WAYS];
        if (number == PDANE_STORE_WAYS + BY_SUBJECT && !e->anchor_failed) {
                *ret = (struct key){
                        KEY_SUBJECT, pdane_cert_subject(pdane_evidence_signer(e)), {NULL, 0}};
                return true;
        }
        if (!c || cert_keys(c, keys) < 0)
                return false;
        *ret = keys[way];
        return true;
}

static struct pdane_store_key
public_key(const struct key *k, uint8_t *mark)
{
        return (struct pdane_store_key){k->kind == KEY_ISSUER_SERIAL, k->a, k->b, mark};
}

static void
tell_key(const struct pdane_store *s, struct pdane_store_entry *n, const struct key *k, bool added)
{
        const struct pdane_store_key key = public_key(k, &n->mark);
        if (added)
                n->mark = 0;
        if (s->key_follower && k->kind != KEY_VALUE)
                s->key_follower(s->key_follower_arg, &key, added);
}

static void
link_entry(struct pdane_store *s, struct pdane_store_entry *n, const struct key *k)
{
        n->hash = hash_key(s, k);
        struct pdane_store_entry **at = find_first(s, n->hash);
        n->prev = NULL;
        n->next = *at;
        n->chained = *at ? (*at)->chained : NULL;
        if (*at)
                (*at)->prev = n;
        else
                s->n_hashes++;
        *at = n;
        n->linked = true;
        grow(s);
        tell_key(s, n, k, true);
}

static void
unlink_entry(struct pdane_store *s, struct pdane_store_entry *n, const struct key *k)
{
        if (!n->linked)
                return;
        if (n->next)
                n->next->prev = n->prev;
        if (n->prev) {
                n->prev->next = n->next;
        } else {
                struct pdane_store_entry **at = find_first(s, n->hash);
                *at = n->next ? n->next : n->chained;
                if (n->next)
                        n->next->chained = n->chained;
                else
                        s->n_hashes--;
        }
        n->linked = false;
        tell_key(s, n, k, false);
}

/* Entries [from, end) of e, as far as they are there. */
static void
unlink_entries(struct pdane_store *s, struct pdane_evidence *e, size_t from, size_t end)
{
        struct key key;
        for (size_t i = from; i < end; i++)
                if (key_of(e, i, &key))
                        unlink_entry(s, &e->entries[i], &key);
}

/* Those of them that are not there and can be. */
static void
link_entries(struct pdane_store *s, struct pdane_evidence *e, size_t from, size_t end)
{
        struct key key;
        for (size_t i = from; i < end; i++) {
                e->entries[i].number = (uint8_t)i;
                if (!e->entries[i].linked && key_of(e, i, &key))
                        link_entry(s, &e->entries[i], &key);
        }
}

/* ---- all of it ---- */

static void
tell_keys(struct pdane_evidence *e, void (*fn)(void *arg, const struct pdane_store_key *key),
          void *arg)
{
        for (size_t i = 0; i < N_ENTRIES; i++) {
                struct key k;
                if (!e->entries[i].linked || !key_of(e, i, &k) || k.kind == KEY_VALUE)
                        continue;
                const struct pdane_store_key key = public_key(&k, &e->entries[i].mark);
                fn(arg, &key);
        }
}

void
pdane_store_each_key(const struct pdane_store *s,
                     void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        struct pdane_evidence *e;
        LIST_FOREACH (e, &s->all, all)
                tell_keys(e, fn, arg);
}

void
pdane_store_walk_begin(struct pdane_store *s)
{
        s->walk = LIST_FIRST(&s->all);
}

bool
pdane_store_walk(struct pdane_store *s, size_t pieces,
                 void (*fn)(void *arg, const struct pdane_store_key *key), void *arg)
{
        for (; pieces > 0 && s->walk; pieces--) {
                struct pdane_evidence *e = s->walk;
                s->walk = LIST_NEXT(e, all);
                tell_keys(e, fn, arg);
        }
        return s->walk != NULL;
}

int
pdane_store_new(struct pdane_store **ret)
{
        struct pdane_store *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->n_buckets = BUCKETS_MIN;
        s->buckets = calloc(s->n_buckets, sizeof(struct pdane_store_entry *));
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

void
pdane_store_free(struct pdane_store *s)
{
        if (!s)
                return;
        free(s->old);
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

void
pdane_store_doubt(struct pdane_store *s, bool (*permits)(void *arg, const struct pdane_evidence *e),
                  void *arg)
{
        s->permits = permits;
        s->permits_arg = arg;
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
        struct key keys[PDANE_STORE_WAYS];
        if (e->stored)
                return -EEXIST;
        int r = cert_keys(e->leaf, keys);
        if (r == 0 && e->anchor)
                r = cert_keys(e->anchor, keys);
        if (r < 0)
                return r;
        LIST_INSERT_HEAD(&s->all, e, all); /* before anybody is told, who may begin a walk */
        link_entries(s, e, 0, N_ENTRIES);
        pdane_evidence_ref(e);
        e->stored = true;
        s->count++;
        tell(s, e);
        return 0;
}

void
pdane_store_supersede(struct pdane_store *s, struct pdane_evidence *e)
{
        if (!e->stored)
                return;
        if (!e->anchor) {
                pdane_store_remove(s, e);
                return;
        }
        unlink_entries(s, e, 0, PDANE_STORE_WAYS);
        unlink_entries(s, e, PDANE_STORE_WAYS + BY_SUBJECT, PDANE_STORE_WAYS + BY_SUBJECT + 1);
        tell(s, e);
}

void
pdane_store_remove(struct pdane_store *s, struct pdane_evidence *e)
{
        if (!e->stored)
                return;
        unlink_entries(s, e, 0, N_ENTRIES);
        if (s->walk == e)
                s->walk = LIST_NEXT(e, all);
        LIST_REMOVE(e, all);
        s->count--;
        e->stored = false;
        tell(s, e);
        pdane_evidence_unref(e);
}

struct pdane_cert *
pdane_store_anchor(struct pdane_store *s, struct pdane_evidence *e, int64_t now)
{
        if (!pdane_evidence_holds(e, now))
                return NULL;
        if (e->anchor || e->anchor_failed)
                return e->anchor;
        if (pdane_evidence_make_anchor(e, now) == 0) {
                link_entries(s, e, PDANE_STORE_WAYS, N_ENTRIES);
                return e->anchor;
        }
        unlink_entries(s, e, PDANE_STORE_WAYS, N_ENTRIES);
        pdane_evidence_forgo_anchor(e);
        return NULL;
}

size_t
pdane_store_count(const struct pdane_store *s)
{
        return s->count;
}

/* ---- finding ---- */

struct finding {
        const struct pdane_store *store;
        const struct pdane_wanted *wanted;
        int64_t now;
        struct pdane_found *found;
        size_t n, max;
};

static bool
is_wanted(const struct pdane_store_entry *n, const struct pdane_wanted *w)
{
        const struct pdane_evidence *e = evidence_of(n);
        const struct pdane_cert *c = is_anchors(n) ? e->anchor : e->leaf;
        if (!c) /* still to be made */
                return pdane_bytes_equal(pdane_cert_subject(pdane_evidence_signer(e)), w->subject);
        bool by_serial = pdane_bytes_equal(pdane_cert_issuer(c), w->issuer) &&
                         pdane_serial_equal(pdane_cert_serial(c), w->serial);
        return by_serial || pdane_bytes_equal(pdane_cert_subject(c), w->subject) ||
               pdane_bytes_equal(pdane_cert_der(c), w->value);
}

static void
take(struct finding *f, const struct pdane_store_entry *n)
{
        struct pdane_evidence *e = evidence_of(n);
        if (!pdane_evidence_holds(e, f->now) || !is_wanted(n, f->wanted))
                return;
        if (f->store->permits && !f->store->permits(f->store->permits_arg, e))
                return;
        for (size_t i = 0; i < f->n; i++)
                if (f->found[i].evidence == e && f->found[i].anchor == is_anchors(n))
                        return;
        f->found[f->n++] = (struct pdane_found){e, is_anchors(n)};
}

static void
find_by(const struct pdane_store *s, enum key_kind kind, struct pdane_bytes a, struct pdane_bytes b,
        struct finding *f)
{
        const struct key k = {kind, a, b};
        const struct pdane_store_entry *n = *find_first(s, hash_key(s, &k));
        for (; n && f->n < f->max; n = n->next)
                take(f, n);
}

size_t
pdane_store_find(const struct pdane_store *s, const struct pdane_wanted *w, int64_t now,
                 struct pdane_found *ret, size_t max)
{
        struct pdane_bytes none = {NULL, 0};
        struct finding f = {s, w, now, ret, 0, max};

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
