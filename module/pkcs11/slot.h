/* SPDX-License-Identifier: BSD-3-Clause */
/* The one slot and its token: fixed facts that decide whether a client looks at us at all (design
 * section 2). */
#ifndef PDANE_SLOT_H
#define PDANE_SLOT_H

#include "cryptoki.h"

#define PDANE_SLOT_ID 1UL

/* Fill in what the calls of like names return. Pure; any thread. */
void pdane_slot_library_info(CK_INFO *ret);
void pdane_slot_info(CK_SLOT_INFO *ret);
void pdane_slot_token_info(CK_ULONG n_sessions, CK_TOKEN_INFO *ret);

/*
 * C_GetSlotList. list NULL: the number alone, whatever *n is (p11-kit leaves it uninitialised
 * then). 0, or -ENOBUFS when *n is too small; *n is the number of slots in either case.
 */
int pdane_slot_list(CK_SLOT_ID *list, CK_ULONG *n);

#endif
