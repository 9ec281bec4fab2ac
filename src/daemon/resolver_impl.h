/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests of the resolver may set. Not for anyone else. */
#ifndef PDANE_RESOLVER_IMPL_H
#define PDANE_RESOLVER_IMPL_H

/* Files that a resolver is made from besides its configuration. Read by pdane_resolver_new only. */
struct pdane_resolver_files {
        const char *resolv_conf;
        const char *const *root_key_seeds; /* ends in NULL */
};
extern struct pdane_resolver_files pdane_resolver_files;

#define PDANE_FORWARD_CHECK_MS 2000u /* how long forward=auto waits for the system's resolvers */

#endif
