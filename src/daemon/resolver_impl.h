/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of the resolver may set. Not for anyone else. */
#ifndef PDANE_RESOLVER_IMPL_H
#define PDANE_RESOLVER_IMPL_H

#include <stdint.h>

/* What a resolver is made from besides its configuration. Read by pdane_resolver_new alone. */
struct pdane_resolver_system {
        const char *resolv_conf;
        uint16_t port;                     /* of the servers in it */
        unsigned check_ms;                 /* how long forward=auto waits for them */
        const char *const *root_key_seeds; /* ends in NULL */
};
extern struct pdane_resolver_system pdane_resolver_system;

#endif
