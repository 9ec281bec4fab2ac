/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which host names each user's programs looked up in the last half minute. A user's hints matter to
 * that user's questions only; what a caching name-service daemon asks counts for everyone, because
 * it asks in everyone's place. One thread.
 */
#ifndef PDANE_HINTS_H
#define PDANE_HINTS_H

#include <sys/types.h>

#include "trust/name.h"

#define PDANE_HINT_MS 30000       /* how long a name matters */
#define PDANE_HINTS_PER_UID 64u   /* names of one user; the oldest goes */
#define PDANE_HINT_UIDS 256u      /* users; the one that was quiet for longest goes */
#define PDANE_HINTS_LOOKED_AT 32u /* names that one question considers, the latest first */
#define PDANE_HINT_EVERYONE ((uid_t)-1)

struct pdane_hints;

int pdane_hints_new(struct pdane_hints **ret);
void pdane_hints_free(struct pdane_hints *h); /* NULL-safe */

/* 0 or -ENOMEM. A name that is there already is as good as new. now_ms: elapsed time
 * (pdane_clock_ms). */
int pdane_hints_add(struct pdane_hints *h, uid_t uid, const struct pdane_name *name,
                    int64_t now_ms);

/* The names of uid and of everyone, the latest first within each; copies at most max. Returns how
 * many. */
size_t pdane_hints_recent(const struct pdane_hints *h, uid_t uid, int64_t now_ms,
                          struct pdane_name *ret, size_t max);

#endif
