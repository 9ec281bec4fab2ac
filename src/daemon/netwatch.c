/* SPDX-License-Identifier: BSD-3-Clause */
/* Two fingerprints, of the interfaces' addresses and of resolv.conf; each is compared with the
 * last. */
#include "daemon/netwatch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/siphash.h"

#define DRAIN_MAX 64 /* messages read in one turn */

struct pdane_netwatch {
        char *resolv_conf;
        int fd;
        struct event *told, *settle, *timer;
        uint64_t addresses, servers;
        void (*changed)(void *arg);
        void *arg;
};

/* Nobody chooses what is hashed in order to have it collide: the key need not be secret. */
static const struct pdane_siphash_key key = {{1, 2}};

/* ---- fingerprints ---- */

/* Nothing for what is no address of the Internet's, and for those of a machine to itself. */
static struct pdane_bytes
address_bytes(const struct sockaddr *a)
{
        struct pdane_bytes none = {NULL, 0};
        if (a->sa_family == AF_INET) {
                const struct in_addr *v4 = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
                if (ntohl(v4->s_addr) >> 24 == IN_LOOPBACKNET)
                        return none;
                return (struct pdane_bytes){(const uint8_t *)v4, sizeof *v4};
        }
        if (a->sa_family == AF_INET6) {
                const struct in6_addr *v6 =
                        &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
                if (IN6_IS_ADDR_LOOPBACK(v6))
                        return none;
                return (struct pdane_bytes){(const uint8_t *)v6, sizeof *v6};
        }
        return none;
}

/* The sum of all addresses' hashes: their order does not count. old when they cannot be had. */
static uint64_t
addresses_now(uint64_t old)
{
        struct ifaddrs *all = NULL;
        uint64_t sum = 0;
        if (getifaddrs(&all) < 0)
                return old;
        for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
                if (!i->ifa_addr || !(i->ifa_flags & IFF_UP))
                        continue;
                struct pdane_bytes a = address_bytes(i->ifa_addr);
                struct pdane_bytes name = {(const uint8_t *)i->ifa_name, strlen(i->ifa_name)};
                if (a.data)
                        sum += pdane_siphash_pair(&key, (uint8_t)i->ifa_addr->sa_family, name, a);
        }
        freeifaddrs(all);
        return sum;
}

/* 0 while there is none. */
static uint64_t
servers_now(const char *path)
{
        static uint8_t text[PDANE_RESOLV_CONF_MAX];
        size_t len = 0;
        /* Not blocking: a FIFO in its place must not stop the daemon. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return 0;
        for (ssize_t n = 1; n > 0 && len<sizeof text; len += n> 0 ? (size_t)n : 0)
                n = read(fd, text + len, sizeof text - len);
        close(fd);
        return pdane_siphash(&key, text, len);
}

void
pdane_netwatch_check(struct pdane_netwatch *w)
{
        uint64_t addresses = addresses_now(w->addresses), servers = servers_now(w->resolv_conf);
        if (addresses == w->addresses && servers == w->servers)
                return;
        w->addresses = addresses;
        w->servers = servers;
        w->changed(w->arg);
}

/* ---- when to look ---- */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        pdane_netwatch_check(arg);
}

/* What the messages say is read from getifaddrs; that there are any is enough here. */
static void
on_told(evutil_socket_t fd, short what, void *arg)
{
        const struct timeval settle = {PDANE_NETWATCH_SETTLE_MS / 1000,
                                       (PDANE_NETWATCH_SETTLE_MS % 1000) * 1000};
        struct pdane_netwatch *w = arg;
        char message[8192];
        (void)what;
        for (unsigned i = 0; i < DRAIN_MAX; i++)
                if (recv(fd, message, sizeof message, MSG_DONTWAIT) < 0 && errno != ENOBUFS)
                        break;
        if (!evtimer_pending(w->settle, NULL))
                evtimer_add(w->settle, &settle);
}

static int
open_netlink(void)
{
        const struct sockaddr_nl groups = {
                .nl_family = AF_NETLINK,
                .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                             RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
        };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0)
                return -errno;
        if (bind(fd, (const struct sockaddr *)(const void *)&groups, sizeof groups) < 0) {
                int e = errno;
                close(fd);
                return -e;
        }
        return fd;
}

/* ---- life ---- */

static int
make_events(struct pdane_netwatch *w, struct event_base *base)
{
        const struct timeval every = {PDANE_NETWATCH_S, 0};
        w->told = event_new(base, w->fd, EV_READ | EV_PERSIST, on_told, w);
        w->settle = evtimer_new(base, on_timer, w);
        w->timer = event_new(base, -1, EV_PERSIST, on_timer, w);
        if (!w->told || !w->settle || !w->timer || event_add(w->told, NULL) < 0 ||
            event_add(w->timer, &every) < 0)
                return -ENOMEM;
        return 0;
}

int
pdane_netwatch_new(struct event_base *base, const char *resolv_conf, void (*changed)(void *arg),
                   void *arg, struct pdane_netwatch **ret)
{
        struct pdane_netwatch *w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->changed = changed;
        w->arg = arg;
        w->resolv_conf = strdup(resolv_conf);
        w->fd = open_netlink();
        int r = w->fd < 0 ? w->fd : w->resolv_conf ? make_events(w, base) : -ENOMEM;
        if (r < 0) {
                pdane_netwatch_free(w);
                return r;
        }
        w->addresses = addresses_now(0);
        w->servers = servers_now(w->resolv_conf);
        *ret = w;
        return 0;
}

void
pdane_netwatch_free(struct pdane_netwatch *w)
{
        if (!w)
                return;
        if (w->told)
                event_free(w->told);
        if (w->settle)
                event_free(w->settle);
        if (w->timer)
                event_free(w->timer);
        if (w->fd >= 0)
                close(w->fd);
        free(w->resolv_conf);
        free(w);
}
