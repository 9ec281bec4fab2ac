/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module's state in this process and its life: C_Initialize to C_Finalize, threads, fork. One
 * lock guards all of it and is never held while anything is waited for.
 */
#ifndef PDANE_MODULE_H
#define PDANE_MODULE_H

#include <sys/un.h>

#include "memory.h"
#include "object_table.h"
#include "patience.h"
#include "published.h"
#include "session.h"

/* What all programs use comes first, what few fill last: pages that are never written cost nothing.
 */
struct pdane_module {
        struct pdane_session_table sessions;
        struct pdane_patience patience;
        /* Set when initialised, so that the environment is not read while other threads change it.
         */
        char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];
        struct pdane_memory memory;
        struct pdane_object_table objects;
        struct pdane_published published;
};

/*
 * Makes this process one where the module may be used. In a forked child it forgets what the parent
 * knew, whatever the parent's other threads were doing at the fork. 0, or -EALREADY.
 */
int pdane_module_start(void);

/* Ends that and frees everything. 0, or -ENOTCONN when it was not started in this process. */
int pdane_module_stop(void);

/* Whether it was started in this process, at this moment. Takes no lock. */
bool pdane_module_started(void);

/* Takes the lock. 0, or -ENOTCONN (lock not taken) when the module was not started in this process.
 */
int pdane_module_enter(struct pdane_module **ret_module);

/* Gives the lock back and sets *m to NULL; a NULL *m is fine. */
void pdane_module_leave(struct pdane_module **m);

#endif
