/* SPDX-License-Identifier: BSD-3-Clause */
/* What every cmocka test includes, in the order that cmocka wants. */
#ifndef PDANE_TEST_H
#define PDANE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of a struct pdane_bytes. */
#define assert_bytes(bytes, with, length)                                                          \
        do {                                                                                       \
                struct pdane_bytes bytes_ = (bytes);                                               \
                assert_int_equal(bytes_.len, (length));                                            \
                assert_memory_equal(bytes_.data, (with), bytes_.len);                              \
        } while (0)

#endif
