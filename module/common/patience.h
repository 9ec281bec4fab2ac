/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long a silent daemon is left alone: after a missed deadline nobody asks for a while, twice as
 * long after each further one, so that a stopped daemon does not hold up every handshake of a
 * browser.
 */
#ifndef PDANE_PATIENCE_H
#define PDANE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/* Starts zeroed. The caller locks. Times are milliseconds since boot. */
struct pdane_patience {
        uint64_t until_ms;  /* nobody asks before that */
        uint64_t missed_ms; /* when the deadline was missed last */
        uint32_t pause_ms;  /* the pause that followed; 0: it has never been silent, or has spoken
                               since */
};

/* Whether the daemon may be asked at now_ms. */
bool pdane_patience_allows(const struct pdane_patience *p, uint64_t now_ms);

/*
 * The daemon kept silent on a question asked at asked_ms. Questions that were under way together
 * count once: one silence, however many threads wait for its end.
 */
void pdane_patience_missed(struct pdane_patience *p, uint64_t asked_ms, uint64_t now_ms);

/* Nobody listens: that is known at once and costs little, but every question of every handshake. */
void pdane_patience_absent(struct pdane_patience *p, uint64_t now_ms);

/* The daemon has answered. */
void pdane_patience_met(struct pdane_patience *p);

#endif
