/* SPDX-License-Identifier: BSD-3-Clause */
/* The distance between the two clocks stays the same, unless one of them is set: elapsed time never
 * is. */
#include "daemon/clockwatch.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/clock.h"

struct pdane_clockwatch {
        struct event *timer;
        int64_t distance_ms, ticked_ms;
        int (*jumped)(void *arg, int64_t seconds);
        void (*woke)(void *arg);
        void *arg;
};

static int64_t
distance_ms(void)
{
        return pdane_clock_wall() * 1000 - pdane_clock_ms();
}

void
pdane_clockwatch_check(struct pdane_clockwatch *w)
{
        if (!w)
                return;
        int64_t now = distance_ms(), moved = now - w->distance_ms;
        if (moved < PDANE_CLOCKWATCH_JUMP_MS && moved > -PDANE_CLOCKWATCH_JUMP_MS)
                return;
        if (w->jumped(w->arg, moved / 1000) >= 0)
                w->distance_ms = now;
}

/* The time that the daemon goes by counts what was slept through, the event loop's does not. */
void
pdane_clockwatch_tick(struct pdane_clockwatch *w)
{
        int64_t now = pdane_clock_ms(), since = now - w->ticked_ms;
        w->ticked_ms = now;
        pdane_clockwatch_check(w);
        if (since > PDANE_CLOCKWATCH_S * 1000 + PDANE_CLOCKWATCH_JUMP_MS && w->woke)
                w->woke(w->arg);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        pdane_clockwatch_tick(arg);
}

void
pdane_clockwatch_on_wake(struct pdane_clockwatch *w, void (*woke)(void *arg))
{
        w->woke = woke;
}

int
pdane_clockwatch_new(struct event_base *base, int (*jumped)(void *arg, int64_t seconds), void *arg,
                     struct pdane_clockwatch **ret)
{
        const struct timeval tv = {PDANE_CLOCKWATCH_S, 0};
        struct pdane_clockwatch *w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->jumped = jumped;
        w->arg = arg;
        w->distance_ms = distance_ms();
        w->ticked_ms = pdane_clock_ms();
        w->timer = event_new(base, -1, EV_PERSIST, on_timer, w);
        if (!w->timer || event_add(w->timer, &tv) < 0) {
                pdane_clockwatch_free(w);
                return -ENOMEM;
        }
        *ret = w;
        return 0;
}

void
pdane_clockwatch_free(struct pdane_clockwatch *w)
{
        if (!w)
                return;
        if (w->timer)
                event_free(w->timer);
        free(w);
}
