/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A walk through all hosts that takes a little of each turn of the event loop, so that nobody who
 * asks meanwhile waits for the rest. It stays right when hosts come and go: each host that was
 * there when it began, and still is when its turn comes, is visited exactly once; one that came
 * later is not. One thread.
 */
#ifndef PDANE_HOSTS_SWEEP_H
#define PDANE_HOSTS_SWEEP_H

#include "daemon/hosts.h"

struct pdane_sweep;

/* What one turn of the event loop has room for, a visit that finds nothing to do being 1: some 300
 * microseconds. */
#define PDANE_SWEEP_TURN 256u

struct pdane_sweep_job {
        /* What it took. It may change the host, but frees neither hosts nor the sweep. */
        unsigned (*visit)(void *arg, struct pdane_host *h);
        /* After the last one, from the event loop; it may free the sweep. */
        void (*done)(void *arg);
        /* NULL, or whether to go on by now: otherwise it is asked again a little later. */
        bool (*ready)(void *arg);
};

/* Begins with the newest host. job is borrowed. 0 or -ENOMEM. The sweep ends before hs does. */
int pdane_sweep_new(struct pdane_hosts *hs, const struct pdane_sweep_job *job, void *arg,
                    struct pdane_sweep **ret);
/* The first turn's share at once. True: that was all, done is not called. */
bool pdane_sweep_first(struct pdane_sweep *s);
void pdane_sweep_free(struct pdane_sweep *s); /* NULL-safe; wherever it stands */

#endif
