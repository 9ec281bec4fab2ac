/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions and the one search that each may have under way. */
#ifndef PDANE_SESSION_H
#define PDANE_SESSION_H

#include "cryptoki.h"
#include "module_limits.h"

#define PDANE_SESSION_CHAINS                                                                       \
        64u /* of the few sessions that most programs have, each has its own                       \
             */

enum pdane_search_state {
        PDANE_SEARCH_IDLE = 0,
        PDANE_SEARCH_ASKING, /* a thread is waiting for the daemon, without the lock */
        PDANE_SEARCH_READY,
};

struct pdane_session {
        struct pdane_session *chained; /* the next in its chain */
        CK_SESSION_HANDLE handle;
        enum pdane_search_state state;
        unsigned n;    /* handles found */
        unsigned next; /* the first that was not yet handed out */
        CK_OBJECT_HANDLE found[PDANE_ANSWER_MAX_ITEMS];
};

/* Starts zeroed. The caller locks. */
struct pdane_session_table {
        struct pdane_session *chains[PDANE_SESSION_CHAINS]; /* by the handle */
        unsigned n;
        CK_SESSION_HANDLE last; /* the newest handle; survives pdane_session_table_clear() */
};

/* Opens a session. 0; -ENOMEM; -EMFILE when there are too many, or no handle is left. */
int pdane_session_open(struct pdane_session_table *t, CK_SESSION_HANDLE *ret_handle);

/* Ends a session and its search. 0 or -EBADF. */
int pdane_session_close(struct pdane_session_table *t, CK_SESSION_HANDLE handle);

/* Whether the session exists. 0 or -EBADF. */
int pdane_session_check(const struct pdane_session_table *t, CK_SESSION_HANDLE handle);

/* A search starts: until pdane_session_found() nothing can be read from it. 0, -EBADF, -EBUSY. */
int pdane_session_begin(struct pdane_session_table *t, CK_SESSION_HANDLE handle);

/* What the search has found, at most PDANE_ANSWER_MAX_ITEMS. 0, or -EBADF when the session is gone.
 */
int pdane_session_found(struct pdane_session_table *t, CK_SESSION_HANDLE handle,
                        const CK_OBJECT_HANDLE *found, unsigned n);

/* Hands out up to max handles that were not handed out before. 0, -EBADF, -ENOMSG when none is
 * ready. */
int pdane_session_next(struct pdane_session_table *t, CK_SESSION_HANDLE handle,
                       CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *ret_n);

/* Ends the search. 0, -EBADF, -ENOMSG. */
int pdane_session_end(struct pdane_session_table *t, CK_SESSION_HANDLE handle);

/* Closes all sessions. No handle of before becomes another session's. */
void pdane_session_table_clear(struct pdane_session_table *t);

#endif
