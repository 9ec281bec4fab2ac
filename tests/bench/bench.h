/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs that measure have in common: a clock, samples, and a line of JSON for each
 * figure. Whatever fails ends the program. */
#ifndef PDANE_BENCH_H
#define PDANE_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One thing that is measured again and again. */
struct bench_samples {
        const char *name;
        double *us;
        size_t n, cap;
};

double bench_now_us(void);
double bench_cpu_us(pid_t pid); /* processor time so far, of all threads of a process */
void bench_samples_init(struct bench_samples *s, const char *name, size_t cap);
void bench_add(struct bench_samples *s, double us);
double bench_median(struct bench_samples *s); /* sorts */

/* {"name": ..., "median": ..., "p99": ..., "n": ..., "unit": "us"}, then empties the samples. */
void bench_report(struct bench_samples *s);
void bench_report_value(const char *name, double value, const char *unit);

_Noreturn void bench_fail(const char *what);

#endif
