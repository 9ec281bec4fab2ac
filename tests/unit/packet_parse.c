/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses from an allocation of exactly the message's size, where reading past it shows. */
#include "test.h"

#include "packet_parse.h"

#include <errno.h>

struct packet p;

int
parse(const char *name, uint16_t type, int64_t now, struct pdane_packet **ret)
{
        uint8_t *copy = malloc(p.len ? p.len : 1);
        assert_non_null(copy);
        memcpy(copy, p.data, p.len);
        struct pdane_packet *before = *ret;
        int r = pdane_packet_parse(copy, p.len, name, type, now, ret);
        free(copy);
        if (r < 0)
                assert_ptr_equal(*ret, before);
        return r;
}

struct pdane_packet *
good(const char *name, uint16_t type)
{
        struct pdane_packet *out = NULL;
        assert_int_equal(parse(name, type, NOW, &out), 0);
        return out;
}

void
bad(const char *name, uint16_t type)
{
        struct pdane_packet *out = NULL;
        assert_int_equal(parse(name, type, NOW, &out), -EBADMSG);
}

void
begin_a(void)
{
        packet_begin(&p, 0, "a.example", A);
        packet_rr(&p, PACKET_ANSWER, "a.example", A, 300, "\xc0\x00\x02\x01", 4);
}

void
dname_answer(const char *alias)
{
        packet_begin(&p, 0, "www.old.example", A);
        packet_rr_name(&p, PACKET_ANSWER, "old.example", DNAME, 300, "new.example");
        packet_rrsig(&p, PACKET_ANSWER, "old.example", 300, DNAME, 2, 3600, FAR);
        packet_rr_name(&p, PACKET_ANSWER, "www.old.example", CNAME, 300, alias);
        packet_rr(&p, PACKET_ANSWER, alias, A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, alias, 300, A, 3, 3600, FAR);
}

void
denial(unsigned rcode, uint32_t soa_ttl, uint32_t minimum)
{
        packet_begin(&p, rcode, "a.example", A);
        packet_soa(&p, PACKET_AUTHORITY, "example", soa_ttl, minimum);
        packet_rrsig(&p, PACKET_AUTHORITY, "example", soa_ttl, SOA, 1, 3600, FAR);
        packet_rr(&p, PACKET_AUTHORITY, "a.example", NSEC, 900, "\0\0\1\0", 4);
        packet_rrsig(&p, PACKET_AUTHORITY, "a.example", 900, NSEC, 2, 3600, FAR);
}
