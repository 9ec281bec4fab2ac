/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_user.c, with a way to make a new process of an old one, and a child of a parent. */
#include "mapped_scans.h"
#include "nsswitch/tls_user.c"

void
mapped_tls_forget(void)
{
        atomic_store(&last_scan, 0);
        atomic_store(&scanner, 0);
}

void
mapped_tls_fork(void)
{
        if (atomic_load(&scanner) != 0)
                atomic_store(&scanner, (int)getpid() + 1);
}
