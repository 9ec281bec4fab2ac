/* SPDX-License-Identifier: BSD-3-Clause */
/* Built as libxul.so, libssl3.so and libnss3.so: a process that maps one of them looks like that
 * verifier's. */
int pdane_test_mapped(void);

int
pdane_test_mapped(void)
{
        return 0;
}
