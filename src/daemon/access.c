/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of domains and programs. */
#include "daemon/access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define COMM_MAX 15

struct domains {
        struct pdane_name *list;
        size_t n;
};

struct pdane_access {
        struct domains allow, deny;
        char **programs; /* NULL-terminated */
};

static int
complain(char **ret_error, const char *path, const char *key, const char *text)
{
        char shown[96];
        pdane_log_escape(text, strlen(text), shown, sizeof shown);
        if (asprintf(ret_error, "%s: [policy] %s: \"%s\" is not a domain name", path, key, shown) <
            0)
                *ret_error = NULL;
        return -EINVAL;
}

static int
read_domains(char *const *texts, const char *path, const char *key, struct domains *ret,
             char **ret_error)
{
        size_t n = 0;
        while (texts[n])
                n++;
        ret->list = calloc(n + 1, sizeof *ret->list);
        if (!ret->list)
                return -ENOMEM;
        for (; ret->n < n; ret->n++) {
                struct pdane_name *d = &ret->list[ret->n];
                if (pdane_name_parse(texts[ret->n], strlen(texts[ret->n]), d) < 0 || d->wildcard)
                        return complain(ret_error, path, key, texts[ret->n]);
        }
        return 0;
}

static int
copy_programs(char *const *from, char ***ret)
{
        size_t n = 0;
        while (from[n])
                n++;
        char **copy = calloc(n + 1, sizeof *copy);
        if (!copy)
                return -ENOMEM;
        *ret = copy;
        for (size_t i = 0; i < n; i++) {
                copy[i] = strdup(from[i]);
                if (!copy[i])
                        return -ENOMEM;
        }
        return 0;
}

void
pdane_access_free(struct pdane_access *a)
{
        if (!a)
                return;
        for (char **p = a->programs; p && *p; p++)
                free(*p);
        free(a->programs);
        free(a->allow.list);
        free(a->deny.list);
        free(a);
}

int
pdane_access_new(const struct pdane_config *cfg, const char *config_path, struct pdane_access **ret,
                 char **ret_error)
{
        struct pdane_access *a = calloc(1, sizeof *a);
        if (!a)
                return -ENOMEM;
        int r = read_domains(cfg->allow_domains, config_path, "allow-domains", &a->allow,
                             ret_error);
        if (r == 0)
                r = read_domains(cfg->deny_domains, config_path, "deny-domains", &a->deny,
                                 ret_error);
        if (r == 0)
                r = copy_programs(cfg->deny_programs, &a->programs);
        if (r < 0) {
                pdane_access_free(a);
                return r;
        }
        *ret = a;
        return 0;
}

static bool
is_at_or_below(const char *name, const char *domain)
{
        size_t len = strlen(name), n = strlen(domain);
        return len >= n && strcmp(name + len - n, domain) == 0 &&
               (len == n || name[len - n - 1] == '.');
}

static bool
at_or_below(const char *name, const struct domains *d)
{
        for (size_t i = 0; i < d->n; i++)
                if (is_at_or_below(name, d->list[i].text))
                        return true;
        return false;
}

bool
pdane_access_domain(const struct pdane_access *a, const char *name)
{
        if (a->allow.n && !at_or_below(name, &a->allow))
                return false;
        return !at_or_below(name, &a->deny);
}

static bool
any_below(const struct domains *d, const char *parent)
{
        for (size_t i = 0; i < d->n; i++)
                if (is_at_or_below(d->list[i].text, parent))
                        return true;
        return false;
}

bool
pdane_access_name(const struct pdane_access *a, const struct pdane_name *n)
{
        return pdane_access_domain(a, n->text) && !(n->wildcard && any_below(&a->deny, n->text));
}

bool
pdane_access_certificate(const struct pdane_access *a, const struct pdane_cert *c)
{
        struct pdane_name name;
        for (size_t i = 0; pdane_cert_name(c, i, &name); i++)
                if (!pdane_access_name(a, &name))
                        return false;
        return true;
}

static bool
denied(const struct pdane_access *a, const char *program)
{
        const char *base = strrchr(program, '/');
        base = base ? base + 1 : program;
        for (char **p = a->programs; *p; p++)
                if (strcmp(*p, base) == 0)
                        return true;
        return false;
}

/* Up to cap - 1 bytes of a file below /proc/PID. False when there is nothing to be read. */
static bool
read_about(pid_t pid, const char *file, char *buf, size_t cap)
{
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return false;
        ssize_t n = read(fd, buf, cap - 1);
        close(fd);
        buf[n > 0 ? n : 0] = '\0';
        buf[strcspn(buf, "\n")] = '\0';
        return n > 0;
}

/* The kernel keeps that much of a process's name. */
static bool
denied_comm(const struct pdane_access *a, const char *comm)
{
        for (char **p = a->programs; *p; p++)
                if (strncmp(*p, comm, COMM_MAX) == 0)
                        return true;
        return false;
}

/*
 * Whose executable the kernel does not show (another user's, or anybody's once we are in the
 * sandbox) is known by the names that it gives itself. A program that wants to pass by can: this is
 * for programs as they come, any user may ask anyway.
 */
bool
pdane_access_program(const struct pdane_access *a, pid_t pid)
{
        char link[64], text[PATH_MAX];
        if (!a->programs[0])
                return true;
        snprintf(link, sizeof link, "/proc/%d/exe", pid);
        ssize_t n = readlink(link, text, sizeof text - 1);
        if (n > 0) {
                text[n] = '\0';
                return !denied(a, text);
        }
        if (!read_about(pid, "comm", text, sizeof text) || denied_comm(a, text))
                return false;
        return !read_about(pid, "cmdline", text, sizeof text) || !denied(a, text);
}
