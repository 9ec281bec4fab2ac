/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_clock.h"

#include "daemon/clock.h"

static int64_t now_s, off_s, more_ms;

void
fake_clock_set(int64_t wall_s)
{
        now_s = wall_s;
        more_ms = 0;
        off_s = 0;
}

void
fake_clock_advance(int64_t seconds)
{
        now_s += seconds;
}

void
fake_clock_jump(int64_t seconds)
{
        off_s += seconds;
}

void
fake_clock_advance_ms(int64_t ms)
{
        more_ms += ms;
        now_s += more_ms / 1000;
        more_ms %= 1000;
}

int64_t
pdane_clock_wall(void)
{
        return now_s + off_s;
}

int64_t
pdane_clock_ms(void)
{
        return now_s * 1000 + more_ms;
}
