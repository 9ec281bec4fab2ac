/* SPDX-License-Identifier: BSD-3-Clause */
/* How the daemon is, as a list of values: for the command line, and for a file that Prometheus's
 * node exporter reads. Knows no sockets. One thread. */
#ifndef PDANE_STATUS_H
#define PDANE_STATUS_H

#include "daemon/control.h"
#include "daemon/counters.h"

struct pdane_sysstore;

/* Borrowed. Through one more pointer where a reload replaces what is behind it. */
struct pdane_status {
        int64_t started, started_ms; /* pdane_clock_wall, pdane_clock_ms */
        const struct pdane_counters *counters;
        const struct pdane_hosts *hosts;
        const struct pdane_store *store;
        const struct pdane_sysstore *sysstore;
        struct pdane_resolver *const *resolver;
};

/* Calls fn with every value; groups come together. The keys are documented in p11-dane(1). */
void pdane_status_each(const struct pdane_status *s,
                       void (*fn)(void *arg, const struct pdane_part_value *v), void *arg);

/* Sends the parts; END is the caller's. */
void pdane_status_send(const struct pdane_status *s, const struct pdane_sink *sink);

#define PDANE_METRICS_EVERY_S 15

/* Writes the numbers to path in Prometheus's text form, by way of a file beside it (path.new), so
 * that a reader sees the old one or the new one whole. 0 or negative errno. */
int pdane_status_write(const struct pdane_status *s, const char *path);

#endif
