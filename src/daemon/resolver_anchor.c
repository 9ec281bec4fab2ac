/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds, copies and checks root key files. What is in them is libunbound's business. */
#include "daemon/resolver_anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const pdane_root_key_seeds[] = {
        "/usr/share/dns/root.key",                /* Debian, Ubuntu: dns-root-data */
        "/usr/share/dnssec-root/trusted-key.key", /* Arch, Alpine */
        "/etc/unbound/root.key",
        "/var/lib/unbound/root.key", /* Fedora: unbound-anchor */
        NULL,
};

static int
fail(char **ret_error, int error, const char *path, const char *what)
{
        if (asprintf(ret_error, "%s: %s: %s", path, what, strerror(error)) < 0)
                *ret_error = NULL;
        return -error;
}

/* A regular, non-empty file of a size that a root key file has. */
static int
inspect(const char *path, struct stat *ret)
{
        struct stat st;
        if (stat(path, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if (st.st_size == 0 || st.st_size > (off_t)PDANE_ROOT_KEY_MAX)
                return -EMSGSIZE;
        if (access(path, R_OK) < 0)
                return -errno;
        *ret = st;
        return 0;
}

static bool
newer(const struct stat *a, const struct stat *b)
{
        if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
                return a->st_mtim.tv_sec > b->st_mtim.tv_sec;
        return a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static const char *
find_seed(const char *const *seeds, struct stat *ret)
{
        for (; *seeds; seeds++)
                if (inspect(*seeds, ret) == 0)
                        return *seeds;
        return NULL;
}

static int
write_all(int fd, const char *data, size_t len)
{
        while (len > 0) {
                ssize_t n = write(fd, data, len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                data += n;
                len -= (size_t)n;
        }
        return 0;
}

/* At most cap bytes of path. Bytes read, or negative errno. */
static ssize_t
read_file(const char *path, char *buf, size_t cap)
{
        size_t len = 0;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        while (len < cap) {
                ssize_t n = read(fd, buf + len, cap - len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        int e = errno;
                        close(fd);
                        return -e;
                }
                if (n == 0)
                        break;
                len += (size_t)n;
        }
        close(fd);
        return (ssize_t)len;
}

/* Writes data beside path and renames it over path. */
static int
replace_file(const char *path, const char *data, size_t len)
{
        char *temporary = NULL;
        if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
                return -ENOMEM;
        int fd = mkostemp(temporary, O_CLOEXEC);
        if (fd < 0) {
                int e = errno;
                free(temporary);
                return -e;
        }
        int r = write_all(fd, data, len);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0)
                unlink(temporary);
        free(temporary);
        return r;
}

/* A file system that lost power may give back zeros, which libunbound does not start with. */
static bool
is_text(const char *path)
{
        char *buf = malloc(PDANE_ROOT_KEY_MAX);
        ssize_t n = buf ? read_file(path, buf, PDANE_ROOT_KEY_MAX) : -ENOMEM;
        bool text = n < 0 || !memchr(buf, '\0', (size_t)n);
        free(buf);
        return text;
}

static int
copy_seed(const char *seed, const char *path)
{
        char *buf = malloc(PDANE_ROOT_KEY_MAX);
        if (!buf)
                return -ENOMEM;
        ssize_t n = read_file(seed, buf, PDANE_ROOT_KEY_MAX);
        int r = n < 0 ? (int)n : replace_file(path, buf, (size_t)n);
        free(buf);
        return r;
}

/*
 * libunbound ends the process when it cannot write the state (fatal_exit in its autotrust.c), so
 * what it will do is tried first.
 */
static bool
can_write(const char *path)
{
        char *trial = NULL;
        static const char room[4096];
        if (asprintf(&trial, "%s.trial", path) < 0)
                return false;
        int r = replace_file(trial, room, sizeof room);
        if (r == 0)
                unlink(trial);
        free(trial);
        return r == 0;
}

static int
use_seed(const char *seed, struct pdane_anchor *ret)
{
        char *copy = strdup(seed);
        if (!copy)
                return -ENOMEM;
        *ret = (struct pdane_anchor){copy, false};
        /* cppcheck-suppress memleak ; *ret has it */
        return 0;
}

int
pdane_anchor_prepare(const char *state_dir, const char *const *seeds, struct pdane_anchor *ret,
                     char **ret_error)
{
        struct stat seed_stat = {0}, stat_now = {0};
        char *path = NULL;
        if (asprintf(&path, "%s/root.key", state_dir) < 0)
                return -ENOMEM;
        const char *seed = find_seed(seeds, &seed_stat);
        bool have = inspect(path, &stat_now) == 0 && is_text(path);
        bool stale = have && seed && newer(&seed_stat, &stat_now);
        int r = 0;
        if (!have && !seed)
                r = fail(ret_error, ENOENT, path,
                         "no DNSSEC root key here or from the distribution (install dns-root-data, "
                         "or set trust-anchor-file in [dns])");
        else if (!can_write(path))
                r = seed ? use_seed(seed, ret)
                         : fail(ret_error, EACCES, path, "the state cannot be written");
        else if ((!have || stale) && (r = copy_seed(seed, path)) < 0)
                r = fail(ret_error, -r, path, "cannot make it from the distribution's root key");
        else {
                *ret = (struct pdane_anchor){path, true};
                path = NULL;
        }
        free(path);
        return r;
}

int
pdane_anchor_use(const char *path, struct pdane_anchor *ret, char **ret_error)
{
        struct stat st;
        int r = inspect(path, &st);
        if (r < 0)
                return fail(ret_error, -r, path, "cannot be used as trust-anchor-file");
        return use_seed(path, ret);
}

void
pdane_anchor_clear(struct pdane_anchor *a)
{
        if (!a)
                return;
        free(a->path);
        a->path = NULL;
}
