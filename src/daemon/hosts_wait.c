/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for a host's lookup, since when, and what they may see of it. Starts nothing. */
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

void
pdane_host_wait(struct pdane_host *h, struct pdane_host_waiter *w)
{
        if (h->waited_ms < 0) {
                h->waited_ms = pdane_clock_ms();
                h->waited_by_name = w->by_name;
        }
        w->host = h;
        LIST_INSERT_HEAD(&h->waiters, w, entries);
}

void
pdane_host_unwait(struct pdane_host_waiter *w)
{
        if (!w->host)
                return;
        LIST_REMOVE(w, entries);
        w->host = NULL;
}

bool
pdane_host_has_evidence(const struct pdane_host *h)
{
        return pdane_shelf_is_valid(&h->shelf, pdane_clock_wall());
}

bool
pdane_host_running(const struct pdane_host *h)
{
        return h->run != NULL;
}

bool
pdane_host_has_tlsa(const struct pdane_host *h)
{
        return h->run && h->has_tlsa;
}

bool
pdane_host_looked(const struct pdane_host *h)
{
        return h->run && h->looked;
}

int64_t
pdane_host_waited_ms(const struct pdane_host *h)
{
        return h->waited_ms;
}

bool
pdane_host_waited_by_name(const struct pdane_host *h)
{
        return h->waited_by_name;
}

bool
pdane_host_failed(const struct pdane_host *h)
{
        return h->settled && h->outcome != PDANE_OUTCOME_ACCEPTED;
}
