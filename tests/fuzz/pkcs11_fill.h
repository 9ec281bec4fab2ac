/* SPDX-License-Identifier: BSD-3-Clause */
/* More than the module keeps: for fuzz_pkcs11.c. */
#ifndef PDANE_FUZZ_PKCS11_FILL_H
#define PDANE_FUZZ_PKCS11_FILL_H

#include "fuzz.h"
#include "pkcs11/cryptoki.h"

/* Around one input: some work is enough. */
void pkcs11_fill_begin(void);

/*
 * Up to 400 searches, each for another certificate, which the daemon knows or not. Each finds that
 * certificate or nothing, nothing when the daemon does not know it. The session has no search open.
 */
void pkcs11_fill_searches(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session,
                          struct fuzz_input *in);

/* As many sessions as one gets. */
void pkcs11_fill_sessions(const CK_FUNCTION_LIST *list);

#endif
