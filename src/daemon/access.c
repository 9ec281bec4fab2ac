/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of domains and programs. */
#include "daemon/access.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

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
at_or_below(const char *name, const struct domains *d)
{
        size_t len = strlen(name);
        for (size_t i = 0; i < d->n; i++) {
                size_t n = strlen(d->list[i].text);
                if (len >= n && strcmp(name + len - n, d->list[i].text) == 0 &&
                    (len == n || name[len - n - 1] == '.'))
                        return true;
        }
        return false;
}

bool
pdane_access_domain(const struct pdane_access *a, const char *name)
{
        if (a->allow.n && !at_or_below(name, &a->allow))
                return false;
        return !at_or_below(name, &a->deny);
}

bool
pdane_access_program(const struct pdane_access *a, pid_t pid)
{
        char link[64], exe[PATH_MAX];
        if (!a->programs[0])
                return true;
        snprintf(link, sizeof link, "/proc/%d/exe", pid);
        ssize_t n = readlink(link, exe, sizeof exe - 1);
        if (n <= 0)
                return false;
        exe[n] = '\0';
        const char *base = strrchr(exe, '/');
        base = base ? base + 1 : exe;
        for (char **p = a->programs; *p; p++)
                if (strcmp(*p, base) == 0)
                        return false;
        return true;
}
