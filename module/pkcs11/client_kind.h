/* SPDX-License-Identifier: BSD-3-Clause */
/* Which verifier this process asks with: told by the libraries that are mapped, and by the
 * template. */
#ifndef PDANE_CLIENT_KIND_H
#define PDANE_CLIENT_KIND_H

#include <stdbool.h>

#include "common/wire.h"

/* Which of the telling libraries are mapped. Starts zeroed. */
struct pdane_mapped {
        bool xul;  /* libxul.so: Gecko, which verifies with mozilla::pkix */
        bool ssl3; /* libssl3.so: NSS's TLS, which verifies with NSS */
        bool nss3; /* libnss3.so: alone, it is Chromium's store behind Chromium's verifier */
};

/* Notes one mapped file, by its path; NULL and unknown files change nothing. */
void pdane_mapped_note(struct pdane_mapped *m, const char *path);

/* What is mapped in this process at this moment. Takes the loader's lock; any thread. */
struct pdane_mapped pdane_mapped_scan(void);

/*
 * The verifier that sent a template (design section 2). by_gnutls: the template has CKA_TRUSTED and
 * no CKA_TOKEN, which decides alone, as GnuTLS may sit in any process. False when it is none that
 * we know: such a process must be told nothing.
 */
bool pdane_client_kind(const struct pdane_mapped *m, bool by_gnutls, enum pdane_client *ret_client);

#endif
