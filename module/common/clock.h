/* SPDX-License-Identifier: BSD-3-Clause */
/* The modules' clock. Few read it; everything else gets the time as an argument. */
#ifndef PDANE_MODULE_CLOCK_H
#define PDANE_MODULE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since boot, time asleep included: evidence ages while a laptop's lid is shut. Any
 * thread. */
static inline uint64_t
pdane_clock_now_ms(void)
{
        struct timespec now = {0};

        (void)clock_gettime(CLOCK_BOOTTIME, &now);
        return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

#endif
