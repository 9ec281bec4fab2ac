/* SPDX-License-Identifier: BSD-3-Clause */
/* The real clocks, or some seconds after them. */
#include <time.h>

#include "bench_turn.h"
#include "daemon/clock.h"

static int64_t skipped;

void
bench_clock_skip(int64_t seconds)
{
        skipped += seconds;
}

int64_t
pdane_clock_wall(void)
{
        return (int64_t)time(NULL) + skipped;
}

int64_t
pdane_clock_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_BOOTTIME, &t);
        return ((int64_t)t.tv_sec + skipped) * 1000 + t.tv_nsec / 1000000;
}
