/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls without a search: for fuzz_pkcs11.c. */
#ifndef PDANE_FUZZ_PKCS11_FACTS_H
#define PDANE_FUZZ_PKCS11_FACTS_H

#include "fuzz.h"
#include "pkcs11/cryptoki.h"

/* Library, slot, token, session and mechanisms, with and without a place for the answer. */
void pkcs11_facts_ask(const CK_FUNCTION_LIST *list, struct fuzz_input *in,
                      CK_SESSION_HANDLE session);
/* What is refused, whatever the state. */
void pkcs11_facts_refused(const CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session);

#endif
