/* SPDX-License-Identifier: BSD-3-Clause */
/* The real clocks. */
#include "daemon/clock.h"

#include <time.h>

int64_t
pdane_clock_wall(void)
{
        return (int64_t)time(NULL);
}

int64_t
pdane_clock_ms(void)
{
        struct timespec ts;
        clock_gettime(CLOCK_BOOTTIME, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
