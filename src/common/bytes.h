/* SPDX-License-Identifier: BSD-3-Clause */
/* A borrowed run of bytes. It owns nothing: whoever hands one out says how long it lives. */
#ifndef PDANE_BYTES_H
#define PDANE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pdane_bytes {
        const uint8_t *data; /* NULL: absent. Present and empty has data != NULL, len 0. */
        size_t len;
};

static inline bool
pdane_bytes_present(struct pdane_bytes b)
{
        return b.data != NULL;
}

/* True when both are present and hold the same bytes. */
static inline bool
pdane_bytes_equal(struct pdane_bytes a, struct pdane_bytes b)
{
        return a.data && b.data && a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

#endif
