/* SPDX-License-Identifier: BSD-3-Clause */
/* How long the daemon's event loop is away: its longest turn, in processor time, while it does what
 * there is most of. */
#ifndef PDANE_BENCH_TURN_H
#define PDANE_BENCH_TURN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/control.h"
#include "daemon/sysstore.h"

struct bench_turn {
        struct event_base *base;
        struct pdane_control_env *control;
        const struct pdane_access *strict; /* what a reload brings */
        struct pdane_sysstore *sysstore;   /* loaded, or NULL: there is none here */
        bool ended;                        /* the loop is to end */
};

/* One turn of the event loop, waiting for something or not. */
void bench_turn_once(const struct bench_turn *t, bool wait);

/* Microseconds of processor time that the longest one took since this was last called. */
double bench_turn_longest_us(void);

/*
 * Reads words from standard input, a line each, until the loop ends: what to begin (recheck,
 * system-store, list, reload, expiry, flush), and then "end", which prints the longest turn since,
 * once that is done.
 */
void bench_turn_listen(struct bench_turn *t);

/* Seconds that evidence holds, one half and the other; what expiry lets pass lies between. */
#define BENCH_HOLDS_S(half) ((half) ? 40000 : 80000)
#define BENCH_EXPIRY_S 60000

/* bench_clock.c: seconds that the clocks of the daemon are ahead from now on. */
void bench_clock_skip(int64_t seconds);

#endif
