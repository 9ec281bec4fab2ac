/* SPDX-License-Identifier: BSD-3-Clause */
/* The two clocks of the daemon: wall time for what DNS and X.509 say, elapsed time for deadlines. Tests bring their own. */
#ifndef PDANE_CLOCK_H
#define PDANE_CLOCK_H

#include <stdint.h>

/* Seconds since 1970. */
int64_t pdane_clock_wall(void);

/* Milliseconds that have passed since some moment, suspended time included. */
int64_t pdane_clock_ms(void);

#endif
