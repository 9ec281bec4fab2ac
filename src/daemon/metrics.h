/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps [daemon] metrics-file= up to date. One thread. */
#ifndef PDANE_METRICS_H
#define PDANE_METRICS_H

#include "daemon/status.h"

struct event_base;
struct pdane_metrics;

/* status is borrowed. 0 or -ENOMEM. */
int pdane_metrics_new(struct event_base *base, const struct pdane_status *status,
                      struct pdane_metrics **ret);
void pdane_metrics_free(struct pdane_metrics *m); /* NULL-safe; the file stays */

/* Writes path now and every PDANE_METRICS_EVERY_S seconds; "" : nothing. Copied. 0 or -ENOMEM. */
int pdane_metrics_set_path(struct pdane_metrics *m, const char *path);

#endif
