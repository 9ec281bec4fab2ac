/* SPDX-License-Identifier: BSD-3-Clause */
/* The address blocks that a probe keeps away from, RFC 6890 and its registries. */
#include "daemon/probe_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "daemon/probe.h"

enum reach {
        REACH_NEVER = 0, /* unspecified, multicast, broadcast, reserved */
        REACH_LOCAL,     /* loopback, link-local */
        REACH_ANY,
};

static const struct v4_block {
        uint32_t prefix;
        unsigned bits;
        enum reach reach;
} v4_blocks[] = {
        {0x00000000, 8,
         REACH_NEVER}, /* 0.0.0.0/8: "this network"; Linux takes 0.0.0.0 for loopback */
        {0x7f000000, 8, REACH_LOCAL},  /* 127.0.0.0/8 */
        {0xa9fe0000, 16, REACH_LOCAL}, /* 169.254.0.0/16 */
        {0xe0000000, 4, REACH_NEVER},  /* 224.0.0.0/4 multicast */
        {0xf0000000, 4, REACH_NEVER},  /* 240.0.0.0/4 reserved, and broadcast */
};

static enum reach
reach_v4(uint32_t address)
{
        for (size_t i = 0; i < sizeof v4_blocks / sizeof *v4_blocks; i++) {
                const struct v4_block *b = &v4_blocks[i];
                if ((address ^ b->prefix) >> (32 - b->bits) == 0)
                        return b->reach;
        }
        return REACH_ANY;
}

static uint32_t
load_v4(const uint8_t *p)
{
        return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Blocks whose addresses carry an IPv4 address that translators or tunnels deliver to. */
static const struct v6_block {
        uint8_t prefix[12];
        unsigned octets; /* of the prefix */
        unsigned at;     /* where the IPv4 address stands */
} v6_blocks[] = {
        {{0}, 12, 12},                                           /* ::/96, v4-compatible */
        {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12, 12},    /* ::ffff:0:0/96, v4-mapped */
        {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 12, 12},    /* ::ffff:0:0:0/96, RFC 2765 */
        {{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 12, 12}, /* 64:ff9b::/96, RFC 6052 */
        {{0, 0x64, 0xff, 0x9b, 0, 1}, 6, 12}, /* 64:ff9b:1::/48, RFC 8215, with /96 */
        {{0x20, 0x02}, 2, 2},                 /* 2002::/16, 6to4 */
};

static enum reach
reach_v6(const struct in6_addr *a)
{
        if (IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_LINKLOCAL(a))
                return REACH_LOCAL;
        if (IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_UNSPECIFIED(a))
                return REACH_NEVER;
        for (size_t i = 0; i < sizeof v6_blocks / sizeof *v6_blocks; i++) {
                const struct v6_block *b = &v6_blocks[i];
                if (memcmp(a->s6_addr, b->prefix, b->octets) == 0)
                        return reach_v4(load_v4(a->s6_addr + b->at));
        }
        return REACH_ANY;
}

static enum reach
reach_of(const struct sockaddr *sa)
{
        if (sa->sa_family == AF_INET) {
                struct sockaddr_in in;
                memcpy(&in, sa, sizeof in);
                return reach_v4(ntohl(in.sin_addr.s_addr));
        }
        if (sa->sa_family == AF_INET6) {
                struct sockaddr_in6 in;
                memcpy(&in, sa, sizeof in);
                return reach_v6(&in.sin6_addr);
        }
        return REACH_NEVER;
}

bool
pdane_address_allowed(const struct sockaddr *sa, bool allow_loopback)
{
        switch (reach_of(sa)) {
        case REACH_ANY:
                return true;
        case REACH_LOCAL:
                return allow_loopback;
        case REACH_NEVER:
        default:
                return false;
        }
}

bool
pdane_address_refused(const struct sockaddr *sa)
{
        return !pdane_address_allowed(sa, false);
}
