/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One hint to the daemon, over a connection of its own, and what comes back when the sender waits.
 * Keeps nothing between calls and allocates nothing: any number of threads, no lock.
 */
#ifndef PDANE_TELL_H
#define PDANE_TELL_H

#include "common/wire.h"

/*
 * Tells the daemon that listens at path. Blocks, through signals: PDANE_TELL_MS at most
 * while nobody accepts, and until the daemon has taken the hint, PDANE_TAKEN_MS at most; when
 * hint->wait is set, until DONE, PDANE_FIRST_WORD_MS without a word,
 * PDANE_TELL_TOTAL_MS, or anything else. 0 when it was told, and has answered if it was to;
 * -ETIMEDOUT when it kept silent past what it was given; -ETIME when the lookup took longer than we
 * wait; otherwise what went wrong, as a negative errno.
 */
int pdane_tell(const char *path, const struct pdane_hint *hint);

#endif
