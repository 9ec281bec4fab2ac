/* SPDX-License-Identifier: BSD-3-Clause */
/* TLSA records (RFC 6698 section 2, RFC 7671): parsing, and which of them are usable. Pure. */
#ifndef PDANE_TLSA_H
#define PDANE_TLSA_H

#include "common/bytes.h"
#include "common/limits.h"

struct pdane_tlsa {
        uint8_t usage;    /* 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE */
        uint8_t selector; /* 0 Cert, 1 SPKI */
        uint8_t matching; /* 0 Full, 1 SHA2-256, 2 SHA2-512 */
        uint8_t *data;    /* owned by the set */
        size_t len;
};

struct pdane_tlsa_set; /* an RRset, in the order received; records of any kind, usable or not */

int pdane_tlsa_set_new(struct pdane_tlsa_set **ret);
void pdane_tlsa_set_free(struct pdane_tlsa_set *s); /* NULL-safe */
int pdane_tlsa_set_copy(const struct pdane_tlsa_set *s, struct pdane_tlsa_set **ret);

/* Appends a record from wire RDATA. 0; -EBADMSG (shorter than four octets); -EMSGSIZE; -E2BIG (set
 * full); -ENOMEM. */
int pdane_tlsa_set_add(struct pdane_tlsa_set *s, const uint8_t *rdata, size_t len);

/* The same from presentation form, "3 1 1 HEX" (white space inside HEX allowed). -EINVAL when it is
 * not that. */
int pdane_tlsa_set_add_text(struct pdane_tlsa_set *s, const char *text);

size_t pdane_tlsa_set_count(const struct pdane_tlsa_set *s);
const struct pdane_tlsa *pdane_tlsa_set_get(const struct pdane_tlsa_set *s, size_t i);

/*
 * Usable for this project: usage 2 or 3, selector and matching type known, data of the length the
 * matching type makes (32 or 64) or, for Full, non-empty (OpenSSL checks that it parses). Usages 0
 * and 1 never are.
 */
bool pdane_tlsa_usable(const struct pdane_tlsa *t);
bool pdane_tlsa_set_usable(const struct pdane_tlsa_set *s); /* at least one record is */

#endif
