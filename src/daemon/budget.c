/* SPDX-License-Identifier: BSD-3-Clause */
/* One number for each user: when the burst is whole again. */
#include "daemon/budget.h"

#include <stddef.h>

/* Whose entry is free: nobody's, or of one whose burst is whole. -1: none is. */
static int
find(const struct pdane_budget *b, uid_t uid, int64_t now_ms)
{
        int unused = -1;
        for (size_t i = 0; i < PDANE_BUDGET_UIDS; i++) {
                if (b->users[i].used && b->users[i].uid == uid)
                        return (int)i;
                if (unused < 0 && (!b->users[i].used || b->users[i].full_at_ms <= now_ms))
                        unused = (int)i;
        }
        return unused;
}

bool
pdane_budget_take(struct pdane_budget *b, uid_t uid, int64_t now_ms)
{
        int i = find(b, uid, now_ms);
        if (i < 0)
                return false;
        int64_t full = now_ms;
        if (b->users[i].used && b->users[i].uid == uid && b->users[i].full_at_ms > now_ms)
                full = b->users[i].full_at_ms;
        full += PDANE_BUDGET_EVERY_MS;
        if (full > now_ms + (int64_t)PDANE_BUDGET_BURST * PDANE_BUDGET_EVERY_MS)
                return false;
        b->users[i].uid = uid;
        b->users[i].used = true;
        b->users[i].full_at_ms = full;
        return true;
}
