/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was found out about a DNS answer, a lookup and a certificate, as closed sets. A verdict is
 * never an error code. Only one value of each set leads to trust, and every switch over one ends
 * in distrust.
 */
#ifndef PDANE_VERDICT_H
#define PDANE_VERDICT_H

/* What DNSSEC validation says of one RRset (RFC 4035 section 4.3), or why it could not say. */
enum pdane_dns_verdict {
        PDANE_DNS_UNKNOWN = 0, /* not asked yet; counts as nothing */
        PDANE_DNS_SECURE,      /* validated, and there are records */
        PDANE_DNS_NO_RECORDS,  /* validated denial: NXDOMAIN or NODATA, secure */
        PDANE_DNS_INSECURE,    /* provably unsigned, or indeterminate */
        PDANE_DNS_BOGUS,       /* validation failed */
        PDANE_DNS_TIMEOUT,     /* no answer in time, or SERVFAIL in place of it */
        PDANE_DNS_UNREACHABLE, /* SERVFAIL at once without a validation failure, or no network */
};

/* What a lookup of one host came to. */
enum pdane_outcome {
        PDANE_OUTCOME_UNKNOWN = 0,
        PDANE_OUTCOME_ACCEPTED, /* evidence was made */
        PDANE_OUTCOME_INSECURE,
        PDANE_OUTCOME_NO_RECORDS, /* secure denial of address or TLSA */
        PDANE_OUTCOME_BOGUS,
        PDANE_OUTCOME_DNS_TIMEOUT,
        PDANE_OUTCOME_DNS_UNREACHABLE,
        PDANE_OUTCOME_SERVER_UNREACHABLE, /* no address let a TLS handshake finish */
        PDANE_OUTCOME_SERVER_TIMEOUT,
        PDANE_OUTCOME_REFUSED, /* a certificate came, and enum pdane_reason says why not */
};

/* Why a certificate is or is not vouched for. */
enum pdane_reason {
        PDANE_REASON_UNKNOWN = 0,
        PDANE_REASON_ACCEPTED,
        PDANE_REASON_UNUSABLE,      /* no usable TLSA record (RFC 7671 section 4) */
        PDANE_REASON_NO_MATCH,      /* usable records, none matches */
        PDANE_REASON_NAME_MISMATCH, /* usage 2 only */
        PDANE_REASON_CHAIN_ERROR,   /* OpenSSL could not build or verify the chain */
        PDANE_REASON_MALFORMED,     /* does not parse, or a name holds NUL or is not a name */
        PDANE_REASON_TOO_LARGE,     /* certificate or number of names past the limit */
        PDANE_REASON_NOT_V3,        /* X.509 v1 or v2: verifiers treat a trusted one as a CA */
        PDANE_REASON_RESERVED_DN,   /* issuer or subject DN belongs to the system's trust store */
        PDANE_REASON_IP_NAME,       /* an iPAddress, or a CN that is an address */
        PDANE_REASON_NO_NAMES,      /* names no host at all */
        PDANE_REASON_NOT_COVERED,   /* a name without its own secure, matching TLSA RRset */
        PDANE_REASON_EXPIRED_EVIDENCE, /* the DNS evidence has run out already */
        PDANE_REASON_PUBLIC_CA,        /* DANE-TA names a CA that shows the marks of a public one */
        PDANE_REASON_UNSUPPORTED, /* matched, but by a usage that this version makes nothing of */
        PDANE_REASON_FOREIGN_KEY_ID, /* its key identifier does not follow from its key */
};

/* Short, stable, lower-case words with dashes: for logs, JSON and tests. Never NULL. */
const char *pdane_dns_verdict_string(enum pdane_dns_verdict v);
const char *pdane_outcome_string(enum pdane_outcome o);
const char *pdane_reason_string(enum pdane_reason r);

#endif
