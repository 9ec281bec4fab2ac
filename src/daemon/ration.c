/* SPDX-License-Identifier: BSD-3-Clause */
/* Each user's bucket is one number: when it will be full. Full ones need no place. */
#include "daemon/ration.h"

#define BURST_MS ((int64_t)PDANE_HINTS_BURST * 1000 / PDANE_HINTS_PER_S)

/* The user's place, or the one that will be full first: of all of them that costs its user least to
 * lose. */
static struct pdane_ration_user *
place_of(struct pdane_ration *r, uid_t uid)
{
        struct pdane_ration_user *best = &r->users[0];
        for (size_t i = 0; i < PDANE_RATION_USERS_MAX; i++) {
                struct pdane_ration_user *u = &r->users[i];
                if (u->full_at_ms && u->uid == uid)
                        return u;
                if (u->full_at_ms < best->full_at_ms)
                        best = u;
        }
        *best = (struct pdane_ration_user){.uid = uid};
        return best;
}

bool
pdane_ration_take(struct pdane_ration *r, uid_t uid, int64_t now_ms)
{
        struct pdane_ration_user *u = place_of(r, uid);
        int64_t full = u->full_at_ms > now_ms ? u->full_at_ms : now_ms;
        if (full - now_ms > BURST_MS - 1000 / PDANE_HINTS_PER_S)
                return false;
        u->full_at_ms = full + 1000 / PDANE_HINTS_PER_S;
        return true;
}
