/* SPDX-License-Identifier: BSD-3-Clause */
#include "chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

/* The length of the SEQUENCE at d, of which n bytes are there; its own length in two bytes, as that
 * of every certificate is. */
static size_t
length_of(const uint8_t *d, size_t n)
{
        if (n < 4 || d[0] != 0x30 || d[1] != 0x82)
                return 0;
        return 4 + ((size_t)d[2] << 8 | d[3]);
}

static uint8_t *
read_file(const char *path, size_t *ret_n)
{
        FILE *f = fopen(path, "rb");
        uint8_t *data;
        long n;

        if (!f || fseek(f, 0, SEEK_END) < 0 || (n = ftell(f)) <= 0 || fseek(f, 0, SEEK_SET) < 0)
                bench_fail(path);
        data = malloc((size_t)n);
        if (!data || fread(data, 1, (size_t)n, f) != (size_t)n)
                bench_fail(path);
        fclose(f);
        *ret_n = (size_t)n;
        return data;
}

void
bench_read_ders(const char *directory, const char *name, struct bench_ders *ret)
{
        char path[4096];
        size_t size, at = 0;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        *ret = (struct bench_ders){.data = read_file(path, &size)};
        ret->at = calloc(size / 4 + 2, sizeof(*ret->at));
        if (!ret->at)
                bench_fail(path);
        while (at < size) {
                size_t len = length_of(ret->data + at, size - at);

                if (len == 0 || len > size - at)
                        bench_fail(path);
                at += len;
                ret->at[++ret->n] = at;
        }
}
