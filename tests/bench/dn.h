/* SPDX-License-Identifier: BSD-3-Clause */
/* DER by hand, for programs that ask and link no OpenSSL. */
#ifndef PDANE_BENCH_DN_H
#define PDANE_BENCH_DN_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_DN_MAX 128u
#define BENCH_SERIAL_MAX 8u

/* "CN=cn", as OpenSSL writes it; at most 100 characters. Returns its length. */
size_t bench_dn(uint8_t to[BENCH_DN_MAX], const char *cn);
/* An INTEGER. Returns its length. */
size_t bench_serial(uint8_t to[BENCH_SERIAL_MAX], uint32_t value);

#endif
