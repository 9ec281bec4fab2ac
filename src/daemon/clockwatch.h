/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notices that the wall clock was set. All that is learned from DNS ends at a wall time, in this
 * daemon and in libunbound's cache: a clock that is set back would make it last longer than DNS
 * said. Notices, too, that the machine slept: the event loop's timers stood still meanwhile, and
 * what they were to end is over. Knows nothing of what follows from that. One thread.
 */
#ifndef PDANE_CLOCKWATCH_H
#define PDANE_CLOCKWATCH_H

#include <event2/event.h>
#include <stdint.h>

/* Looked at this often when nobody asks; files for programs of OpenSSL's outlive a jump by no more.
 */
#define PDANE_CLOCKWATCH_S 5
/* Less is drift, or what whole seconds hide; it adds up and is noticed when it comes to more. */
#define PDANE_CLOCKWATCH_JUMP_MS 2000

struct pdane_clockwatch;

/*
 * jumped is called with the seconds by which the clock is ahead of where it should be, from the
 * event loop or from pdane_clockwatch_check(). When it returns less than 0 it is called again at
 * the next look. 0 or -ENOMEM.
 */
int pdane_clockwatch_new(struct event_base *base, int (*jumped)(void *arg, int64_t seconds),
                         void *arg, struct pdane_clockwatch **ret);
/* woke is called, with jumped's arg, at the first tick after a sleep. */
void pdane_clockwatch_on_wake(struct pdane_clockwatch *w, void (*woke)(void *arg));
void pdane_clockwatch_free(struct pdane_clockwatch *w); /* NULL-safe */

/* Looks now: before anything is said that rests on the time. NULL: nobody watches. */
void pdane_clockwatch_check(struct pdane_clockwatch *w);
/* What a timer does every PDANE_CLOCKWATCH_S; for tests, whose clock stands still. */
void pdane_clockwatch_tick(struct pdane_clockwatch *w);

#endif
