/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many lookups each user may force that nothing else calls for: so many at once, and then one
 * in a while. One thread.
 */
#ifndef PDANE_BUDGET_H
#define PDANE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PDANE_BUDGET_BURST 10u
#define PDANE_BUDGET_EVERY_MS 2000
#define PDANE_BUDGET_UIDS                                                                          \
        64u /* users that are told apart; the one quiet for longest is forgotten,                  \
               but never one that has something left to wait for */

struct pdane_budget {
        struct {
                uid_t uid;
                bool used;
                int64_t full_at_ms; /* when the whole burst is there again; pdane_clock_ms */
        } users[PDANE_BUDGET_UIDS];
};

/* All zero is a budget that nobody has used. Takes one if there is one. */
bool pdane_budget_take(struct pdane_budget *b, uid_t uid, int64_t now_ms);

#endif
