/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's table (common/table.h) as this process sees it, and what the daemon's answers have
 * told this process of distinguished names: together they say "nothing" without asking. The caller
 * locks. Times are milliseconds since boot.
 */
#ifndef PDANE_PUBLISHED_H
#define PDANE_PUBLISHED_H

#include "common/table.h"
#include "common/wire.h"
#include "module_limits.h"

/* A DN that the daemon knows to suggest no host that is worth a lookup before then. */
struct pdane_settled {
        uint64_t hash; /* of the DN, with the table's key */
        uint64_t until_ms;
};

/* Starts zeroed. */
struct pdane_published {
        struct pdane_table_view view;
        size_t size;            /* of the mapped memory */
        uint64_t settled_epoch; /* in which all of these were settled */
        /* In sets that a hash picks, each with what was last of use in front. */
        struct pdane_settled settled[PDANE_SETTLED_MAX / PDANE_SETTLED_WAYS][PDANE_SETTLED_WAYS];
};

/* Whether the daemon is to be asked for its table: there is none, or another took its place. */
bool pdane_published_wanted(const struct pdane_published *p);

/*
 * Maps the table that fd is, in place of the last one; fd stays the caller's. Nothing happens when
 * it is not memory that is a table and can never shrink.
 */
void pdane_published_take(struct pdane_published *p, int fd);

/* Which state of affairs an answer to a question that is asked now will be about. */
uint64_t pdane_published_epoch(const struct pdane_published *p);

/*
 * The daemon has answered q, asked in that epoch, at once with nothing, and that the names in it
 * stay as they are for settled_ms. Kept when the question has one DN only: the names of two would
 * be told of together.
 */
void pdane_published_settle(struct pdane_published *p, const struct pdane_question *q,
                            uint64_t epoch, uint64_t settled_ms, uint64_t now_ms);

/* True when the daemon, asked now, would answer q at once with nothing. No system call. */
bool pdane_published_says_no(struct pdane_published *p, const struct pdane_question *q,
                             uint64_t now_ms);

/* Forgets everything and gives the memory back. */
void pdane_published_clear(struct pdane_published *p);

#endif
