/* SPDX-License-Identifier: BSD-3-Clause */
/* Which names are worth telling the daemon. Pure; any thread. */
#ifndef PDANE_HOST_NAME_H
#define PDANE_HOST_NAME_H

#include <stdbool.h>

/*
 * Whether the DNS may know a TLSA record below this name: at least two labels of letters, digits,
 * hyphens, underscores or UTF-8, at most PDANE_HINT_NAME_MAX bytes with one trailing dot or
 * without; no numeric address in any form that inet_aton(3) or inet_pton(3) take, with a scope or
 * without; and none of the names that must not be looked up in the DNS (RFC 6761 section 6.3 and
 * 6.4, RFC 6762 section 3, RFC 7686 section 2). NULL is not.
 */
bool pdane_host_name_worthwhile(const char *name);

#endif
