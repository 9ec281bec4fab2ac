/* SPDX-License-Identifier: BSD-3-Clause */
/* Server addresses as text, checked before libunbound sees them. */
#include "daemon/resolver_upstream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESOLV_CONF_LINES_MAX 1024u
#define SCOPE_MAX IF_NAMESIZE

struct address {
        char text[INET6_ADDRSTRLEN + 1 + SCOPE_MAX]; /* with %SCOPE */
        bool loopback;
};

/* The kernel takes anything without blanks and slashes for an interface's name. */
static bool
scope_valid(const char *scope)
{
        for (const char *p = scope; *p; p++)
                if (*p <= ' ' || *p >= 0x7f || strchr("@#%/", *p))
                        return false;
        return *scope;
}

/* ADDR or ADDR%SCOPE, the scope for IPv6 only. */
static int
parse_address(const char *in, size_t len, struct address *ret)
{
        struct address a = {.loopback = false};
        struct in_addr v4;
        struct in6_addr v6;
        if (len >= sizeof a.text || memchr(in, '\0', len))
                return -EINVAL;
        memcpy(a.text, in, len);
        char *scope = strchr(a.text, '%');
        if (scope)
                *scope = '\0';
        if (!scope && inet_pton(AF_INET, a.text, &v4) == 1)
                a.loopback = ntohl(v4.s_addr) >> 24 == 127;
        else if (inet_pton(AF_INET6, a.text, &v6) == 1)
                a.loopback = IN6_IS_ADDR_LOOPBACK(&v6);
        else
                return -EINVAL;
        if (scope) {
                if (!scope_valid(scope + 1))
                        return -EINVAL;
                *scope = '%';
        }
        *ret = a;
        return 0;
}

static int
parse_port(const char *in, size_t len, uint16_t *ret)
{
        unsigned long n = 0;
        if (len == 0 || len > 5)
                return -EINVAL;
        for (size_t i = 0; i < len; i++) {
                if (in[i] < '0' || in[i] > '9')
                        return -EINVAL;
                n = n * 10 + (unsigned long)(in[i] - '0');
        }
        if (n == 0 || n > UINT16_MAX)
                return -EINVAL;
        *ret = (uint16_t)n;
        return 0;
}

static bool
tls_name_valid(const char *name)
{
        size_t len = strlen(name);
        return len > 0 && len < 256 &&
               strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:") ==
                       len;
}

int
pdane_forwarders_add(struct pdane_forwarders *f, const char *text)
{
        struct address a;
        const char *name = strchr(text, '#');
        size_t len = name ? (size_t)(name - text) : strlen(text);
        const char *at = memchr(text, '@', len);
        uint16_t port = name ? 853 : 53;
        size_t address_len = at ? (size_t)(at - text) : len;
        if (parse_address(text, address_len, &a) < 0)
                return -EINVAL;
        if (at && parse_port(at + 1, len - address_len - 1, &port) < 0)
                return -EINVAL;
        if (name && !tls_name_valid(name + 1))
                return -EINVAL;
        if (f->n == PDANE_FORWARDERS_MAX)
                return -E2BIG;
        int n = snprintf(f->text[f->n], sizeof f->text[0], "%s@%u%s", a.text, port,
                         name ? name : "");
        if (n < 0 || (size_t)n >= sizeof f->text[0])
                return -EINVAL;
        f->n++;
        f->tls = f->tls || name;
        f->loopback = f->loopback || a.loopback;
        return 0;
}

/* One line of resolv.conf; the address ends at white space or a comment sign. */
static void
read_line(struct pdane_forwarders *f, const char *line, uint16_t port)
{
        static const char keyword[] = "nameserver";
        char text[sizeof((struct address *)0)->text + sizeof "@65535"];
        line += strspn(line, " \t");
        if (strncmp(line, keyword, sizeof keyword - 1) != 0)
                return;
        line += sizeof keyword - 1;
        if (*line != ' ' && *line != '\t')
                return;
        line += strspn(line, " \t");
        size_t len = strcspn(line, " \t\r\n;#");
        if (memchr(line, '@', len))
                return;
        int n = snprintf(text, sizeof text, "%.*s@%u", (int)len, line, port);
        if (n > 0 && (size_t)n < sizeof text)
                (void)pdane_forwarders_add(f, text);
}

int
pdane_forwarders_read(struct pdane_forwarders *f, const char *path, uint16_t port)
{
        char line[1024];
        /* Not blocking: a FIFO in its place must not stop the start. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return -errno;
        FILE *in = fdopen(fd, "r");
        if (!in) {
                int e = errno;
                close(fd);
                return -e;
        }
        for (unsigned i = 0; i < RESOLV_CONF_LINES_MAX && fgets(line, sizeof line, in); i++)
                read_line(f, line, port);
        int r = ferror(in) ? -EIO : 0;
        fclose(in);
        return r;
}

void
pdane_forwarders_format(const struct pdane_forwarders *f, char *buf, size_t cap)
{
        size_t at = (size_t)snprintf(buf, cap, "forward");
        for (size_t i = 0; i < f->n && at < cap; i++) {
                int len = (int)strcspn(f->text[i], "@");
                int n = snprintf(buf + at, cap - at, "%s%.*s", i ? "," : " ", len, f->text[i]);
                at += n > 0 ? (size_t)n : 0;
        }
}
