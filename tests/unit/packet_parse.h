/* SPDX-License-Identifier: BSD-3-Clause */
/* One message under construction, and what the parser makes of it. */
#ifndef PDANE_TEST_PACKET_PARSE_H
#define PDANE_TEST_PACKET_PARSE_H

#include "daemon/resolver_packet.h"
#include "packet.h"

#define NOW INT64_C(1800000000)
#define FAR ((uint32_t)NOW + 1000000)

#define A 1
#define CNAME 5
#define SOA 6
#define MX 15
#define AAAA 28
#define DNAME 39
#define NSEC 47
#define TLSA 52
#define NXDOMAIN 3

extern struct packet p;

/* On failure *ret is as it was. */
int parse(const char *name, uint16_t type, int64_t now, struct pdane_packet **ret);
struct pdane_packet *good(const char *name, uint16_t type); /* must parse */
void bad(const char *name, uint16_t type);                  /* must be -EBADMSG */

void begin_a(void); /* a.example A, not signed */
/* www.old.example by a DNAME of old.example, made into alias, which has an address. */
void dname_answer(const char *alias);
void denial(unsigned rcode, uint32_t soa_ttl, uint32_t minimum); /* of a.example A */

#endif
