/* SPDX-License-Identifier: BSD-3-Clause */
/* The process that the plugin is in, for fuzz_nsswitch.c: who uses what is remembered. */
#ifndef PDANE_FUZZ_NSSWITCH_PROCESS_H
#define PDANE_FUZZ_NSSWITCH_PROCESS_H

enum nsswitch_holder {
        NSSWITCH_NOBODY,
        NSSWITCH_PARENT, /* a thread that was in it when its process forked this one */
        NSSWITCH_THREAD, /* another thread of this process, which does not get on */
};
void nsswitch_process_held(enum nsswitch_holder who);

#endif
