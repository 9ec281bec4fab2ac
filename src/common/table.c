/* SPDX-License-Identifier: BSD-3-Clause */
/* The table's layout and the order in which it is read. Knows no questions. */
#include "common/table.h"

#include <errno.h>

#define WORD_BITS 64u

size_t
pdane_table_size(uint64_t bits)
{
        return sizeof(struct pdane_table) + (size_t)(bits / 8);
}

int
pdane_table_view(const void *memory, size_t size, struct pdane_table_view *ret)
{
        const struct pdane_table *t = memory;
        uint64_t bits;

        if (size < sizeof(*t) || t->magic != PDANE_TABLE_MAGIC)
                return -EBADMSG;
        bits = t->bits;
        if (bits < PDANE_TABLE_BITS_MIN || bits > PDANE_TABLE_BITS_MAX || (bits & (bits - 1)) ||
            size != pdane_table_size(bits))
                return -EBADMSG;
        *ret = (struct pdane_table_view){t, bits, t->key};
        return 0;
}

/*
 * The daemon closes the table (no_until_ms = 0, turn + 1) before anything changes that could turn a
 * "no" into something else, and opens it when all is done. So a look that begins while it is open
 * and ends in the same turn has seen one state.
 */
bool
pdane_table_look(const struct pdane_table_view *v, uint64_t now_ms, struct pdane_table_look *ret)
{
        const struct pdane_table *t = v->table;
        uint64_t until;

        if (!t)
                return false;
        ret->turn = atomic_load_explicit(&t->turn, memory_order_acquire);
        until = atomic_load_explicit(&t->no_until_ms, memory_order_acquire);
        ret->epoch = atomic_load_explicit(&t->epoch, memory_order_acquire);
        return atomic_load_explicit(&t->superseded, memory_order_acquire) == 0 && until > now_ms &&
               until - now_ms <= PDANE_TABLE_HORIZON_MS;
}

bool
pdane_table_held_still(const struct pdane_table_view *v, const struct pdane_table_look *l)
{
        const struct pdane_table *t = v->table;

        return atomic_load_explicit(&t->turn, memory_order_relaxed) == l->turn;
}

struct pdane_table_places
pdane_table_places(const struct pdane_siphash_key *key, uint64_t bits, enum pdane_table_kind kind,
                   struct pdane_bytes a, struct pdane_bytes b)
{
        uint64_t hash = pdane_siphash_pair(key, (uint8_t)kind, a, b);
        uint64_t step = hash >> 32 | 1; /* odd, so that no place comes twice */
        struct pdane_table_places p;

        for (uint64_t i = 0; i < PDANE_TABLE_PLACES; i++)
                p.bit[i] = (hash + i * step) & (bits - 1);
        return p;
}

static bool
is_set(const struct pdane_table *t, uint64_t bit)
{
        /* Acquire: the turn that is read after this is not an older one. */
        uint64_t word = atomic_load_explicit(&t->filter[bit / WORD_BITS], memory_order_acquire);

        return word >> (bit % WORD_BITS) & 1;
}

bool
pdane_table_may_hold(const struct pdane_table_view *v, enum pdane_table_kind kind,
                     struct pdane_bytes a, struct pdane_bytes b)
{
        struct pdane_table_places p = pdane_table_places(&v->key, v->bits, kind, a, b);

        for (size_t i = 0; i < PDANE_TABLE_PLACES; i++)
                if (!is_set(v->table, p.bit[i]))
                        return false;
        return true;
}
