/* SPDX-License-Identifier: BSD-3-Clause */
/* search.c, with a way to make a new process of an old one: it remembers for good what it was
 * asked. */
#include "pkcs11_search.h"
#include "pkcs11/search.c"

void
pkcs11_search_forget(void)
{
        atomic_store(&asked_for_trust, false);
}
