/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for src/daemon/clock.c: time stands still until a test moves it. */
#ifndef PDANE_FAKE_CLOCK_H
#define PDANE_FAKE_CLOCK_H

#include <stdint.h>

void fake_clock_set(int64_t wall_s); /* and elapsed time to the same, in milliseconds */
void fake_clock_advance(int64_t seconds);
void fake_clock_advance_ms(int64_t ms);
void fake_clock_jump(int64_t seconds); /* somebody sets the wall clock; no time has passed */

#endif
