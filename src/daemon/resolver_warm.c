/* SPDX-License-Identifier: BSD-3-Clause */
/* The names above a host, and a small table of those told lately: the slot's latest wins. */
#include "daemon/resolver_warm.h"

#include <string.h>

/* Registries sell names below "co.uk" and "com.au": a second label this short is likely theirs. */
#define REGISTRY_LABEL_MAX 3

static uint64_t
hash_name(const char *name)
{
        uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
        for (; *name; name++)
                h = (h ^ (uint8_t)*name) * 0x100000001b3u;
        return h ? h : 1;
}

static bool
is_due(struct pdane_warm *w, const char *name, int64_t now_ms)
{
        uint64_t h = hash_name(name);
        struct pdane_warm_slot *slot = &w->slots[h % PDANE_WARM_SLOTS];
        if (slot->name == h && now_ms < slot->until_ms)
                return false;
        *slot = (struct pdane_warm_slot){h, now_ms + PDANE_WARM_MS};
        return true;
}

/* The part of name behind its first label; "" when that was the only one. */
static const char *
parent_of(const char *name)
{
        const char *dot = strchr(name, '.');
        return dot ? dot + 1 : name + strlen(name);
}

static size_t
count_labels(const char *name)
{
        size_t n = 0;
        for (; *name; name = parent_of(name))
                n++;
        return n;
}

static bool
may_be_apex(const char *host, size_t labels)
{
        if (labels != 3)
                return labels < 3;
        const char *second = parent_of(host);
        return strcspn(second, ".") <= REGISTRY_LABEL_MAX;
}

size_t
pdane_warm_zones(struct pdane_warm *w, const char *host, int64_t now_ms,
                 const char *ret[PDANE_WARM_NAMES_MAX])
{
        const char *zones[PDANE_WARM_NAMES_MAX];
        size_t labels = count_labels(host), n = 0, found = 0;
        const char *name = host;
        if (!may_be_apex(host, labels)) {
                name = parent_of(host);
                labels--;
        }
        for (; labels >= PDANE_WARM_NAMES_MAX; labels--)
                name = parent_of(name);
        for (; *name; name = parent_of(name))
                zones[n++] = name;
        zones[n++] = name; /* the root */
        while (n > 0) {
                const char *zone = zones[--n];
                if (is_due(w, zone, now_ms))
                        ret[found++] = zone;
        }
        return found;
}

/* ---- signed zones ---- */

void
pdane_warm_note_signed(struct pdane_warm *w, const char *zone, int64_t now_ms)
{
        uint64_t h = hash_name(zone);
        if (count_labels(zone) > 1)
                w->signed_zones[h % PDANE_WARM_SLOTS] =
                        (struct pdane_warm_slot){h, now_ms + PDANE_WARM_SIGNED_MS};
}

static bool
is_noted(const struct pdane_warm_slot *slots, size_t n, const char *zone, int64_t now_ms)
{
        uint64_t h = hash_name(zone);
        const struct pdane_warm_slot *slot = &slots[h % n];
        return slot->name == h && now_ms < slot->until_ms;
}

bool
pdane_warm_is_signed(const struct pdane_warm *w, const char *host, int64_t now_ms)
{
        return is_noted(w->signed_zones, PDANE_WARM_SLOTS, host, now_ms) ||
               is_noted(w->signed_zones, PDANE_WARM_SLOTS, parent_of(host), now_ms);
}

/* ---- unsigned zones ---- */

static void
note_plain(struct pdane_warm *w, const char *name, int64_t until_ms)
{
        uint64_t h = hash_name(name);
        if (count_labels(name) > 1)
                w->plain[h % PDANE_WARM_PLAIN_SLOTS] = (struct pdane_warm_slot){h, until_ms};
}

static void
note_host(struct pdane_warm *w, const char *host, int64_t until_ms)
{
        note_plain(w, host, until_ms);
        note_plain(w, parent_of(host), until_ms);
}

void
pdane_warm_note_unsigned(struct pdane_warm *w, const char *host, int64_t now_ms)
{
        note_host(w, host, now_ms + PDANE_WARM_SIGNED_MS);
}

bool
pdane_warm_asks_ahead(struct pdane_warm *w, const char *host, int64_t now_ms)
{
        if (count_labels(host) < 2 || is_noted(w->plain, PDANE_WARM_PLAIN_SLOTS, host, now_ms) ||
            is_noted(w->plain, PDANE_WARM_PLAIN_SLOTS, parent_of(host), now_ms))
                return false;
        note_host(w, host, now_ms + PDANE_WARM_ASKED_MS);
        return true;
}
