/* SPDX-License-Identifier: BSD-3-Clause */
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

static double
cpu_us(void)
{
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

__attribute__((noinline)) void
bench_once(void (*once)(void *arg), void *arg)
{
        once(arg);
        __asm__ volatile("" ::: "memory"); /* a tail call would leave nothing to count */
}

void
bench_take_turns(void (*once)(void *arg), void *arg)
{
        char line[32];

        puts("ready");
        fflush(stdout);
        while (fgets(line, sizeof(line), stdin)) {
                unsigned long n = strtoul(line, NULL, 10);
                double wall = bench_now_us(), cpu = cpu_us();

                for (unsigned long i = 0; i < n; i++)
                        bench_once(once, arg);
                cpu = cpu_us() - cpu;
                wall = bench_now_us() - wall;
                printf("{\"n\": %lu, \"cpu\": %.3f, \"wall\": %.3f}\n", n, cpu, wall);
                fflush(stdout);
        }
}
