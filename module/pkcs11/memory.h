/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the daemon has answered to which question, for as long as that holds: a verification asks
 * the same several times and must hear the same. Bounded in entries and bytes; the least recently
 * used goes first.
 */
#ifndef PDANE_MEMORY_H
#define PDANE_MEMORY_H

#include "held.h"
#include "module_limits.h"

/* An answer. Read it under the lock under which it was found; it may go with the next call. */
struct pdane_remembered {
        uint64_t until_ms;
        uint32_t size;       /* bytes counted for it */
        uint16_t lengths[4]; /* of the question's fields, which lie behind the items */
        uint8_t client;
        uint8_t n_items; /* 0: nothing is to be found */
        struct pdane_held *items[];
};

/* Starts zeroed. The caller locks. */
struct pdane_memory {
        uint64_t next_end_ms; /* no entry ends before that */
        size_t n;
        size_t bytes;
        uint32_t uses; /* if they ever wrap, another entry than the oldest is displaced */
        /* Those whose hashes end alike are in one chain: places in entries, one up; 0 is its end.
         */
        uint16_t heads[PDANE_MEMORY_ENTRIES];
        uint16_t nexts[PDANE_MEMORY_ENTRIES];
        uint32_t hashes[PDANE_MEMORY_ENTRIES]; /* of their questions */
        uint32_t used[PDANE_MEMORY_ENTRIES];   /* the count of uses when each was last used */
        struct pdane_remembered *entries[PDANE_MEMORY_ENTRIES];
};

/*
 * How long an answer to q holds, in milliseconds: what the daemon says, but long enough for one
 * verification, and never past the end of any item in it (which rules over everything else). An
 * answer to a question by subject alone does not hold at all: it is about CAs, which several hosts
 * share, and the anchor for the next host may come any time. That is safe: an anchor says itself
 * what it is good for.
 */
uint64_t pdane_memory_hold_ms(const struct pdane_question *q, const struct pdane_answer *a);

/*
 * What is remembered of the question, or NULL. Questions are equal when all their fields are; a
 * serial in either of its two forms is one serial.
 */
const struct pdane_remembered *pdane_memory_find(struct pdane_memory *m,
                                                 const struct pdane_question *q, uint64_t now_ms);

/*
 * Remembers a copy of the answer (NULL: nothing to be found) for hold_ms and returns it, unless the
 * question has an answer already: then that is returned, so that questions asked at the same time
 * get one answer. NULL when there is no memory.
 */
const struct pdane_remembered *pdane_memory_store(struct pdane_memory *m,
                                                  const struct pdane_question *q,
                                                  const struct pdane_answer *a, uint64_t hold_ms,
                                                  uint64_t now_ms);

/* Forgets everything. */
void pdane_memory_clear(struct pdane_memory *m);

#endif
