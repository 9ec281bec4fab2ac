/* SPDX-License-Identifier: BSD-3-Clause */
/* Forgets what was learned of hosts, and not who wants to know it. */
#include "daemon/hosts_forget.h"

#include "daemon/clock.h"
#include "daemon/hosts_impl.h"
#include "daemon/run.h"

/* Looks it up anew. That somebody asked for it is no news: it must not stay in use for that. */
static void
look_up(struct pdane_host *h)
{
        int64_t used_ms = h->used_ms;
        const struct pdane_name name = pdane_host_name(h);
        struct pdane_host *same = NULL;
        if (pdane_hosts_touch(h->table, &name, h->port, &same) == 0)
                h->used_ms = used_ms;
}

void
pdane_hosts_forget(struct pdane_hosts *hs)
{
        /* A touch moves its host to the front, behind what is still to come. */
        struct pdane_host *h = TAILQ_FIRST(&hs->by_use), *next;
        for (; h; h = next) {
                next = TAILQ_NEXT(h, by_use);
                bool wanted =
                        h->run || pdane_shelf_left(&h->shelf, pdane_clock_wall()) != INT64_MAX;
                if (h->run)
                        pdane_host_run_ended(h);
                pdane_run_cancel(h->run);
                h->run = NULL;
                pdane_host_drop_making(h);
                pdane_reports_drop(hs->reports, &h->report);
                pdane_shelf_clear(&h->shelf);
                h->settled = false;
                h->failures = 0;
                h->retry_at_ms = 0;
                if (wanted)
                        look_up(h);
        }
        pdane_hosts_doubt(hs);
        pdane_hosts_tell(hs);
}

/* Did the way to it decide, and not what is there? */
static bool
is_for_the_network(enum pdane_outcome o)
{
        switch (o) {
        case PDANE_OUTCOME_BOGUS:
        case PDANE_OUTCOME_DNS_TIMEOUT:
        case PDANE_OUTCOME_DNS_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_UNREACHABLE:
        case PDANE_OUTCOME_SERVER_TIMEOUT:
                return true;
        case PDANE_OUTCOME_ACCEPTED:
        case PDANE_OUTCOME_INSECURE:
        case PDANE_OUTCOME_NO_RECORDS:
        case PDANE_OUTCOME_REFUSED:
        case PDANE_OUTCOME_UNKNOWN:
        default:
                return false;
        }
}

void
pdane_hosts_try_again(struct pdane_hosts *hs)
{
        struct pdane_host *h = TAILQ_FIRST(&hs->by_use), *next;
        for (; h; h = next) {
                next = TAILQ_NEXT(h, by_use);
                if (h->run || !h->settled || !is_for_the_network(h->outcome))
                        continue;
                h->failures = 0;
                h->retry_at_ms = 0;
                if (h->watched)
                        look_up(h);
        }
        pdane_hosts_doubt(hs);
        pdane_hosts_tell(hs);
}
