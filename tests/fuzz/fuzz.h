/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every fuzz target has: an entry, an input that is taken apart from the front, and checks
 * that stop the program. A target knows nothing of who drives it: libFuzzer, or replay.c with
 * files.
 */
#ifndef PDANE_FUZZ_H
#define PDANE_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv); /* optional */

/* An invariant. Not assert(): it must hold in every build. */
#define FUZZ_CHECK(ok)                                                                             \
        do {                                                                                       \
                if (!(ok)) {                                                                       \
                        fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #ok);    \
                        abort();                                                                   \
                }                                                                                  \
        } while (0)

struct fuzz_input {
        const uint8_t *data;
        size_t len;
};

/* Zeros follow the end, so that short inputs are whole inputs. */
static inline uint8_t
fuzz_u8(struct fuzz_input *in)
{
        uint8_t v = in->len > 0 ? in->data[0] : 0;

        if (in->len > 0) {
                in->data++;
                in->len--;
        }
        return v;
}

static inline uint16_t
fuzz_u16(struct fuzz_input *in)
{
        uint16_t high = fuzz_u8(in);

        return (uint16_t)(high << 8 | fuzz_u8(in));
}

static inline uint32_t
fuzz_u32(struct fuzz_input *in)
{
        uint32_t high = fuzz_u16(in);

        return high << 16 | fuzz_u16(in);
}

/* 0..n-1 */
static inline unsigned
fuzz_pick(struct fuzz_input *in, unsigned n)
{
        return fuzz_u8(in) % n;
}

/* The next n bytes, or what there is. */
static inline struct fuzz_input
fuzz_take(struct fuzz_input *in, size_t n)
{
        struct fuzz_input part = {in->data, n < in->len ? n : in->len};

        in->data += part.len;
        in->len -= part.len;
        return part;
}

/* Bytes after a 16-bit length. */
static inline struct fuzz_input
fuzz_blob(struct fuzz_input *in)
{
        return fuzz_take(in, fuzz_u16(in));
}

/* The same as a string in memory of its own, without NUL in it. Caller frees. */
static inline char *
fuzz_string(struct fuzz_input in)
{
        size_t n = in.len > 0 ? strnlen((const char *)in.data, in.len) : 0;
        char *s = malloc(n + 1);

        FUZZ_CHECK(s);
        if (n > 0)
                memcpy(s, in.data, n);
        s[n] = '\0';
        return s;
}

/* A regular file with these bytes, without a name: /proc/self/fd/N into path. Caller closes. */
int fuzz_file(struct fuzz_input in, char path[static 32]);

#endif
