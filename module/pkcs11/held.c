/* SPDX-License-Identifier: BSD-3-Clause */
/* Copies of items, counted. Knows neither PKCS#11 nor who shares them. */
#include "held.h"

#include <stdlib.h>

#define ABSENT UINT16_MAX

/* The members of an item that are runs of bytes: every copy goes through this list. The value comes
 * first, as the others may lie in it. */
static const size_t parts[PDANE_HELD_PARTS] = {
        offsetof(struct pdane_item, value),  offsetof(struct pdane_item, subject),
        offsetof(struct pdane_item, issuer), offsetof(struct pdane_item, serial),
        offsetof(struct pdane_item, spki),   offsetof(struct pdane_item, id),
        offsetof(struct pdane_item, label),  offsetof(struct pdane_item, sha1),
        offsetof(struct pdane_item, sha256),
};

_Static_assert(PDANE_CERT_MAX + 2 * PDANE_DN_MAX + PDANE_SPKI_MAX + PDANE_SERIAL_MAX +
                               PDANE_ID_MAX + PDANE_LABEL_MAX + 20 + 32 <
                       ABSENT,
               "places and lengths fit");
_Static_assert(PDANE_ITEM_FLAGS <= UINT8_MAX, "flags fit");

static struct pdane_bytes
part(const struct pdane_item *item, size_t i)
{
        struct pdane_bytes b;

        memcpy(&b, (const char *)item + parts[i], sizeof(b));
        return b;
}

static void
drop(struct pdane_bytes *b)
{
        *b = (struct pdane_bytes){NULL, 0};
}

/* The item without what none of its objects shows (object.c). */
static struct pdane_item
of_use(const struct pdane_item *item)
{
        struct pdane_item kept = *item;

        if (!(item->flags & PDANE_ITEM_CERTIFICATE)) {
                drop(&kept.value);
                drop(&kept.subject);
                drop(&kept.spki);
                drop(&kept.id);
        }
        if (item->trust == PDANE_TRUST_NONE)
                drop(&kept.sha256);
        if (item->trust == PDANE_TRUST_NONE || !(item->flags & PDANE_ITEM_LEGACY_SHA1))
                drop(&kept.sha1);
        return kept;
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

/* Lays the parts out; returns how many bytes they take. */
static size_t
place(const struct pdane_item *item, struct pdane_held_part *places)
{
        size_t used = 0;

        for (size_t i = 0; i < PDANE_HELD_PARTS; i++) {
                struct pdane_bytes b = part(item, i);
                const uint8_t *within = within_value(item, i);

                places[i] = (struct pdane_held_part){0, ABSENT};
                if (!b.data)
                        continue;
                places[i].len = (uint16_t)b.len;
                places[i].at = (uint16_t)(within ? (size_t)(within - item->value.data) : used);
                used += within ? 0 : b.len;
        }
        return used;
}

struct pdane_held *
pdane_held_new(const struct pdane_item *item)
{
        struct pdane_item kept = of_use(item);
        struct pdane_held_part places[PDANE_HELD_PARTS];
        /* The decoder has bounded each length; the sum of nine of them cannot overflow. */
        size_t size = sizeof(struct pdane_held) + place(&kept, places);
        struct pdane_held *h = malloc(size);

        if (!h)
                return NULL;
        h->refs = 1;
        h->size = (uint32_t)size;
        h->flags = (uint8_t)item->flags;
        h->trust = (uint8_t)item->trust;
        memcpy(h->parts, places, sizeof(places));
        for (size_t i = 0; i < PDANE_HELD_PARTS; i++) {
                struct pdane_bytes b = part(&kept, i);

                if (b.len > 0) /* what lies in the certificate is written there once more */
                        memcpy(h->bytes + places[i].at, b.data, b.len);
        }
        return h;
}

struct pdane_item
pdane_held_item(const struct pdane_held *h)
{
        struct pdane_item item = {.flags = h->flags, .trust = (enum pdane_trust)h->trust};

        for (size_t i = 0; i < PDANE_HELD_PARTS; i++) {
                struct pdane_bytes b = {h->bytes + h->parts[i].at, h->parts[i].len};

                if (h->parts[i].len != ABSENT)
                        memcpy((char *)&item + parts[i], &b, sizeof(b));
        }
        return item;
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

/* Equal items are laid out alike. */
bool
pdane_held_equal(const struct pdane_held *a, const struct pdane_held *b)
{
        if (a == b)
                return true;
        return a->size == b->size && a->flags == b->flags && a->trust == b->trust &&
               memcmp(a->parts, b->parts, sizeof(a->parts)) == 0 &&
               memcmp(a->bytes, b->bytes, a->size - sizeof(*a)) == 0;
}
