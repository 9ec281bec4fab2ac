/* SPDX-License-Identifier: BSD-3-Clause */
/* C_FindObjectsInit: from a template to handles, by way of the process's memory or the daemon. */
#ifndef PDANE_SEARCH_H
#define PDANE_SEARCH_H

#include "cryptoki.h"

/*
 * Starts the session's search and finishes all its work: what C_FindObjects hands out is then
 * fixed. May wait for the daemon (PDANE_TOTAL_MS at most), without the module's lock. Whatever goes
 * wrong with the daemon is a search that finds nothing. 0; -ENOTCONN, -EINVAL, -EBADF, -EBUSY.
 */
int pdane_search_start(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *t, CK_ULONG n);

#endif
