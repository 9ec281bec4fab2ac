/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's log: one event is one "key=value" line on standard error, which systemd's journal
 * takes with its <N> priority prefix when JOURNAL_STREAM says that it listens. One process, one log; any thread.
 */
#ifndef PDANE_LOG_H
#define PDANE_LOG_H

#include <stdio.h>
#include "common/config.h"

void pdane_log_set_level(enum pdane_log_level level);
enum pdane_log_level pdane_log_get_level(void);

/* Format a whole line without newline: event=NAME key=value ... Values that came from outside go through pdane_log_escape. */
void pdane_log(enum pdane_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Makes untrusted bytes printable: anything but printable ASCII, and space, quote, equals and backslash, becomes
 * \xHH. Writes at most cap bytes with the NUL, ending in "..." when cut. Returns buf.
 */
char *pdane_log_escape(const char *in, size_t len, char *buf, size_t cap);

#endif
