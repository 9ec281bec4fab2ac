/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signs RRsets with a key that is the root's in the tests (P-256, algorithm 13, RFC 4034, 6605), so
 * that a real validator can be shown right and wrong answers.
 */
#ifndef PDANE_TEST_DNS_ZONE_H
#define PDANE_TEST_DNS_ZONE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "packet.h"

enum {
        DNS_A = 1,
        DNS_NS = 2,
        DNS_CNAME = 5,
        DNS_SOA = 6,
        DNS_DS = 43,
        DNS_DNSKEY = 48,
        DNS_NSEC = 47,
        DNS_TLSA = 52,
};

/* All zero: a right signature, good for a day. */
struct zone_signature {
        bool none;         /* do not sign */
        bool broken;       /* sign something else */
        unsigned wildcard; /* that many labels of the owner come from "*" */
        int expires;       /* seconds from now, 0: a day */
};

/* Appends the RRset and its RRSIG. */
void zone_rrset(struct packet *p, enum packet_section s, const char *owner, uint16_t type,
                uint32_t ttl, const struct pdane_bytes *rdata, size_t n,
                const struct zone_signature *signature);

void zone_a(struct packet *p, const char *owner, uint32_t ttl,
            const struct zone_signature *signature); /* 192.0.2.1 */
void zone_cname(struct packet *p, const char *owner, const char *target);
void zone_dnskey(struct packet *p);
void zone_soa(struct packet *p, uint32_t ttl);
/* owner NSEC root, with these types (at most 255) besides RRSIG and NSEC. Ends in 0. */
void zone_nsec(struct packet *p, const char *owner, const uint16_t *types);

/* ". 3600 IN DNSKEY 257 3 13 ..." */
void zone_trust_anchor(char *buf, size_t cap);

#endif
