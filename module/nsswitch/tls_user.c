/* SPDX-License-Identifier: BSD-3-Clause */
/* The loader's list, read by file names. Not kept: programs load libssl when they need it. */
#include "tls_user.h"

#include <link.h>
#include <stddef.h>
#include <string.h>

static bool
starts_with(const char *s, const char *prefix)
{
        return strncmp(s, prefix, strlen(prefix)) == 0;
}

void
pdane_tls_user_note(struct pdane_tls_user *u, const char *path)
{
        const char *slash, *name;

        if (!path)
                return;
        slash = strrchr(path, '/');
        name = slash ? slash + 1 : path;
        if (starts_with(name, "libssl.so."))
                u->openssl = true;
        else if (strcmp(name, "libnss3.so") == 0 || strcmp(name, "libxul.so") == 0)
                u->nss = true;
}

static int
note_one(struct dl_phdr_info *info, size_t size, void *data)
{
        (void)size;
        pdane_tls_user_note(data, info->dlpi_name);
        return 0;
}

struct pdane_tls_user
pdane_tls_user_scan(void)
{
        struct pdane_tls_user u = {0};

        (void)dl_iterate_phdr(note_one, &u);
        return u;
}

bool
pdane_tls_user_waits(const struct pdane_tls_user *u)
{
        return u->openssl && !u->nss;
}
