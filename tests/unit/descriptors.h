/* SPDX-License-Identifier: BSD-3-Clause */
/* How many descriptors this process has: what a test leaves open shows. */
#ifndef PDANE_TEST_DESCRIPTORS_H
#define PDANE_TEST_DESCRIPTORS_H

#include <dirent.h>

#include "test.h"

static inline size_t
count_descriptors(void)
{
        size_t n = 0;
        DIR *d = opendir("/proc/self/fd");

        assert_non_null(d);
        while (readdir(d))
                n++;
        closedir(d);
        return n;
}

#endif
