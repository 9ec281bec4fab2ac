/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the parts of cert.c only: what is read of a certificate, and how its names are handed
 * over. */
#ifndef PDANE_CERT_IMPL_H
#define PDANE_CERT_IMPL_H

#include <openssl/types.h>

#include "trust/cert.h"

#define PDANE_CERT_TEXT_MAX (PDANE_NAME_MAX + 2u) /* what fits a decision's culprit */

/* Exactly one certificate in DER, or NULL. */
X509 *pdane_cert_parse(const uint8_t *der, size_t len);
/* What that asks for beyond parsing, where x is what its own encoding parses to. 0, -EBADMSG or
 * -EMSGSIZE. */
int pdane_cert_check_encoding(const X509 *x);

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
