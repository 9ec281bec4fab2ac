/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does a chain match a TLSA RRset for a host? OpenSSL's DANE answers (SSL_dane_enable,
 * SSL_dane_tlsa_add, X509_STORE_CTX_set0_dane); this file only asks it. Any thread.
 */
#ifndef PDANE_MATCH_H
#define PDANE_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "trust/cert.h"
#include "trust/tlsa.h"

/* A server's chain, leaf first, as it was sent. */
struct pdane_chain {
        size_t n; /* 1..PDANE_CHAIN_MAX */
        struct pdane_cert *certs[PDANE_CHAIN_MAX];
};
void pdane_chain_clear(struct pdane_chain *ch); /* unrefs all, n = 0 */

struct pdane_match {
        enum pdane_reason reason; /* ACCEPTED, UNUSABLE, NO_MATCH, NAME_MISMATCH, CHAIN_ERROR */
        int depth;                /* where it matched, 0 = leaf; -1 without a match */
        size_t record;            /* index in the set, when matched */
        int openssl_error;        /* X509_V_ERR_*, for explaining */
};

/*
 * host is in normal form. now is seconds since 1970 and is what validity is checked against where
 * RFC 7671 has it checked (usage 2; for usage 3 neither dates nor names are looked at). Only usages
 * 2 and 3 are given to OpenSSL. Digest agility as OpenSSL does it (RFC 7671 section 9).
 *
 * ret_authority may be NULL. Otherwise a match by usage 2 gives the trust anchor that matched
 * there: the certificate from the chain or from a Cert(0) Full(0) record, or, where a record has
 * only its key and no certificate is to be had, a stand-in with that key, the subject that the top
 * of the chain names as its issuer, and the key id that it gives. Caller unrefs. NULL for every
 * other result.
 *
 * 0 with *ret filled, or -ENOMEM (then neither is touched).
 */
int pdane_match_chain(const struct pdane_chain *chain, const char *host,
                      const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret,
                      struct pdane_cert **ret_authority);

/*
 * The same by the records of usage 2 alone: does an authority vouch for the chain, whatever else
 * does? RFC 7671 section 9 has digest agility for each usage by itself, so that leaving out the
 * others changes nothing for these.
 */
int pdane_match_authority(const struct pdane_chain *chain, const char *host,
                          const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret,
                          struct pdane_cert **ret_authority);

/*
 * The same for n certificates of any number and form, as long as OpenSSL could parse them. All are
 * borrowed.
 */
int pdane_match_certs(X509 *const *certs, size_t n, const char *host,
                      const struct pdane_tlsa_set *set, int64_t now, struct pdane_match *ret,
                      struct pdane_cert **ret_authority);

#endif
