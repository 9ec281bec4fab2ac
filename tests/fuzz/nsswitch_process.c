/* SPDX-License-Identifier: BSD-3-Clause */
/* observer.c, with other threads and processes. */
#include "nsswitch_process.h"
#include "observer.c"

void
nsswitch_process_held(enum nsswitch_holder who)
{
        int self = (int)getpid();

        atomic_store(&holder, who == NSSWITCH_NOBODY   ? 0
                              : who == NSSWITCH_THREAD ? self
                                                       : self + 1);
}
