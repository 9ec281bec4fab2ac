/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one lookup found, as the parts that the command line is told (docs/protocol.md): collected
 * while the lookup runs, from what it decides by. Decides nothing. Reference counted; one thread.
 */
#ifndef PDANE_REPORT_H
#define PDANE_REPORT_H

#include <sys/queue.h>

#include "common/wire_report.h"
#include "daemon/run.h"

#define PDANE_REPORT_MAX 1048576u       /* bytes of one report; what does not fit is left out */
#define PDANE_REPORT_CANDIDATES_MAX 8u  /* certificates that are explained */
#define PDANE_REPORTS_KEPT 256u         /* reports of hosts that are kept, the latest ... */
#define PDANE_REPORTS_KEPT_MAX 8388608u /* ... as long as they are no more bytes than this */

struct pdane_report;

/* The host as it was asked for. NULL: no memory. */
struct pdane_report *pdane_report_new(const struct pdane_name *name, uint16_t port);
struct pdane_report *pdane_report_ref(struct pdane_report *r);
void pdane_report_unref(struct pdane_report *r); /* NULL-safe */

/* Collects; its argument is the report. */
extern const struct pdane_run_observer pdane_report_observer;

/* The lookup has ended: nothing is added from now on. */
void pdane_report_end(struct pdane_report *r, const struct pdane_run_result *result);

int64_t pdane_report_when(const struct pdane_report *r); /* it ended, seconds since 1970 */

/* Calls fn with each part, encoded, in order; borrowed. */
void pdane_report_each(const struct pdane_report *r,
                       void (*fn)(void *arg, const uint8_t *data, size_t len), void *arg);

/* ---- keeping ---- */

struct pdane_reports; /* the latest ones of many hosts */

int pdane_reports_new(struct pdane_reports **ret);
void pdane_reports_free(struct pdane_reports *rs); /* NULL-safe; every slot must be empty */

/* Takes r into *slot, in place of what is there. The slot may become NULL at any later call. */
void pdane_reports_keep_take(struct pdane_reports *rs, struct pdane_report *r,
                             struct pdane_report **slot);
/* Empties a slot. Nothing happens to an empty one. */
void pdane_reports_drop(struct pdane_reports *rs, struct pdane_report **slot);

#endif
