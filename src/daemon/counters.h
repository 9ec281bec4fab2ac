/* SPDX-License-Identifier: BSD-3-Clause */
/* What the daemon has done since it began, in numbers. */
#ifndef PDANE_COUNTERS_H
#define PDANE_COUNTERS_H

#include <stdint.h>

#include "trust/verdict.h"

#define PDANE_OUTCOMES (PDANE_OUTCOME_REFUSED + 1)

struct pdane_counters {
        uint64_t questions;               /* from verifiers */
        uint64_t hits;                    /* answered with something at once */
        uint64_t found;                   /* answered with something after a wait */
        uint64_t waits;                   /* questions that waited */
        uint64_t deadlines;               /* waits that ended with lookups still under way */
        uint64_t hints;                   /* names that programs looked up */
        uint64_t probes;                  /* conversations with servers */
        uint64_t checks;                  /* asked by the command line */
        uint64_t lookups[PDANE_OUTCOMES]; /* by what they came to */
};

#endif
