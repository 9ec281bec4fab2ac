/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that the module is in, for fuzz_pkcs11.c: one that has just begun, one that has
 * forked, one that has run for very long, and what its other threads do in the few places where
 * that matters. One thread plays them all.
 */
#ifndef PDANE_FUZZ_PKCS11_PROCESS_H
#define PDANE_FUZZ_PKCS11_PROCESS_H

#include <stdbool.h>

/* Around one input. */
void pkcs11_process_begin(void);
void pkcs11_process_end(void); /* frees what a process leaves behind */

/* From now on this is its child. held: another thread of the parent was in the module, and is
 * not here. */
void pkcs11_process_fork(bool held);
/* Its handles have nearly all been used. */
void pkcs11_process_age(void);
/* Another thread is at the module's start, and done (or the module stopped again) when it has been
 * waited for. */
void pkcs11_process_starts(bool stops);
/* Another thread stops the module just before the lock is taken. */
void pkcs11_process_stops(void);

#endif
