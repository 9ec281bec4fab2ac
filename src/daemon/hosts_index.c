/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which host it is, by name and port. Names come from strangers' certificates: the hash has a key
 * that nobody else knows, so that they cannot choose what falls together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/hosts_impl.h"

/* As many at the start as at the end: with the most hosts that there may be, four fall together. */
#define BUCKETS (PDANE_HOSTS_MAX / 4)
_Static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a power of two");

int
pdane_hosts_index_new(struct pdane_hosts *hs)
{
        if (getrandom(&hs->key, sizeof hs->key, 0) != (ssize_t)sizeof hs->key)
                return -EIO;
        hs->buckets = calloc(BUCKETS, sizeof(struct pdane_host *));
        return hs->buckets ? 0 : -ENOMEM;
}

static uint32_t
hash_of(const struct pdane_hosts *hs, const char *text, bool wildcard, uint16_t port)
{
        struct pdane_bytes name = {(const uint8_t *)text, strlen(text)};
        struct pdane_bytes number = {(const uint8_t *)&port, sizeof port};
        return (uint32_t)pdane_siphash_pair(&hs->key, wildcard, name, number);
}

/* What points to the first host of a bucket. */
static struct pdane_host **
bucket_of(const struct pdane_hosts *hs, uint32_t hash)
{
        return &hs->buckets[hash & (BUCKETS - 1)];
}

struct pdane_host *
pdane_hosts_find(const struct pdane_hosts *hs, const struct pdane_name *name, uint16_t port)
{
        uint32_t hash = hash_of(hs, name->text, name->wildcard, port);
        struct pdane_host *h = *bucket_of(hs, hash);
        while (h && !(h->hash == hash && h->port == port && pdane_host_has_name(h, name)))
                h = h->chained;
        return h;
}

void
pdane_hosts_index_add(struct pdane_hosts *hs, struct pdane_host *h)
{
        h->hash = hash_of(hs, h->name, h->wildcard, h->port);
        struct pdane_host **bucket = bucket_of(hs, h->hash);
        h->chained = *bucket;
        *bucket = h;
}

void
pdane_hosts_index_remove(struct pdane_hosts *hs, const struct pdane_host *h)
{
        struct pdane_host **at = bucket_of(hs, h->hash);
        while (*at && *at != h)
                at = &(*at)->chained;
        if (*at)
                *at = h->chained;
}

bool
pdane_host_has_name(const struct pdane_host *h, const struct pdane_name *name)
{
        return h->wildcard == name->wildcard && strcmp(h->name, name->text) == 0;
}

struct pdane_name
pdane_host_name(const struct pdane_host *h)
{
        struct pdane_name name = {.wildcard = h->wildcard};
        memcpy(name.text, h->name, strlen(h->name) + 1);
        return name;
}
