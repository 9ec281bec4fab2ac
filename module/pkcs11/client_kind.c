/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the verifiers apart. What each of them may be told is the daemon's business. */
#include "client_kind.h"

#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/*
 * The last scan, as long as nothing was loaded since: the loader's counts of what it has loaded and
 * unloaded, and what was found, in one word, so that it is read and written whole. 0: none.
 */
#define SCANNED 0x1u
#define XUL 0x2u
#define SSL3 0x4u
#define NSS3 0x8u
#define ADDED_BITS 30
static _Atomic uint64_t last_scan;

struct scan {
        uint64_t last; /* what was remembered */
        uint64_t counts;
        bool started;
        struct pdane_mapped mapped;
};

void
pdane_mapped_note(struct pdane_mapped *m, const char *path)
{
        const char *slash, *name;

        if (!path)
                return;
        slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        if (strcmp(name, "libxul.so") == 0)
                m->xul = true;
        else if (strcmp(name, "libssl3.so") == 0)
                m->ssl3 = true;
        else if (strcmp(name, "libnss3.so") == 0)
                m->nss3 = true;
}

static uint64_t
counts_of(const struct dl_phdr_info *info, size_t size)
{
        if (size < offsetof(struct dl_phdr_info, dlpi_subs) + sizeof(info->dlpi_subs) ||
            info->dlpi_adds >> ADDED_BITS || info->dlpi_subs >> ADDED_BITS)
                return 0; /* not known, or no room for them */
        return (uint64_t)info->dlpi_adds << (4 + ADDED_BITS) | (uint64_t)info->dlpi_subs << 4 |
               SCANNED;
}

static int
note_one(struct dl_phdr_info *info, size_t size, void *data)
{
        struct scan *s = data;

        if (!s->started) {
                s->started = true;
                s->counts = counts_of(info, size);
                if (s->counts && (s->last & ~(uint64_t)(XUL | SSL3 | NSS3)) == s->counts)
                        return 1; /* nothing has changed */
        }
        s->last = 0;
        pdane_mapped_note(&s->mapped, info->dlpi_name);
        return 0;
}

struct pdane_mapped
pdane_mapped_scan(void)
{
        struct scan s = {.last = atomic_load(&last_scan)};

        (void)dl_iterate_phdr(note_one, &s);
        if (s.last)
                return (struct pdane_mapped){s.last & XUL, s.last & SSL3, s.last & NSS3};
        if (s.counts)
                atomic_store(&last_scan, s.counts | (s.mapped.xul ? XUL : 0u) |
                                                 (s.mapped.ssl3 ? SSL3 : 0u) |
                                                 (s.mapped.nss3 ? NSS3 : 0u));
        return s.mapped;
}

bool
pdane_client_kind(const struct pdane_mapped *m, bool by_gnutls, enum pdane_client *ret_client)
{
        if (by_gnutls)
                *ret_client = PDANE_CLIENT_GNUTLS;
        else if (m->xul)
                *ret_client = PDANE_CLIENT_MOZPKIX;
        else if (m->ssl3)
                *ret_client = PDANE_CLIENT_NSS;
        else if (m->nss3)
                *ret_client = PDANE_CLIENT_CHROMIUM;
        else
                return false;
        return true;
}
