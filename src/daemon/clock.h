/* SPDX-License-Identifier: BSD-3-Clause */
/* The two clocks of the daemon: wall time for what DNS and X.509 say, elapsed time for deadlines. */
#ifndef PDANE_CLOCK_H
#define PDANE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Seconds since 1970. */
static inline int64_t
pdane_clock_wall(void)
{
        return (int64_t)time(NULL);
}

/* Milliseconds that have passed since some moment, suspended time included. */
static inline int64_t
pdane_clock_ms(void)
{
        struct timespec ts;
        clock_gettime(CLOCK_BOOTTIME, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
