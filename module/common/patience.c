/* SPDX-License-Identifier: BSD-3-Clause */
/* A pause that doubles. Pure arithmetic on times that the caller reads. */
#include "patience.h"

#include "channel_limits.h"

bool
pdane_patience_allows(const struct pdane_patience *p, uint64_t now_ms)
{
        return now_ms >= p->until_ms;
}

void
pdane_patience_missed(struct pdane_patience *p, uint64_t asked_ms, uint64_t now_ms)
{
        if (p->pause_ms != 0 && asked_ms <= p->missed_ms)
                return;
        if (p->pause_ms == 0)
                p->pause_ms = PDANE_PAUSE_MIN_MS;
        else if (p->pause_ms < PDANE_PAUSE_MAX_MS / 2)
                p->pause_ms *= 2;
        else
                p->pause_ms = PDANE_PAUSE_MAX_MS;
        p->missed_ms = now_ms;
        p->until_ms = now_ms + p->pause_ms;
}

void
pdane_patience_absent(struct pdane_patience *p, uint64_t now_ms)
{
        if (p->until_ms < now_ms + PDANE_ABSENT_MS)
                p->until_ms = now_ms + PDANE_ABSENT_MS;
}

void
pdane_patience_met(struct pdane_patience *p)
{
        *p = (struct pdane_patience){0};
}
