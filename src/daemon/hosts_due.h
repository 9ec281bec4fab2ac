/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When something is to be done about a host: one timer for all of them, and of those that are due
 * at the same moment a few in each turn of the event loop. Knows not what is to be done. One
 * thread.
 */
#ifndef PDANE_HOSTS_DUE_H
#define PDANE_HOSTS_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct event_base;
struct pdane_host;

struct pdane_dues {
        struct pdane_host **heap; /* the first is due first; borrowed */
        size_t n, cap;
        struct event *timer;
        int64_t set_ms; /* what the timer is set for; INT64_MAX: it is not */
        void (*fn)(struct pdane_host *h);
};

/* fn is called from the event loop with a host that is due, which is planned no more; it may plan,
 * but not free, hosts. 0 or -ENOMEM. */
int pdane_dues_init(struct pdane_dues *d, struct event_base *base,
                    void (*fn)(struct pdane_host *h));
void pdane_dues_done(struct pdane_dues *d); /* also what was never begun */

/* Room for n hosts, that is. 0 or -ENOMEM. */
int pdane_dues_reserve(struct pdane_dues *d, size_t n);

/* In ms from now, whatever was planned before. There is room for it. */
void pdane_host_due_in(struct pdane_host *h, int64_t ms);
void pdane_host_not_due(struct pdane_host *h); /* nothing happens when it is not planned */
bool pdane_host_is_planned(const struct pdane_host *h);

#endif
