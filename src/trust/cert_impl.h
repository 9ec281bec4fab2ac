/* SPDX-License-Identifier: BSD-3-Clause */
/* Between cert.c and cert_names.c only: how the names of a certificate are handed over. */
#ifndef PDANE_CERT_IMPL_H
#define PDANE_CERT_IMPL_H

#include <openssl/types.h>

#include "trust/cert.h"

#define PDANE_CERT_TEXT_MAX (PDANE_NAME_MAX + 2u) /* what fits a decision's culprit */

struct pdane_cert_names {
        enum pdane_reason reason;
        char text[PDANE_CERT_TEXT_MAX + 1]; /* what was wrong, escaped; "" for nothing to show */
        struct pdane_name *names;           /* owned */
        size_t n;
};

/*
 * Fills *names (all zero before) with every name a client may match x against, or with the reason
 * why there can be no such list. 0, or -ENOMEM.
 */
int pdane_cert_names_read(X509 *x, struct pdane_cert_names *names);
void pdane_cert_names_clear(struct pdane_cert_names *names);

#endif
