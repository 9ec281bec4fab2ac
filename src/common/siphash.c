/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4, in the order of its paper. */
#include "common/siphash.h"

struct state {
        uint64_t v[4];
        uint64_t word; /* bytes that do not make eight yet */
        size_t len;
};

static uint64_t
rotate(uint64_t x, unsigned by)
{
        return (x << by) | (x >> (64 - by));
}

/* In place, so that what it works on stays in registers from one to the next. */
static inline __attribute__((always_inline)) void
mix(uint64_t v[static 4])
{
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
}

static void
take_word(struct state *s, uint64_t word)
{
        uint64_t v[4] = {s->v[0], s->v[1], s->v[2], s->v[3] ^ word};

        mix(v);
        mix(v);
        s->v[0] = v[0] ^ word;
        s->v[1] = v[1];
        s->v[2] = v[2];
        s->v[3] = v[3];
}

/* Little-endian, whatever this machine is. Without a loop: compilers know this as one load. */
static uint64_t
load(const uint8_t *p)
{
        return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
               (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
               (uint64_t)p[7] << 56;
}

static void
take_byte(struct state *s, uint8_t byte)
{
        s->word |= (uint64_t)byte << (8 * (s->len % 8));
        if (++s->len % 8 == 0) {
                take_word(s, s->word);
                s->word = 0;
        }
}

static void
take(struct state *s, const uint8_t *p, size_t len)
{
        for (; len > 0 && s->len % 8 != 0; len--)
                take_byte(s, *p++);
        for (; len >= 8; len -= 8, p += 8, s->len += 8)
                take_word(s, load(p));
        for (; len > 0; len--)
                take_byte(s, *p++);
}

static struct state
start(const struct pdane_siphash_key *key)
{
        return (struct state){
                .v = {key->k[0] ^ 0x736f6d6570736575u, key->k[1] ^ 0x646f72616e646f6du,
                      key->k[0] ^ 0x6c7967656e657261u, key->k[1] ^ 0x7465646279746573u}};
}

static uint64_t
finish(struct state *s)
{
        take_word(s, s->word | (uint64_t)(s->len & 0xff) << 56);
        s->v[2] ^= 0xff;
        for (unsigned i = 0; i < 4; i++)
                mix(s->v);
        return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

uint64_t
pdane_siphash(const struct pdane_siphash_key *key, const void *data, size_t len)
{
        struct state s = start(key);

        take(&s, data, len);
        return finish(&s);
}

uint64_t
pdane_siphash_pair(const struct pdane_siphash_key *key, uint8_t kind, struct pdane_bytes a,
                   struct pdane_bytes b)
{
        struct state s = start(key);

        take_word(&s, (uint64_t)kind << 56 | (uint64_t)a.len);
        s.len = 8;
        take(&s, a.data, a.data ? a.len : 0);
        take(&s, b.data, b.data ? b.len : 0);
        return finish(&s);
}
