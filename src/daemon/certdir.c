/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files in step with the store: for each subject what is wanted, for each hash the files that hold
 * it.
 *
 * Their order matters. Of several certificates with one subject OpenSSL takes the first that could
 * have issued the one it was shown (names and key ids are compared, no key), and looks no further
 * when that fails. Anybody can write anybody's subject into a certificate. So what bears the name
 * of a host that it is good for comes before what bears it without being so, which is all that an
 * imitator can have; and among equals comes first what belongs to the host that is about to be
 * visited.
 */
#include "daemon/certdir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/certrows.h"
#include "daemon/clock.h"
#include "trust/offer.h"

#define TEMPORARY ".new"
#define FILES_MAX 64u /* of one hash */
#define NAME_BYTES 32

struct pdane_certdir {
        int fd; /* of the directory */
        struct pdane_store *store;
        struct pdane_merger *merger;
        struct pdane_certrows wanted;
        char visited[PDANE_NAME_MAX + 3]; /* the host of the last visit; "": there was none */
        bool busy;                        /* merging changes the store too */
};

/* ---- files ---- */

static void
file_name(unsigned long hash, unsigned n, char ret[NAME_BYTES])
{
        snprintf(ret, NAME_BYTES, "%08lx.%u", hash, n);
}

static bool
is_ours(const char *name)
{
        size_t i = 0;
        while (i < 8 && isxdigit((unsigned char)name[i]) && !isupper((unsigned char)name[i]))
                i++;
        if (i != 8 || name[8] != '.' || !name[9])
                return strcmp(name, TEMPORARY) == 0;
        return strspn(name + 9, "0123456789") == strlen(name + 9);
}

/*
 * As a TRUSTED CERTIFICATE, for TLS servers only: a form that none but OpenSSL reads. Others, too,
 * take all that SSL_CERT_DIR names, as authorities, and some of them (rustls) do not look at
 * basicConstraints there: a leaf's key could then sign for anybody.
 */
static bool
write_trusted(FILE *f, const struct pdane_cert *c)
{
        /* X509_CERT_AUX follows the certificate: SEQUENCE { trust SEQUENCE { serverAuth } } */
        static const uint8_t servers[] = {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b,
                                          0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
        uint8_t both[PDANE_CERT_MAX + sizeof servers];
        struct pdane_bytes der = pdane_cert_der(c);
        memcpy(both, der.data, der.len);
        memcpy(both + der.len, servers, sizeof servers);
        return PEM_write(f, PEM_STRING_X509_TRUSTED, "", both, (long)(der.len + sizeof servers)) >
               0;
}

static int
write_pem(int fd, const struct pdane_cert *c)
{
        FILE *f = fdopen(fd, "w");
        if (!f) {
                int r = -errno;
                close(fd);
                return r;
        }
        int r = write_trusted(f, c) && fchmod(fileno(f), 0644) == 0 ? 0 : -EIO;
        if (fclose(f) != 0)
                r = -EIO;
        return r;
}

/* Nobody ever sees half a file. */
static int
write_file(const struct pdane_certdir *d, const char *name, const struct pdane_cert *c)
{
        int fd = openat(d->fd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        0600);
        if (fd < 0 && errno == EEXIST && unlinkat(d->fd, TEMPORARY, 0) == 0)
                fd = openat(d->fd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                            0600);
        if (fd < 0)
                return -errno;
        int r = write_pem(fd, c);
        if (r == 0 && renameat(d->fd, TEMPORARY, d->fd, name) < 0)
                r = -errno;
        if (r < 0)
                unlinkat(d->fd, TEMPORARY, 0);
        return r;
}

static bool
is_of_host(const struct pdane_certrow_entry *e, const char *host)
{
        const struct pdane_evidence *ev = e->evidence;
        for (size_t i = 0; i < ev->n_members; i++)
                if (strcmp(ev->members[i]->host, host) == 0)
                        return true;
        return strcmp(ev->host, host) == 0;
}

#define RANKS 4

static int
rank_of(const struct pdane_certdir *d, const struct pdane_certrow_entry *e)
{
        return 2 * e->own + is_of_host(e, d->visited);
}

/* Those of one rank, from n on. How many files there are then. */
static unsigned
write_rank(struct pdane_certdir *d, const struct pdane_certrow *row, int rank, unsigned n)
{
        char name[NAME_BYTES];
        struct pdane_certrow_entry *e;
        LIST_FOREACH (e, &row->entries, entries) {
                if (rank_of(d, e) != rank || n == FILES_MAX)
                        continue;
                file_name(row->hash, n, name);
                int r = write_file(d, name, e->cert);
                if (r < 0)
                        pdane_log(PDANE_LOG_ERROR, "event=certdir-write-failed file=%s errno=%d",
                                  name, -r);
                else
                        n++;
        }
        return n;
}

/* The files of one hash: those wanted, from 0 on, and none after them. */
static void
write_row(struct pdane_certdir *d, struct pdane_certrow *row)
{
        char name[NAME_BYTES];
        unsigned n = 0, there;
        for (int rank = RANKS - 1; rank >= 0; rank--)
                n = write_rank(d, row, rank, n);
        there = n;
        for (unsigned i = n; i < row->n_files; i++) {
                file_name(row->hash, i, name);
                if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
                        there = i + 1; /* tried again with the next change */
        }
        row->n_files = there;
}

/* ---- what is wanted ---- */

static bool
covers_any(const struct pdane_cert *leaf, const struct pdane_name *hosts, size_t n)
{
        for (size_t k = 0; k < n; k++)
                if (pdane_cert_has_name(leaf, &hosts[k]))
                        return true;
        return false;
}

/* Every name of these leaves is covered, or there would be no evidence. */
static bool
is_own(const struct pdane_evidence *e, const struct pdane_cert *c)
{
        struct pdane_name hosts[PDANE_DN_HOSTS_MAX];
        size_t n = pdane_dn_hosts(pdane_cert_subject(c), hosts, PDANE_DN_HOSTS_MAX);
        for (size_t i = 0; i < e->n_members; i++)
                if (covers_any(e->members[i]->leaf, hosts, n))
                        return true;
        return covers_any(e->leaf, hosts, n);
}

static void
want(struct pdane_certdir *d, struct pdane_certrow *row, const struct pdane_found *f, int64_t now)
{
        struct pdane_cert *c =
                f->anchor ? pdane_store_anchor(d->store, f->evidence, now) : f->evidence->leaf;
        if (c)
                pdane_certrows_add(&d->wanted, row, c, f->evidence, is_own(f->evidence, c));
}

static enum pdane_openssl_offer
openssl_offer(const struct pdane_evidence *e)
{
        return pdane_offer_openssl(e->leaf, pdane_evidence_vouched(e));
}

static bool
offered(const struct pdane_found *f)
{
        switch (openssl_offer(f->evidence)) {
        case PDANE_OPENSSL_LEAF:
                return !f->anchor;
        case PDANE_OPENSSL_ANCHOR:
                return f->anchor;
        case PDANE_OPENSSL_NOTHING:
        default:
                return false;
        }
}

/* Where certificates with c's subject belong. NULL: less is trusted than could be. */
static struct pdane_certrow *
row_for(struct pdane_certdir *d, const struct pdane_cert *c)
{
        X509 *x = pdane_cert_x509(c);
        return x ? pdane_certrows_get(&d->wanted, X509_subject_name_hash(x)) : NULL;
}

static void
sync_subject(struct pdane_certdir *d, const struct pdane_cert *c)
{
        static struct pdane_found found[2 * PDANE_MERGE_HOSTS];
        const struct pdane_wanted w = {.subject = pdane_cert_subject(c)};
        int64_t now = pdane_clock_wall();
        /* What there are files for needs no memory to be found again: they must go when they are
         * due. */
        struct pdane_certrow *row = pdane_certrows_forget(&d->wanted, w.subject);
        if (!row)
                row = row_for(d, c);
        if (!row)
                return;
        size_t n = pdane_store_find(d->store, &w, now, found, sizeof found / sizeof *found);

        n = pdane_merge_found(d->merger, found, n, now);
        for (size_t i = 0; i < n; i++)
                if (offered(&found[i]))
                        want(d, row, &found[i], now);
        write_row(d, row);
        pdane_certrows_tidy(&d->wanted, row);
}

/* Something entered the store, or left it. */
static void
on_change(void *arg, const struct pdane_evidence *e)
{
        struct pdane_certdir *d = arg;
        if (d->busy || e->n_members)
                return; /* our own doing */
        d->busy = true;
        struct pdane_cert *signer = pdane_cert_ref(pdane_evidence_signer(e)); /* it may change */
        if (openssl_offer(e) == PDANE_OPENSSL_ANCHOR)
                sync_subject(d, signer);
        if (openssl_offer(e) == PDANE_OPENSSL_LEAF) /* also where no anchor could be made */
                sync_subject(d, e->leaf);
        pdane_cert_unref(signer);
        d->busy = false;
}

void
pdane_certdir_visit(struct pdane_certdir *d, const struct pdane_name *host)
{
        char shown[PDANE_NAME_MAX + 3];
        struct pdane_certrow *row;
        const struct pdane_certrow_entry *e;
        pdane_name_format(host, shown);
        if (strcmp(shown, d->visited) == 0)
                return;
        memcpy(d->visited, shown, sizeof shown);
        LIST_FOREACH (row, &d->wanted.crowded, crowded) {
                LIST_FOREACH (e, &row->entries, entries) {
                        if (is_of_host(e, shown)) {
                                write_row(d, row);
                                break;
                        }
                }
        }
}

/* ---- life ---- */

static void
clean(const struct pdane_certdir *d)
{
        int fd = dup(d->fd);
        DIR *dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                if (fd >= 0)
                        close(fd);
                return;
        }
        rewinddir(dir);
        for (struct dirent *entry; (entry = readdir(dir));)
                if (is_ours(entry->d_name))
                        unlinkat(d->fd, entry->d_name, 0);
        closedir(dir);
}

/* libunbound ends the process when it cannot write the root key's state: what is here must not
 * outlive it then either. */
static const struct pdane_certdir *in_use;

static void
clean_at_exit(void)
{
        if (in_use)
                clean(in_use);
}

static void
remember_for_exit(const struct pdane_certdir *d)
{
        static bool registered;
        if (!registered)
                registered = atexit(clean_at_exit) == 0;
        in_use = d;
}

static int
explain(char **ret_error, const char *path, int r)
{
        if (asprintf(ret_error, "%s: [openssl] directory: %s", path, strerror(-r)) < 0)
                *ret_error = NULL;
        return r;
}

int
pdane_certdir_new(const char *path, struct pdane_store *store, struct pdane_merger *merger,
                  struct pdane_certdir **ret, char **ret_error)
{
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || faccessat(fd, ".", W_OK, AT_EACCESS) < 0) {
                int r = -errno;
                if (fd >= 0)
                        close(fd);
                return explain(ret_error, path, r);
        }
        struct pdane_certdir *d = calloc(1, sizeof *d);
        if (!d) {
                close(fd);
                return -ENOMEM;
        }
        d->fd = fd;
        d->store = store;
        d->merger = merger;
        clean(d);
        remember_for_exit(d);
        pdane_store_follow(store, on_change, d);
        *ret = d;
        return 0;
}

void
pdane_certdir_free(struct pdane_certdir *d)
{
        if (!d)
                return;
        pdane_store_follow(d->store, NULL, NULL);
        pdane_certrows_clear(&d->wanted);
        clean(d);
        if (in_use == d)
                in_use = NULL;
        close(d->fd);
        free(d);
}
