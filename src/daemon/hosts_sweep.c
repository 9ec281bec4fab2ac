/* SPDX-License-Identifier: BSD-3-Clause */
/* A cursor in the list by age: use changes no places in it, new hosts come behind the cursor, and a
 * host that goes moves it on. What is done to a host is not known here. */
#include "daemon/hosts_sweep.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "daemon/hosts_impl.h"

#define NOT_READY_US 10000

struct pdane_sweep {
        struct pdane_hosts *hosts;
        const struct pdane_sweep_job *job;
        void *arg;
        struct pdane_host *next; /* NULL: all have been visited */
        struct event *timer;
        LIST_ENTRY(pdane_sweep) entries;
};

static void
visit_some(struct pdane_sweep *s, unsigned room)
{
        for (unsigned took = 0; took < room && s->next;) {
                struct pdane_host *h = s->next;
                s->next = TAILQ_PREV(h, host_list, by_age);
                took += s->job->visit(s->arg, h);
        }
}

/* False when there is nothing to wait with. */
static bool
go_on_later(const struct pdane_sweep *s, bool ready)
{
        const struct timeval tv = {0, ready ? 0 : NOT_READY_US};
        return evtimer_add(s->timer, &tv) == 0;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_sweep *s = arg;
        bool ready = !s->job->ready || s->job->ready(s->arg);
        (void)fd;
        (void)what;
        if (ready)
                visit_some(s, PDANE_SWEEP_TURN);
        if (s->next && !go_on_later(s, ready))
                visit_some(s, UINT32_MAX);
        if (!s->next)
                s->job->done(s->arg);
}

int
pdane_sweep_new(struct pdane_hosts *hs, const struct pdane_sweep_job *job, void *arg,
                struct pdane_sweep **ret)
{
        struct pdane_sweep *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *s = (struct pdane_sweep){.hosts = hs, .job = job, .arg = arg};
        s->timer = evtimer_new(hs->env.base, on_timer, s);
        if (!s->timer || !go_on_later(s, true)) {
                if (s->timer)
                        event_free(s->timer);
                free(s);
                return -ENOMEM;
        }
        s->next = TAILQ_LAST(&hs->by_age, host_list);
        LIST_INSERT_HEAD(&hs->sweeps, s, entries);
        *ret = s;
        return 0;
}

bool
pdane_sweep_first(struct pdane_sweep *s)
{
        visit_some(s, PDANE_SWEEP_TURN);
        if (!s->next)
                evtimer_del(s->timer);
        return !s->next;
}

void
pdane_sweep_free(struct pdane_sweep *s)
{
        if (!s)
                return;
        LIST_REMOVE(s, entries);
        event_free(s->timer);
        free(s);
}

void
pdane_host_leaves(const struct pdane_host *h)
{
        struct pdane_sweep *s;
        LIST_FOREACH (s, &h->table->sweeps, entries)
                if (s->next == h)
                        s->next = TAILQ_PREV(h, host_list, by_age);
}
