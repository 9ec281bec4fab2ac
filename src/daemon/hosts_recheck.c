/* SPDX-License-Identifier: BSD-3-Clause */
/* All evidence against what policy reserves by now, a few hosts in each turn of the event loop. */
#include <event2/event.h>

#include "common/log.h"
#include "daemon/hosts_impl.h"

/* A name costs microseconds, a host has several, and there may be a hundred thousand hosts. */
#define AT_ONCE 32u

static void
check(struct pdane_host *h)
{
        if (pdane_shelf_drop_reserved(&h->shelf, &h->table->env.policy))
                pdane_log(PDANE_LOG_WARNING, "event=evidence-dropped host=%s reason=reserved-dn",
                          h->name.text);
}

/* From the one that was not used for longest: what is used meanwhile, and what is new, moves to
 * where it is still to be looked at. */
static void
check_some(struct pdane_hosts *hs, size_t most)
{
        for (size_t i = 0; i < most && hs->unchecked; i++) {
                struct pdane_host *h = hs->unchecked;
                hs->unchecked = TAILQ_PREV(h, host_list, by_use);
                check(h);
        }
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_hosts *hs = arg;
        const struct timeval now = {0, 0};
        (void)fd;
        (void)what;
        check_some(hs, AT_ONCE);
        if (hs->unchecked && evtimer_add(hs->recheck, &now) < 0)
                check_some(hs, SIZE_MAX);
}

void
pdane_hosts_recheck(struct pdane_hosts *hs)
{
        hs->unchecked = TAILQ_LAST(&hs->by_use, host_list);
        if (!hs->recheck)
                hs->recheck = evtimer_new(hs->env.base, on_timer, hs);
        if (hs->recheck)
                on_timer(-1, 0, hs);
        else
                check_some(hs, SIZE_MAX);
}

void
pdane_host_leaves_place(struct pdane_host *h)
{
        struct pdane_hosts *hs = h->table;
        if (hs->unchecked == h)
                hs->unchecked = TAILQ_PREV(h, host_list, by_use);
}
