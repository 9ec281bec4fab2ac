/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many hints each user may send: a burst, and then so many a second. What is above that is not
 * looked at, which costs next to nothing, and others' requests need not queue behind it. One
 * thread.
 */
#ifndef PDANE_RATION_H
#define PDANE_RATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/limits.h"

struct pdane_ration {
        struct pdane_ration_user {
                uid_t uid;
                int64_t full_at_ms; /* when a whole burst will be there again; 0: nobody's place */
        } users[PDANE_RATION_USERS_MAX];
};

/* Takes one for a user at now_ms (pdane_clock_ms), or returns false. A zeroed struct is ready. */
bool pdane_ration_take(struct pdane_ration *r, uid_t uid, int64_t now_ms);

#endif
