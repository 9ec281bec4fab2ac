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
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/clock.h"
#include "trust/offer.h"

#define TEMPORARY ".new"
#define FILES_MAX 64u /* of one hash */
#define NAME_BYTES 32

struct entry {
        LIST_ENTRY(entry) entries;
        unsigned long hash;
        struct pdane_cert *cert;
        struct pdane_evidence *evidence;
        bool own; /* its subject names a host that it is good for */
};

struct pdane_certdir {
        int fd; /* of the directory */
        struct pdane_store *store;
        struct pdane_merger *merger;
        LIST_HEAD(, entry) wanted;
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
is_of_host(const struct entry *e, const char *host)
{
        const struct pdane_evidence *ev = e->evidence;
        for (size_t i = 0; i < ev->n_members; i++)
                if (strcmp(ev->members[i]->host, host) == 0)
                        return true;
        return strcmp(ev->host, host) == 0;
}

#define RANKS 4

static int
rank_of(const struct pdane_certdir *d, const struct entry *e)
{
        return 2 * e->own + is_of_host(e, d->visited);
}

/* Those of one rank, from n on. How many files there are then. */
static unsigned
write_rank(struct pdane_certdir *d, unsigned long hash, int rank, unsigned n)
{
        char name[NAME_BYTES];
        struct entry *e;
        LIST_FOREACH (e, &d->wanted, entries) {
                if (e->hash != hash || rank_of(d, e) != rank || n == FILES_MAX)
                        continue;
                file_name(hash, n, name);
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
write_row(struct pdane_certdir *d, unsigned long hash)
{
        char name[NAME_BYTES];
        unsigned n = 0;
        for (int rank = RANKS - 1; rank >= 0; rank--)
                n = write_rank(d, hash, rank, n);
        for (; n < FILES_MAX; n++) {
                file_name(hash, n, name);
                if (unlinkat(d->fd, name, 0) < 0 && errno == ENOENT)
                        break;
        }
}

/* ---- what is wanted ---- */

static bool
same_subject(const struct pdane_cert *a, const struct pdane_cert *b)
{
        return pdane_bytes_equal(pdane_cert_subject(a), pdane_cert_subject(b));
}

static void
drop_entry(struct entry *e)
{
        LIST_REMOVE(e, entries);
        pdane_cert_unref(e->cert);
        pdane_evidence_unref(e->evidence);
        free(e);
}

/* Whether there were any, and their hash. */
static bool
forget_subject(struct pdane_certdir *d, const struct pdane_cert *c, unsigned long *ret_hash)
{
        struct entry *e = LIST_FIRST(&d->wanted), *next;
        bool any = false;
        for (; e; e = next) {
                next = LIST_NEXT(e, entries);
                if (!same_subject(e->cert, c))
                        continue;
                *ret_hash = e->hash;
                any = true;
                drop_entry(e);
        }
        return any;
}

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
want(struct pdane_certdir *d, unsigned long hash, const struct pdane_found *f, int64_t now)
{
        struct pdane_cert *c =
                f->anchor ? pdane_store_anchor(d->store, f->evidence, now) : f->evidence->leaf;
        struct entry *e = c ? calloc(1, sizeof *e) : NULL;
        if (!e)
                return; /* less is trusted than could be */
        e->hash = hash;
        e->evidence = pdane_evidence_ref(f->evidence);
        e->cert = pdane_cert_ref(c);
        e->own = is_own(e->evidence, e->cert);
        LIST_INSERT_HEAD(&d->wanted, e, entries);
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

static void
sync_subject(struct pdane_certdir *d, const struct pdane_cert *c)
{
        static struct pdane_found found[2 * PDANE_MERGE_HOSTS];
        const struct pdane_wanted w = {.subject = pdane_cert_subject(c)};
        unsigned long hash;
        int64_t now = pdane_clock_wall();
        X509 *x;
        /* What there are files for needs no memory to be found again: they must go when they are
         * due. */
        if (!forget_subject(d, c, &hash)) {
                x = pdane_cert_x509(c);
                if (!x)
                        return; /* less is trusted than could be */
                hash = X509_subject_name_hash(x);
        }
        size_t n = pdane_store_find(d->store, &w, now, found, sizeof found / sizeof *found);

        n = pdane_merge_found(d->merger, found, n, now);
        for (size_t i = 0; i < n; i++)
                if (offered(&found[i]))
                        want(d, hash, &found[i], now);
        write_row(d, hash);
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
        const struct entry *e, *other;
        pdane_name_format(host, shown);
        if (strcmp(shown, d->visited) == 0)
                return;
        memcpy(d->visited, shown, sizeof shown);
        LIST_FOREACH (e, &d->wanted, entries) {
                if (!is_of_host(e, shown))
                        continue;
                LIST_FOREACH (other, &d->wanted, entries) {
                        if (other != e && other->hash == e->hash) {
                                write_row(d, e->hash);
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
        LIST_INIT(&d->wanted);
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
        while (!LIST_EMPTY(&d->wanted))
                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the entry off the list */
                drop_entry(LIST_FIRST(&d->wanted));
        clean(d);
        if (in_use == d)
                in_use = NULL;
        close(d->fd);
        free(d);
}
