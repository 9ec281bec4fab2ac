/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions and their answers, in a plain array: a few hundred entries, in chains by a hash and
 * compared byte by byte. */
#include "memory.h"

#include <stdlib.h>

#include "common/siphash.h"

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

static bool
same_bytes(struct pdane_bytes a, struct pdane_bytes b)
{
        if (!a.data || !b.data)
                return a.data == b.data;
        return pdane_bytes_equal(a, b);
}

static bool
same_question(const struct pdane_question *a, const struct pdane_question *b)
{
        return a->client == b->client &&
               same_bytes(serial_content(a->serial), serial_content(b->serial)) &&
               same_bytes(a->issuer, b->issuer) && same_bytes(a->subject, b->subject) &&
               same_bytes(a->value, b->value);
}

/* Equal questions have equal hashes; others that do cost a comparison. */
static uint64_t
hash_of(const struct pdane_question *q)
{
        static const struct pdane_siphash_key plain;
        uint64_t by_number = pdane_siphash_pair(&plain, (uint8_t)q->client, q->issuer,
                                                serial_content(q->serial));

        if (!q->subject.data && !q->value.data)
                return by_number;
        return by_number ^ pdane_siphash_pair(&plain, 0, q->subject, q->value);
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
head_of(struct pdane_memory *m, uint64_t hash)
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
find(struct pdane_memory *m, const struct pdane_question *q, uint64_t hash)
{
        for (uint16_t at = *head_of(m, hash); at != 0; at = m->nexts[at - 1]) {
                size_t i = at - 1u;

                if (m->hashes[i] == hash && same_question(&m->entries[i]->question, q)) {
                        m->used[i] = ++m->uses;
                        return m->entries[i];
                }
        }
        return NULL;
}

const struct pdane_remembered *
pdane_memory_find(struct pdane_memory *m, const struct pdane_question *q, uint64_t now_ms)
{
        drop_expired(m, now_ms);
        return m->n > 0 ? find(m, q, hash_of(q)) : NULL;
}

/* Copies one field of the question to *at, which moves behind it. */
static struct pdane_bytes
keep(uint8_t **at, struct pdane_bytes b)
{
        struct pdane_bytes kept = {*at, b.len};

        if (!b.data)
                return b;
        if (b.len > 0)
                memcpy(*at, b.data, b.len);
        *at += b.len;
        return kept;
}

/* An entry with room for n items, none in it yet. */
static struct pdane_remembered *
entry_new(const struct pdane_question *q, size_t n)
{
        /* The caller has held each field to its limit, so the sum cannot overflow. */
        size_t size = sizeof(struct pdane_remembered) + n * sizeof(struct pdane_held *) +
                      q->issuer.len + q->serial.len + q->subject.len + q->value.len;
        struct pdane_remembered *e = calloc(1, size);
        uint8_t *at;

        if (!e)
                return NULL;
        at = (uint8_t *)(e->items + n);
        e->size = size;
        e->question.client = q->client;
        e->question.issuer = keep(&at, q->issuer);
        e->question.serial = keep(&at, q->serial);
        e->question.subject = keep(&at, q->subject);
        e->question.value = keep(&at, q->value);
        return e;
}

/* An entry that holds copies of the answer's items, or NULL. */
static struct pdane_remembered *
entry_with_items(const struct pdane_question *q, const struct pdane_answer *a)
{
        size_t n = a ? a->n_items : 0;
        struct pdane_remembered *e = entry_new(q, n);

        for (size_t i = 0; e && i < n; i++) {
                struct pdane_held *h = pdane_held_new(&a->items[i]);

                if (!h) {
                        entry_free(e);
                        return NULL;
                }
                e->items[e->n_items++] = h;
                e->size += h->size;
        }
        return e;
}

const struct pdane_remembered *
pdane_memory_store(struct pdane_memory *m, const struct pdane_question *q,
                   const struct pdane_answer *a, uint64_t hold_ms, uint64_t now_ms)
{
        const struct pdane_remembered *first;
        struct pdane_remembered *e;
        uint64_t hash = hash_of(q);

        drop_expired(m, now_ms);
        first = find(m, q, hash);
        if (first)
                return first;
        e = entry_with_items(q, a);
        if (!e)
                return NULL;
        e->until_ms = now_ms + hold_ms;
        make_room(m, e->size);
        if (e->until_ms < m->next_end_ms)
                m->next_end_ms = e->until_ms;
        m->hashes[m->n] = hash;
        m->used[m->n] = ++m->uses;
        m->nexts[m->n] = *head_of(m, hash);
        m->entries[m->n++] = e;
        *head_of(m, hash) = (uint16_t)m->n;
        m->bytes += e->size;
        return e;
}

void
pdane_memory_clear(struct pdane_memory *m)
{
        while (m->n > 0)
                drop(m, m->n - 1);
}
