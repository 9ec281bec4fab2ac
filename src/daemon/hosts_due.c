/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap of hosts; each knows its place in it, from 1 on. */
#include "daemon/hosts_due.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/hosts_impl.h"

/* A host that is looked up again costs most: its lookup begins. */
#define AT_ONCE 8u
#define CAP_MIN 64u

/* The event loop's own clock, which stands still while the machine sleeps (pdane_hosts_wake). */
static int64_t
loop_ms(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
put(const struct pdane_dues *d, size_t at, struct pdane_host *h)
{
        d->heap[at - 1] = h;
        h->due_at = (uint32_t)at;
}

static void
sift_up(const struct pdane_dues *d, struct pdane_host *h, size_t at)
{
        for (; at > 1 && d->heap[at / 2 - 1]->due_ms > h->due_ms; at /= 2)
                put(d, at, d->heap[at / 2 - 1]);
        put(d, at, h);
}

static void
sift_down(const struct pdane_dues *d, struct pdane_host *h, size_t at)
{
        for (size_t below = at * 2; below <= d->n; below = at * 2) {
                if (below < d->n && d->heap[below]->due_ms < d->heap[below - 1]->due_ms)
                        below++;
                if (d->heap[below - 1]->due_ms >= h->due_ms)
                        break;
                put(d, at, d->heap[below - 1]);
                at = below;
        }
        put(d, at, h);
}

static void
set_timer(struct pdane_dues *d)
{
        int64_t ms = d->n ? d->heap[0]->due_ms : INT64_MAX;
        if (ms == d->set_ms)
                return;
        d->set_ms = ms;
        if (ms == INT64_MAX) {
                evtimer_del(d->timer);
                return;
        }
        int64_t left = ms - loop_ms();
        const struct timeval tv = {left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1000 : 0};
        if (evtimer_add(d->timer, &tv) < 0)
                d->set_ms = INT64_MAX; /* the next change tries again */
}

static void
take_out(struct pdane_dues *d, struct pdane_host *h)
{
        size_t at = h->due_at;
        struct pdane_host *last = d->heap[--d->n];
        h->due_at = 0;
        if (last == h)
                return;
        if (last->due_ms < h->due_ms)
                sift_up(d, last, at);
        else
                sift_down(d, last, at);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        struct pdane_dues *d = arg;
        int64_t now = loop_ms();
        (void)fd;
        (void)what;
        for (unsigned i = 0; i < AT_ONCE && d->n && d->heap[0]->due_ms <= now; i++) {
                struct pdane_host *h = d->heap[0];
                take_out(d, h);
                d->fn(h);
        }
        d->set_ms = INT64_MAX;
        set_timer(d);
}

int
pdane_dues_init(struct pdane_dues *d, struct event_base *base, void (*fn)(struct pdane_host *h))
{
        *d = (struct pdane_dues){.fn = fn, .set_ms = INT64_MAX};
        d->timer = evtimer_new(base, on_timer, d);
        return d->timer ? 0 : -ENOMEM;
}

void
pdane_dues_done(struct pdane_dues *d)
{
        if (d->timer)
                event_free(d->timer);
        free(d->heap);
        *d = (struct pdane_dues){0};
}

int
pdane_dues_reserve(struct pdane_dues *d, size_t n)
{
        size_t cap = d->cap ? d->cap : CAP_MIN;
        if (n <= d->cap)
                return 0;
        while (cap < n)
                cap *= 2;
        struct pdane_host **heap = realloc(d->heap, cap * sizeof(struct pdane_host *));
        if (!heap)
                return -ENOMEM;
        d->heap = heap;
        d->cap = cap;
        return 0;
}

void
pdane_host_due_in(struct pdane_host *h, int64_t ms)
{
        struct pdane_dues *d = &h->table->dues;
        if (h->due_at)
                take_out(d, h);
        h->due_ms = loop_ms() + ms;
        sift_up(d, h, ++d->n);
        set_timer(d);
}

void
pdane_host_not_due(struct pdane_host *h)
{
        struct pdane_dues *d = &h->table->dues;
        if (!h->due_at)
                return;
        take_out(d, h);
        set_timer(d);
}

bool
pdane_host_is_planned(const struct pdane_host *h)
{
        return h->due_at != 0;
}
