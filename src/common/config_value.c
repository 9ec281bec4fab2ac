/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration values: text to numbers, paths and lists. */
#include "common/config_value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MS_MAX 600000u
#define LIST_SEPARATORS ", \t\r\n"

static int
wanted(const char **ret_wanted, const char *phrase)
{
        *ret_wanted = phrase;
        return -EINVAL;
}

static int
replace(char **ret, const char *text)
{
        char *copy = strdup(text);
        if (!copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

/* Digits only, up to max. */
static int
parse_number(const char *text, unsigned long max, unsigned long *ret)
{
        unsigned long v = 0;
        if (!*text)
                return -EINVAL;
        for (const char *p = text; *p; p++) {
                if (!isdigit((unsigned char)*p))
                        return -EINVAL;
                v = v * 10 + (unsigned long)(*p - '0');
                if (v > max)
                        return -EINVAL;
        }
        *ret = v;
        return 0;
}

int
pdane_value_bool(const char *text, bool *ret, const char **ret_wanted)
{
        if (strcmp(text, "yes") == 0)
                *ret = true;
        else if (strcmp(text, "no") == 0)
                *ret = false;
        else
                return wanted(ret_wanted, "yes or no");
        return 0;
}

int
pdane_value_ms(const char *text, unsigned *ret, const char **ret_wanted)
{
        unsigned long v;
        if (parse_number(text, MS_MAX, &v) < 0 || v == 0)
                return wanted(ret_wanted, "milliseconds from 1 to 600000");
        *ret = (unsigned)v;
        return 0;
}

int
pdane_value_min_ttl(const char *text, unsigned max_ttl_s, unsigned *ret, const char **ret_wanted)
{
        unsigned long v = *ret;
        if (*text &&
            (parse_number(text, PDANE_EVIDENCE_FLOOR_MAX_S, &v) < 0 || v < PDANE_EVIDENCE_FLOOR_S))
                return wanted(ret_wanted, "seconds from 10 to 3600");
        if (v > max_ttl_s)
                return wanted(ret_wanted, "no more than max-ttl");
        *ret = (unsigned)v;
        return 0;
}

int
pdane_value_max_ttl(const char *text, unsigned min_ttl_s, unsigned *ret, const char **ret_wanted)
{
        unsigned long v = *ret;
        if (*text &&
            (parse_number(text, PDANE_EVIDENCE_CAP_MAX_S, &v) < 0 || v < PDANE_EVIDENCE_CAP_MIN_S))
                return wanted(ret_wanted, "seconds from 60 to 604800");
        if (v < min_ttl_s)
                return wanted(ret_wanted, "no less than min-ttl");
        *ret = (unsigned)v;
        return 0;
}

int
pdane_value_log_level(const char *text, enum pdane_log_level *ret, const char **ret_wanted)
{
        static const char *const names[] = {"error", "warning", "info", "debug"};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                if (strcmp(text, names[i]) == 0) {
                        *ret = (enum pdane_log_level)i;
                        return 0;
                }
        }
        return wanted(ret_wanted, "error, warning, info or debug");
}

int
pdane_value_path(const char *text, bool may_be_empty, char **ret, const char **ret_wanted)
{
        if (*text == '\0' && may_be_empty)
                return replace(ret, text);
        if (*text != '/')
                return wanted(ret_wanted,
                              may_be_empty ? "an absolute path or nothing" : "an absolute path");
        return replace(ret, text);
}

int
pdane_value_user(const char *text, char **ret, const char **ret_wanted)
{
        for (const char *p = text; *p; p++)
                if (!isalnum((unsigned char)*p) && !strchr("_-.$", *p))
                        return wanted(ret_wanted, "a user name or nothing");
        return replace(ret, text);
}

int
pdane_value_list(const char *text, int (*each)(void *arg, const char *item), void *arg)
{
        char *copy = strdup(text), *save = NULL;
        int r = 0;
        if (!copy)
                return -ENOMEM;
        for (char *item = strtok_r(copy, LIST_SEPARATORS, &save); item && r >= 0;
             item = strtok_r(NULL, LIST_SEPARATORS, &save))
                r = each(arg, item);
        free(copy);
        return r < 0 ? r : 0;
}

static int
add_string(void *arg, const char *item)
{
        char ***list = arg;
        size_t n = 0;
        while ((*list)[n])
                n++;
        if (n == PDANE_POLICY_MAX)
                return -EINVAL;
        char **more = realloc(*list, (n + 2) * sizeof **list);
        if (!more)
                return -ENOMEM;
        *list = more;
        more[n] = strdup(item);
        if (!more[n])
                return -ENOMEM;
        more[n + 1] = NULL;
        return 0;
}

int
pdane_value_strings(const char *text, char ***list, const char **ret_wanted)
{
        int r = pdane_value_list(text, add_string, list);
        return r == -EINVAL ? wanted(ret_wanted, "at most 256 items") : r;
}

struct port_list {
        uint16_t ports[PDANE_PORTS_MAX];
        size_t n;
};

static int
add_port(void *arg, const char *item)
{
        struct port_list *l = arg;
        unsigned long v;
        if (l->n == PDANE_PORTS_MAX || parse_number(item, UINT16_MAX, &v) < 0 || v == 0)
                return -EINVAL;
        for (size_t i = 0; i < l->n; i++)
                if (l->ports[i] == v)
                        return -EINVAL;
        l->ports[l->n++] = (uint16_t)v;
        return 0;
}

int
pdane_value_ports(const char *text, uint16_t ports[PDANE_PORTS_MAX], size_t *ret_n,
                  const char **ret_wanted)
{
        struct port_list l = {.n = 0};
        int r = pdane_value_list(text, add_port, &l);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || l.n == 0)
                return wanted(ret_wanted, "1 to 8 different port numbers from 1 to 65535");
        memcpy(ports, l.ports, sizeof l.ports);
        *ret_n = l.n;
        return 0;
}

static bool
address_valid(const char *text)
{
        unsigned char b[sizeof(struct in6_addr)];
        return inet_pton(AF_INET, text, b) == 1 || inet_pton(AF_INET6, text, b) == 1;
}

/* ADDR[@PORT][#TLSNAME], cut up in place. */
static bool
forward_address_valid(char *text, bool *ret_tls)
{
        unsigned long port;
        char *tls = strchr(text, '#');
        if (tls)
                *tls++ = '\0';
        char *at = strchr(text, '@');
        if (at)
                *at++ = '\0';
        *ret_tls = tls != NULL;
        return address_valid(text) &&
               (!at || (parse_number(at, UINT16_MAX, &port) == 0 && port > 0)) && (!tls || *tls);
}

int
pdane_value_forward(const char *text, struct pdane_config *c, const char **ret_wanted)
{
        enum pdane_forward kind = PDANE_FORWARD_ADDRESS;
        bool tls = false;

        if (strcmp(text, "auto") == 0) {
                kind = PDANE_FORWARD_AUTO;
        } else if (strcmp(text, "none") == 0) {
                kind = PDANE_FORWARD_NONE;
        } else {
                char *copy = strdup(text);
                if (!copy)
                        return -ENOMEM;
                bool valid = forward_address_valid(copy, &tls);
                free(copy);
                if (!valid)
                        return wanted(ret_wanted, "auto, none or ADDRESS[@PORT][#TLSNAME]");
        }
        int r = replace(&c->forward_to, kind == PDANE_FORWARD_ADDRESS ? text : "");
        if (r < 0)
                return r;
        c->forward = kind;
        c->forward_tls = tls;
        return 0;
}
