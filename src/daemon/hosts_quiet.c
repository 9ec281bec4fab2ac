/* SPDX-License-Identifier: BSD-3-Clause */
/* When nothing that clients would have to ask for is under way or due: kept for those who do not
 * ask. Starts nothing. */
#include <event2/event.h>

#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

/* With more hinted hosts at once nothing is worked out for those who do not ask. */
#define HINTED_MAX 256u

void
pdane_hosts_tell(const struct pdane_hosts *hs)
{
        if (hs->follower)
                hs->follower(hs->follower_arg);
}

void
pdane_hosts_doubt(struct pdane_hosts *hs)
{
        hs->doubts++;
        pdane_hosts_tell(hs);
}

void
pdane_host_set_watched(struct pdane_host *h, bool watched)
{
        if (watched == h->watched)
                return;
        h->watched = watched;
        if (watched)
                LIST_INSERT_HEAD(&h->table->watched, h, watched_entries);
        else
                LIST_REMOVE(h, watched_entries);
        pdane_hosts_tell(h->table);
}

void
pdane_host_forget_hint(struct pdane_host *h, bool lost)
{
        struct pdane_hosts *hs = h->table;
        if (h->hinted_until_ms == 0)
                return;
        TAILQ_REMOVE(&hs->hinted, h, hinted_entries);
        hs->n_hinted--;
        if (lost && h->hinted_until_ms > hs->hint_lost_until_ms)
                hs->hint_lost_until_ms = h->hinted_until_ms;
        h->hinted_until_ms = 0;
        pdane_hosts_tell(hs);
}

void
pdane_host_hinted(struct pdane_host *h, unsigned hint_ms)
{
        struct pdane_hosts *hs = h->table;
        pdane_host_forget_hint(h, false);
        h->hinted_until_ms = pdane_clock_ms() + hint_ms;
        TAILQ_INSERT_TAIL(&hs->hinted, h, hinted_entries);
        hs->n_hinted++;
        pdane_hosts_tell(hs);
}

void
pdane_hosts_hint_lost(struct pdane_hosts *hs, unsigned hint_ms)
{
        hs->hint_lost_until_ms = pdane_clock_ms() + hint_ms;
        pdane_hosts_tell(hs);
}

int64_t
pdane_host_settled_ms(const struct pdane_host *h)
{
        int64_t now = pdane_clock_ms();
        if (h->run || pdane_host_has_evidence(h) || h->retry_at_ms <= now)
                return 0;
        return h->retry_at_ms - now;
}

/* As pdane_hosts_quiet_until_ms(), for one hinted host. */
static int64_t
hint_quiet_until(const struct pdane_host *h)
{
        int64_t now = pdane_clock_ms(), left = pdane_shelf_left(&h->shelf, pdane_clock_wall());
        if (!pdane_access_domain(h->table->env.access, h->name))
                return INT64_MAX;
        if (h->run)
                return 0;
        if (left == INT64_MAX)
                return h->retry_at_ms;
        int64_t surprise = h->surprised_ms + PDANE_HINTED_PAUSE_MS;
        int64_t renewal = now + (left > 0 ? pdane_host_until_renewal_ms(h, left) : 0);
        return surprise < renewal ? surprise : renewal;
}

/* Does a question wait for this one? (daemon/question.c) */
static bool
watch_is_waited_for(const struct pdane_host *h)
{
        return h->run && !pdane_host_failed(h) && !pdane_host_has_evidence(h);
}

int64_t
pdane_hosts_quiet_until_ms(struct pdane_hosts *hs)
{
        int64_t now = pdane_clock_ms(), least = INT64_MAX;
        struct pdane_host *h;
        while ((h = TAILQ_FIRST(&hs->hinted)) && h->hinted_until_ms <= now)
                pdane_host_forget_hint(h, false);
        if (now < hs->hint_lost_until_ms || hs->n_hinted > HINTED_MAX)
                return 0;
        LIST_FOREACH (h, &hs->watched, watched_entries)
                if (watch_is_waited_for(h))
                        return 0;
        TAILQ_FOREACH (h, &hs->hinted, hinted_entries) {
                int64_t until = hint_quiet_until(h);
                if (until < least)
                        least = until;
        }
        return least > now ? least : 0;
}

uint64_t
pdane_hosts_doubts(const struct pdane_hosts *hs)
{
        return hs->doubts;
}

void
pdane_hosts_follow(struct pdane_hosts *hs, void (*fn)(void *arg), void *arg)
{
        hs->follower = fn;
        hs->follower_arg = arg;
}
