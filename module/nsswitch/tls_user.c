/* SPDX-License-Identifier: BSD-3-Clause */
/* The loader's list, read by file names, each time anew: programs load libssl when they need it. */
#include "tls_user.h"

#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

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

/*
 * What the last scan found, in one word so that no lock is needed: FOUND_ flags, and above them how
 * often the loader's list had changed. 0: there was none.
 */
static atomic_uint last_scan;
/* The process that scans; 0: none has yet. */
static atomic_int scanner;

#define FOUND_VALID 1u
#define FOUND_OPENSSL 2u
#define FOUND_NSS 4u
#define CHANGES_SHIFT 3

struct scan {
        unsigned last;
        unsigned changes;
        bool begun;
        bool unchanged;
        struct pdane_tls_user user;
};

static int
note_one(struct dl_phdr_info *info, size_t size, void *data)
{
        struct scan *s = data;

        (void)size;
        if (!s->begun) {
                s->begun = true;
                s->changes = (unsigned)(info->dlpi_adds + info->dlpi_subs) << CHANGES_SHIFT;
                s->unchanged = (s->last & FOUND_VALID) &&
                               s->last >> CHANGES_SHIFT == s->changes >> CHANGES_SHIFT;
                if (s->unchanged)
                        return 1;
        }
        pdane_tls_user_note(&s->user, info->dlpi_name);
        return 0;
}

static struct pdane_tls_user
user_of(unsigned found)
{
        return (struct pdane_tls_user){
                .openssl = found & FOUND_OPENSSL,
                .nss = found & FOUND_NSS,
        };
}

/*
 * dl_iterate_phdr() holds a lock of the loader's that fork() does not make anew (glibc 2.36): a
 * child that is forked meanwhile hangs in it for good. So a child of a process that
 * has scanned does not, and believes what its parent has found; and the lock is held for no longer
 * than it takes to see that nothing has changed.
 */
struct pdane_tls_user
pdane_tls_user_scan(void)
{
        struct scan s = {.last = atomic_load(&last_scan)};
        int self = (int)getpid(), none = 0;

        if (!atomic_compare_exchange_strong(&scanner, &none, self) && none != self)
                return user_of(s.last);
        (void)dl_iterate_phdr(note_one, &s);
        if (s.unchanged)
                return user_of(s.last);
        atomic_store(&last_scan, s.changes | FOUND_VALID | (s.user.openssl ? FOUND_OPENSSL : 0) |
                                         (s.user.nss ? FOUND_NSS : 0));
        return s.user;
}

bool
pdane_tls_user_waits(const struct pdane_tls_user *u)
{
        return u->openssl && !u->nss;
}
