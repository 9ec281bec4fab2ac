/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of items, counted. Knows neither PKCS#11 nor who shares them. */
#include "held.h"

#include <stdlib.h>

/* The members of an item that are runs of bytes: every copy and comparison goes through this list.
 * The value comes first, as the others may lie in it. */
static const size_t parts[] = {
        offsetof(struct pdane_item, value),  offsetof(struct pdane_item, subject),
        offsetof(struct pdane_item, issuer), offsetof(struct pdane_item, serial),
        offsetof(struct pdane_item, spki),   offsetof(struct pdane_item, id),
        offsetof(struct pdane_item, label),  offsetof(struct pdane_item, sha1),
        offsetof(struct pdane_item, sha256),
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static struct pdane_bytes
part(const struct pdane_item *item, size_t i)
{
        struct pdane_bytes b;

        memcpy(&b, (const char *)item + parts[i], sizeof(b));
        return b;
}

static void
set_part(struct pdane_item *item, size_t i, struct pdane_bytes b)
{
        memcpy((char *)item + parts[i], &b, sizeof(b));
}

/* Where the certificate has part i word for word, which is then not kept twice; NULL: nowhere. Most
 * parts repeat what stands in it. */
static const uint8_t *
within_value(const struct pdane_item *item, size_t i)
{
        struct pdane_bytes b = part(item, i);

        if (parts[i] == offsetof(struct pdane_item, value) || !item->value.data || b.len == 0)
                return NULL;
        return memmem(item->value.data, item->value.len, b.data, b.len);
}

struct pdane_held *
pdane_held_new(const struct pdane_item *item)
{
        size_t size = sizeof(struct pdane_held), used = 0;
        const uint8_t *within[N_PARTS];
        struct pdane_held *h;

        /* The decoder has bounded each length; the sum of nine of them cannot overflow. */
        for (size_t i = 0; i < N_PARTS; i++) {
                within[i] = within_value(item, i);
                size += within[i] ? 0 : part(item, i).len;
        }
        h = malloc(size);
        if (!h)
                return NULL;
        h->refs = 1;
        h->size = size;
        h->item = *item;
        for (size_t i = 0; i < N_PARTS; i++) {
                struct pdane_bytes b = part(item, i);

                if (!b.data)
                        continue;
                if (within[i]) {
                        b.data = h->item.value.data + (within[i] - item->value.data);
                        set_part(&h->item, i, b);
                        continue;
                }
                if (b.len > 0)
                        memcpy(h->bytes + used, b.data, b.len);
                set_part(&h->item, i, (struct pdane_bytes){h->bytes + used, b.len});
                used += b.len;
        }
        return h;
}

struct pdane_held *
pdane_held_ref(struct pdane_held *h)
{
        h->refs++;
        return h;
}

void
pdane_held_unref(struct pdane_held *h)
{
        if (h && --h->refs == 0)
                free(h);
}

bool
pdane_held_equal(const struct pdane_held *a, const struct pdane_held *b)
{
        if (a->item.flags != b->item.flags || a->item.trust != b->item.trust)
                return false;
        for (size_t i = 0; i < N_PARTS; i++) {
                if (!pdane_bytes_equal(part(&a->item, i), part(&b->item, i)))
                        return false;
        }
        return true;
}
