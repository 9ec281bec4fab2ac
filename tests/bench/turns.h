/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that waits for its turn: who drives it has several that differ in one thing, and lets
 * them work one after the other in short turns, so that all meet the same noise. */
#ifndef PDANE_BENCH_TURNS_H
#define PDANE_BENCH_TURNS_H

/*
 * Prints "ready", then for each number that comes in on a line does once(arg) so many times and
 * prints {"n": ..., "cpu": ..., "wall": ...}: microseconds for all of them together, cpu of this
 * whole process. Returns at the end of input.
 */
void bench_take_turns(void (*once)(void *arg), void *arg);

/* What bench_take_turns() calls for each: callgrind counts what is below it. */
void bench_once(void (*once)(void *arg), void *arg);

#endif
