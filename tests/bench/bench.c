/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double
read_us(clockid_t clock)
{
        struct timespec t;

        if (clock_gettime(clock, &t) < 0)
                bench_fail("clock");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double
bench_now_us(void)
{
        return read_us(CLOCK_MONOTONIC);
}

double
bench_cpu_us(pid_t pid)
{
        clockid_t clock;

        if (clock_getcpuclockid(pid, &clock) != 0)
                bench_fail("a process's clock");
        return read_us(clock);
}

void
bench_fail(const char *what)
{
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
}

void
bench_samples_init(struct bench_samples *s, const char *name, size_t cap)
{
        *s = (struct bench_samples){.name = name, .us = calloc(cap, sizeof(*s->us)), .cap = cap};
        if (!s->us)
                bench_fail("samples");
}

void
bench_add(struct bench_samples *s, double us)
{
        if (s->n < s->cap)
                s->us[s->n++] = us;
}

static int
compare(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

double
bench_median(struct bench_samples *s)
{
        qsort(s->us, s->n, sizeof(*s->us), compare);
        return s->n ? s->us[s->n / 2] : 0;
}

void
bench_report(struct bench_samples *s)
{
        double median = bench_median(s);

        printf("{\"name\": \"%s\", \"median\": %.3f, \"p99\": %.3f, \"n\": %zu, \"unit\": "
               "\"us\"}\n",
               s->name, median, s->n ? s->us[s->n * 99 / 100] : 0, s->n);
        fflush(stdout);
        s->n = 0;
}

void
bench_report_value(const char *name, double value, const char *unit)
{
        printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"}\n", name, value, unit);
        fflush(stdout);
}
