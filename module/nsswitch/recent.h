/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The names that were told a moment ago: getaddrinfo() asks once per address family, and programs
 * ask again. Plain data of fixed size; the caller locks and reads the clock.
 */
#ifndef PDANE_RECENT_H
#define PDANE_RECENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nsswitch_limits.h"

struct pdane_recent_name {
        uint64_t key;     /* 0: none */
        uint64_t told_ms; /* since boot: when it had been told, and waited for */
        bool waited;
};

/* Starts zeroed. */
struct pdane_recent {
        struct pdane_recent_name names[PDANE_RECENT_MAX];
};

/* What stands for a name that a user looks up, never 0; letter case and a trailing dot do not
 * matter. */
uint64_t pdane_recent_key(const char *name, uid_t uid);

/* Whether it was told within PDANE_REPEAT_MS; for one who waits, whether it was waited for. */
bool pdane_recent_has(const struct pdane_recent *r, uint64_t key, bool wait, uint64_t now_ms);

/* It has been told. The name that was told longest ago makes room. */
void pdane_recent_add(struct pdane_recent *r, uint64_t key, bool wait, uint64_t now_ms);

#endif
