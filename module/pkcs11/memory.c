/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions and their answers, in a plain array: a few hundred entries, in chains by a hash and
 * compared byte by byte. */
#include "memory.h"

#include <stdlib.h>

static bool
is_by_subject_alone(const struct pdane_question *q)
{
        return q->subject.data && !q->issuer.data && !q->serial.data && !q->value.data;
}

uint64_t
pdane_memory_hold_ms(const struct pdane_question *q, const struct pdane_answer *a)
{
        uint64_t hold = (uint64_t)a->remember_s * 1000u;

        if (is_by_subject_alone(q))
                return 0;
        /* A "no" is asked again as soon as a verification is surely over: the lookup may end any
         * time. */
        if (hold < PDANE_HOLD_MIN_MS || a->n_items == 0)
                hold = PDANE_HOLD_MIN_MS;
        if (hold > PDANE_HOLD_MAX_MS)
                hold = PDANE_HOLD_MAX_MS;
        for (size_t i = 0; i < a->n_items; i++) {
                uint64_t expires = (uint64_t)a->items[i].expires_s * 1000u;

                if (expires < hold)
                        hold = expires;
        }
        return hold;
}

/* The content octets of a serial: both forms that NSS sends become the same run of bytes. */
static struct pdane_bytes
serial_content(struct pdane_bytes s)
{
        if (s.data && s.len >= 2 && s.data[0] == 0x02 && s.data[1] < 0x80 && s.data[1] == s.len - 2)
                return (struct pdane_bytes){s.data + 2, s.len - 2};
        return s;
}

#define N_FIELDS 4u
#define ABSENT UINT16_MAX

_Static_assert(PDANE_DN_MAX < ABSENT && PDANE_SERIAL_MAX < ABSENT && PDANE_CERT_MAX < ABSENT,
               "lengths fit");

/* What makes two questions one. */
struct key {
        enum pdane_client client;
        uint32_t hash;
        struct pdane_bytes fields[N_FIELDS];
};

/*
 * Equal questions have equal hashes; others that do cost a comparison. Whoever makes up
 * certificates can make many that do, whatever the hash: so it is a cheap one.
 */
static uint64_t
stir(uint64_t hash, struct pdane_bytes b)
{
        const uint64_t odd = 0x9e3779b97f4a7c15u;
        uint64_t word;

        for (; b.len >= sizeof(word); b.data += sizeof(word), b.len -= sizeof(word)) {
                memcpy(&word, b.data, sizeof(word));
                hash = (hash ^ word) * odd;
                hash ^= hash >> 32;
        }
        for (; b.len > 0; b.data++, b.len--)
                hash = (hash ^ *b.data) * odd;
        return hash ^ hash >> 32;
}

static struct key
key_of(const struct pdane_question *q)
{
        struct key k = {q->client, 0, {q->issuer, serial_content(q->serial), q->subject, q->value}};
        uint64_t hash = (uint64_t)q->client;

        for (size_t i = 0; i < N_FIELDS; i++)
                if (k.fields[i].data)
                        hash = stir(hash + i, k.fields[i]);
        k.hash = (uint32_t)hash;
        return k;
}

static const uint8_t *
fields_of(const struct pdane_remembered *e)
{
        return (const uint8_t *)(e->items + e->n_items);
}

static bool
is_about(const struct pdane_remembered *e, const struct key *k)
{
        const uint8_t *at = fields_of(e);

        if (e->client != k->client)
                return false;
        for (size_t i = 0; i < N_FIELDS; i++) {
                const struct pdane_bytes *b = &k->fields[i];

                if (e->lengths[i] != (b->data ? b->len : ABSENT))
                        return false;
                if (!b->data)
                        continue;
                if (memcmp(at, b->data, b->len) != 0)
                        return false;
                at += b->len;
        }
        return true;
}

static void
entry_free(struct pdane_remembered *e)
{
        for (size_t i = 0; i < e->n_items; i++)
                pdane_held_unref(e->items[i]);
        free(e);
}

_Static_assert(PDANE_MEMORY_ENTRIES < UINT16_MAX, "places fit into the chains");

static uint16_t *
head_of(struct pdane_memory *m, uint32_t hash)
{
        return &m->heads[hash % PDANE_MEMORY_ENTRIES];
}

/* What leads to entry i, which is in its chain. */
static uint16_t *
link_to(struct pdane_memory *m, size_t i)
{
        uint16_t *link = head_of(m, m->hashes[i]);

        while (*link != i + 1)
                link = &m->nexts[*link - 1];
        return link;
}

/* The last entry takes the place of what goes. */
static void
drop(struct pdane_memory *m, size_t i)
{
        struct pdane_remembered *e = m->entries[i];
        size_t last = m->n - 1;

        m->bytes -= e->size;
        *link_to(m, i) = m->nexts[i];
        if (i != last) {
                *link_to(m, last) = (uint16_t)(i + 1);
                m->entries[i] = m->entries[last];
                m->hashes[i] = m->hashes[last];
                m->used[i] = m->used[last];
                m->nexts[i] = m->nexts[last];
        }
        m->entries[last] = NULL;
        m->n = last;
        entry_free(e);
}

static void
drop_expired(struct pdane_memory *m, uint64_t now_ms)
{
        if (now_ms < m->next_end_ms)
                return;
        m->next_end_ms = UINT64_MAX;
        for (size_t i = 0; i < m->n;) {
                uint64_t until_ms = m->entries[i]->until_ms;

                if (until_ms <= now_ms) {
                        drop(m, i);
                        continue;
                }
                if (until_ms < m->next_end_ms)
                        m->next_end_ms = until_ms;
                i++;
        }
}

static void
make_room(struct pdane_memory *m, size_t size)
{
        while (m->n == PDANE_MEMORY_ENTRIES || (m->n > 0 && m->bytes + size > PDANE_MEMORY_BYTES)) {
                size_t oldest = 0;

                for (size_t i = 1; i < m->n; i++) {
                        if (m->used[i] < m->used[oldest])
                                oldest = i;
                }
                drop(m, oldest);
        }
}

static const struct pdane_remembered *
find(struct pdane_memory *m, const struct key *k)
{
        for (uint16_t at = *head_of(m, k->hash); at != 0; at = m->nexts[at - 1]) {
                size_t i = at - 1u;

                if (m->hashes[i] == k->hash && is_about(m->entries[i], k)) {
                        m->used[i] = ++m->uses;
                        return m->entries[i];
                }
        }
        return NULL;
}

const struct pdane_remembered *
pdane_memory_find(struct pdane_memory *m, const struct pdane_question *q, uint64_t now_ms)
{
        struct key k;

        drop_expired(m, now_ms);
        if (m->n == 0)
                return NULL;
        k = key_of(q);
        return find(m, &k);
}

/* An entry with n items, still NULL. */
static struct pdane_remembered *
entry_new(const struct key *k, size_t n)
{
        size_t size = sizeof(struct pdane_remembered) + n * sizeof(struct pdane_held *);
        struct pdane_remembered *e;
        uint8_t *at;

        /* The caller has held each field to its limit, so the sum cannot overflow. */
        for (size_t i = 0; i < N_FIELDS; i++)
                size += k->fields[i].data ? k->fields[i].len : 0;
        e = calloc(1, size);
        if (!e)
                return NULL;
        e->size = (uint32_t)size;
        e->client = (uint8_t)k->client;
        e->n_items = (uint8_t)n;
        at = (uint8_t *)(e->items + n);
        for (size_t i = 0; i < N_FIELDS; i++) {
                const struct pdane_bytes *b = &k->fields[i];

                e->lengths[i] = b->data ? (uint16_t)b->len : ABSENT;
                if (!b->data || b->len == 0)
                        continue;
                memcpy(at, b->data, b->len);
                at += b->len;
        }
        return e;
}

/* An entry that holds copies of the answer's items, or NULL. */
static struct pdane_remembered *
entry_with_items(const struct key *k, const struct pdane_answer *a)
{
        struct pdane_remembered *e = entry_new(k, a ? a->n_items : 0);

        for (size_t i = 0; e && i < e->n_items; i++) {
                e->items[i] = pdane_held_new(&a->items[i]);
                if (!e->items[i]) {
                        entry_free(e);
                        return NULL;
                }
                e->size += e->items[i]->size;
        }
        return e;
}

const struct pdane_remembered *
pdane_memory_store(struct pdane_memory *m, const struct pdane_question *q,
                   const struct pdane_answer *a, uint64_t hold_ms, uint64_t now_ms)
{
        const struct key k = key_of(q);
        const struct pdane_remembered *first;
        struct pdane_remembered *e;

        drop_expired(m, now_ms);
        first = find(m, &k);
        if (first)
                return first;
        e = entry_with_items(&k, a);
        if (!e)
                return NULL;
        e->until_ms = now_ms + hold_ms;
        make_room(m, e->size);
        if (e->until_ms < m->next_end_ms)
                m->next_end_ms = e->until_ms;
        m->hashes[m->n] = k.hash;
        m->used[m->n] = ++m->uses;
        m->nexts[m->n] = *head_of(m, k.hash);
        m->entries[m->n++] = e;
        *head_of(m, k.hash) = (uint16_t)m->n;
        m->bytes += e->size;
        return e;
}

void
pdane_memory_clear(struct pdane_memory *m)
{
        while (m->n > 0)
                drop(m, m->n - 1);
}
