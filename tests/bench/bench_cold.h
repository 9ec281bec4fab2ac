/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs about cold lookups agree on: hosts h0, h1, ... of a zone, each with a
 * self-signed certificate whose subject and serial number follow from the number. */
#ifndef PDANE_BENCH_COLD_H
#define PDANE_BENCH_COLD_H

#include <stdio.h>

#define COLD_NAME_MAX 64
#define COLD_SERIAL_BASE 65536u
#define COLD_PORT 443

static inline void
cold_name(char name[COLD_NAME_MAX], unsigned host, const char *zone)
{
        snprintf(name, COLD_NAME_MAX, "h%u.%s", host, zone);
}

#endif
