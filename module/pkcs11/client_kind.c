/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the verifiers apart. What each of them may be told is the daemon's business. */
#include "client_kind.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

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

static int
note_one(struct dl_phdr_info *info, size_t size, void *data)
{
        (void)size;
        pdane_mapped_note(data, info->dlpi_name);
        return 0;
}

struct pdane_mapped
pdane_mapped_scan(void)
{
        struct pdane_mapped m = {0};

        (void)dl_iterate_phdr(note_one, &m);
        return m;
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
