/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hash that tables and memories are made with, beside a slow one that is read off the paper.
 * The key, a kind, which of two runs of bytes there are, the first after its length, the other.
 */
#include "fuzz.h"

#include "common/siphash.h"

static uint64_t
left(uint64_t x, unsigned by)
{
        return x << by | x >> (64 - by);
}

static void
sip_rounds(uint64_t v[4], unsigned n)
{
        while (n-- > 0) {
                v[0] += v[1], v[2] += v[3];
                v[1] = left(v[1], 13), v[3] = left(v[3], 16);
                v[1] ^= v[0], v[3] ^= v[2];
                v[0] = left(v[0], 32);
                v[2] += v[1], v[0] += v[3];
                v[1] = left(v[1], 17), v[3] = left(v[3], 21);
                v[1] ^= v[2], v[3] ^= v[0];
                v[2] = left(v[2], 32);
        }
}

/* The last word has the length in its highest byte. */
static uint64_t
slowly(const struct pdane_siphash_key *key, const uint8_t *data, size_t len)
{
        static const char constants[] = "somepseudorandomlygeneratedbytes";
        uint64_t v[4] = {0};

        for (unsigned i = 0; i < 4; i++) {
                for (unsigned k = 0; k < 8; k++)
                        v[i] = v[i] << 8 | (uint8_t)constants[i * 8 + k];
                v[i] ^= key->k[i % 2];
        }
        for (size_t at = 0; at <= len / 8; at++) {
                uint64_t word = at == len / 8 ? (uint64_t)(len % 256) << 56 : 0;

                for (size_t i = at * 8; i < at * 8 + 8 && i < len; i++)
                        word |= (uint64_t)data[i] << i % 8 * 8;
                v[3] ^= word;
                sip_rounds(v, 2);
                v[0] ^= word;
        }
        v[2] ^= 255;
        sip_rounds(v, 4);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* In memory of exactly its size. */
static struct pdane_bytes
exactly(struct fuzz_input in, bool there)
{
        uint8_t *copy;

        if (!there)
                return (struct pdane_bytes){NULL, 0};
        copy = malloc(in.len > 0 ? in.len : 1);
        FUZZ_CHECK(copy);
        if (in.len > 0)
                memcpy(copy, in.data, in.len);
        return (struct pdane_bytes){copy, in.len};
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
        struct fuzz_input in = {data, len};
        struct pdane_siphash_key key = {{fuzz_u32(&in), fuzz_u32(&in)}};
        uint8_t kind = fuzz_u8(&in), which = fuzz_u8(&in);
        struct pdane_bytes a = exactly(fuzz_blob(&in), !(which & 1)), b = exactly(in, !(which & 2));
        uint8_t *whole = malloc(8 + a.len + b.len);

        key.k[0] |= key.k[0] << 31;
        key.k[1] |= key.k[1] << 32;
        FUZZ_CHECK(whole);
        FUZZ_CHECK(pdane_siphash(&key, b.data, b.len) == slowly(&key, b.data, b.len));
        for (unsigned i = 0; i < 7; i++)
                whole[i] = (uint8_t)((uint64_t)a.len >> 8 * i);
        whole[7] = kind;
        if (a.len > 0)
                memcpy(whole + 8, a.data, a.len);
        if (b.len > 0)
                memcpy(whole + 8 + a.len, b.data, b.len);
        FUZZ_CHECK(pdane_siphash_pair(&key, kind, a, b) == slowly(&key, whole, 8 + a.len + b.len));
        free(whole);
        free((void *)(uintptr_t)a.data);
        free((void *)(uintptr_t)b.data);
        return 0;
}
