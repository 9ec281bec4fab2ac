/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's builder of tables (src/daemon/publish.c) with a store, hosts and an event loop that
 * are the input's; and the same without a table, so that what it says can be known. For
 * fuzz_table.c.
 */
#ifndef PDANE_FUZZ_TABLE_DAEMON_H
#define PDANE_FUZZ_TABLE_DAEMON_H

#include "table_question.h"

/* No daemon, no evidence, nothing hinted, the clock where it begins. */
void table_daemon_forget(void);

uint64_t table_daemon_now_ms(void);
void table_daemon_pass_ms(uint64_t ms);

void table_daemon_start(void); /* with the evidence that there is; steps may fail (faults.h) */
void table_daemon_stop(void);
int table_daemon_fd(void); /* of its table; -1: it has none, or there is no daemon */

/* Something changes: a key, a bundle of keys, a host, a client speaks, the loop comes to rest, the
 * daemon ends or starts. */
void table_daemon_change(struct fuzz_input *in);

/* Whether it would answer at once with nothing, as far as evidence and hosts go; slowly. False
 * while it has not come to rest, and when it has not shown for a second that it lives. */
bool table_daemon_says_no(const struct pdane_question *q);
/* How often it took back what it had said of names. */
uint64_t table_daemon_doubts(void);

#endif
