/* SPDX-License-Identifier: BSD-3-Clause */
/* For fuzz_pkcs11.c alone. */
#ifndef PDANE_FUZZ_PKCS11_SEARCH_H
#define PDANE_FUZZ_PKCS11_SEARCH_H

/* As if no CKO_TRUST had ever been asked for. */
void pkcs11_search_forget(void);

#endif
