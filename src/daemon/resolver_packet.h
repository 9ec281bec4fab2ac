/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A DNS message that libunbound validated, taken apart: the records asked for, where they were
 * found and how long they may be kept. Pure: no clock, no network; decides nothing about security.
 */
#ifndef PDANE_RESOLVER_PACKET_H
#define PDANE_RESOLVER_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/limits.h"
#include "daemon/resolver.h"

#define PDANE_ALIASES_MAX 16u /* CNAMEs of one answer that are followed */

struct pdane_packet {
        bool nxdomain;
        size_t n_rdata;                                   /* 0: a denial */
        struct pdane_bytes rdata[PDANE_ANSWER_RDATA_MAX]; /* uncompressed, in arena */
        char final_name[PDANE_NAME_MAX +
                        1]; /* lower case, no trailing dot: the end of the aliases */
        char signer[PDANE_NAME_MAX + 1]; /* as in struct pdane_dns_answer */
        bool alias;
        bool synthesised;
        unsigned labels; /* as in struct pdane_dns_answer */
        int64_t not_after, signed_until, alias_not_after,
                alias_signed_until; /* as in struct pdane_dns_answer */
        uint8_t *arena;    /* owned */
};

/*
 * Parses a whole message: the answer to name/type, class IN. name is in lower case without trailing
 * dot. now is seconds since 1970 and is only added to TTLs and compared with signature times.
 * Trailing bytes, a question that is not ours, a truncated message, an rcode other than NOERROR and
 * NXDOMAIN, aliases that loop or fork, an RRset or alias without signature (but for the CNAME that
 * a signed DNAME makes) are -EBADMSG; a record count past PDANE_ANSWER_RDATA_MAX is cut. 0 with
 * *ret (pdane_packet_free it); or -EBADMSG, -ENOMEM with *ret untouched.
 */
int pdane_packet_parse(const uint8_t *packet, size_t len, const char *name, uint16_t type,
                       int64_t now, struct pdane_packet **ret);
void pdane_packet_free(struct pdane_packet *p); /* NULL-safe */

/* The rcode in a message's header, or -1 when it is too short to have one. */
int pdane_packet_rcode(const uint8_t *packet, size_t len);
/* What to call it where an answer did not help, in lower case; static. */
const char *pdane_packet_rcode_text(int rcode);

#endif
