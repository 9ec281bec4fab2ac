/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that are cut, stretched, too full or lie about themselves. */
#include "test.h"

#include <errno.h>

#include "packet_parse.h"

static void
many(unsigned n)
{
        packet_begin(&p, 0, "a.example", TLSA);
        for (unsigned i = 0; i < n; i++)
                packet_rr(&p, PACKET_ANSWER, "a.example", TLSA, 300,
                          (uint8_t[]){3, 1, 1, (uint8_t)(i >> 8), (uint8_t)i}, 5);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, TLSA, 2, 3600, FAR);
}

static void
test_record_limit(void **state)
{
        (void)state;
        static const unsigned counts[] = {PDANE_ANSWER_RDATA_MAX, PDANE_ANSWER_RDATA_MAX + 1};
        for (size_t i = 0; i < 2; i++) {
                many(counts[i]);
                struct pdane_packet *out = good("a.example", TLSA);
                assert_int_equal(out->n_rdata, PDANE_ANSWER_RDATA_MAX);
                assert_memory_equal(out->rdata[511].data, "\3\1\1\1\377", 5);
                pdane_packet_free(out);
        }
}

static void
test_address_length(void **state)
{
        (void)state;
        for (size_t len = 0; len < 18; len++) {
                uint8_t rdata[18] = {0};
                packet_begin(&p, 0, "a.example", AAAA);
                packet_rr(&p, PACKET_ANSWER, "a.example", AAAA, 300, rdata, len);
                packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, AAAA, 2, 3600, FAR);
                if (len == 16)
                        pdane_packet_free(good("a.example", AAAA));
                else
                        bad("a.example", AAAA);
        }
}

/* A compressed exchange name comes out whole. */
static void
test_compressed_rdata(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", MX);
        packet_rr(&p, PACKET_ANSWER, "a.example", MX, 300, "\0\012\4mail\300\016", 9);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, MX, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", MX);
        assert_int_equal(out->n_rdata, 1);
        assert_int_equal(out->rdata[0].len, 16);
        assert_memory_equal(out->rdata[0].data, "\0\012\4mail\007example", 16);
        pdane_packet_free(out);

        static const struct {
                const char *rdata;
                size_t len;
        } wrong[] = {
                {"\0\012", 2},                 /* no name */
                {"\0", 1},                     /* half a preference */
                {"\0\012\4mail\300\016x", 10}, /* something behind the name */
                {"\0\012\4mai", 6},            /* name past the end */
                {"\0\012\300\377", 4},         /* pointer past the end */
        };
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                packet_begin(&p, 0, "a.example", MX);
                packet_rr(&p, PACKET_ANSWER, "a.example", MX, 300, wrong[i].rdata, wrong[i].len);
                packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, MX, 2, 3600, FAR);
                bad("a.example", MX);
        }
}

static void
test_compression_loop(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        uint16_t here = (uint16_t)(0xc000 | p.len);
        uint8_t rr[] = {(uint8_t)(here >> 8), (uint8_t)here, 0, A, 0, 1, 0, 0, 0, 9, 0, 0};
        packet_bytes(&p, rr, sizeof rr);
        packet_poke(&p, 6, 1);
        bad("a.example", A);

        packet_begin(&p, 0, "a.example", CNAME); /* the same inside RDATA */
        here = (uint16_t)(0xc000 | (p.len + 21));
        packet_rr(&p, PACKET_ANSWER, "a.example", CNAME, 300,
                  (uint8_t[]){(uint8_t)(here >> 8), (uint8_t)here}, 2);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, 2, 3600, FAR);
        bad("a.example", CNAME);
}

/* Every shorter message, and every longer one, and counts that lie. */
static void
test_length(void **state)
{
        (void)state;
        denial(0, 600, 1000);
        size_t whole = p.len;
        pdane_packet_free(good("a.example", A));
        for (p.len = 0; p.len < whole; p.len++)
                bad("a.example", A);
        p.len = whole;
        packet_bytes(&p, "", 1);
        bad("a.example", A);
        p.len = whole;
        for (size_t section = 1; section <= 3; section++) {
                uint16_t count = (uint16_t)(p.data[4 + 2 * section] << 8 | p.data[5 + 2 * section]);
                packet_poke(&p, 4 + 2 * section, (uint16_t)(count + 1));
                bad("a.example", A);
                packet_poke(&p, 4 + 2 * section, 0xffff);
                bad("a.example", A);
                if (count) {
                        packet_poke(&p, 4 + 2 * section, (uint16_t)(count - 1));
                        bad("a.example", A);
                }
                packet_poke(&p, 4 + 2 * section, count);
        }
        pdane_packet_free(good("a.example", A));
}

static void
test_short_rrsig(void **state)
{
        (void)state;
        uint8_t rdata[19] = {0, A, 13, 2, 0, 0, 14, 16, 0x7f, 0xff, 0xff, 0xff};
        for (size_t len = 17; len <= 19; len++) {
                begin_a();
                packet_rr(&p, PACKET_ANSWER, "a.example", 46, 300, rdata, len);
                if (len == 19)
                        pdane_packet_free(good("a.example", A));
                else
                        bad("a.example", A);
        }
}

/* No single wrong octet makes the parser read where it should not; a sanitizer watches. */
static void
test_mutations(void **state)
{
        (void)state;
        dname_answer("www.new.example");
        for (size_t i = 0; i < p.len; i++) {
                uint8_t was = p.data[i];
                for (unsigned bit = 0; bit < 8; bit++) {
                        struct pdane_packet *out = NULL;
                        p.data[i] = (uint8_t)(was ^ 1u << bit);
                        if (parse("www.old.example", A, NOW, &out) == 0)
                                pdane_packet_free(out);
                }
                p.data[i] = was;
        }
        pdane_packet_free(good("www.old.example", A));
}

static void
test_rcode(void **state)
{
        (void)state;
        packet_begin(&p, 5, "a.example", A);
        assert_int_equal(pdane_packet_rcode(p.data, p.len), 5);
        assert_int_equal(pdane_packet_rcode(p.data, 12), 5);
        assert_int_equal(pdane_packet_rcode(p.data, 11), -1);
        assert_int_equal(pdane_packet_rcode(NULL, 0), -1);
        pdane_packet_free(NULL);
}

/* The root's own records: its name is empty, and has no labels to be a wildcard's. */
static void
test_root(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        packet_soa(&p, PACKET_AUTHORITY, "", 600, 1000);
        packet_rrsig(&p, PACKET_AUTHORITY, "", 600, SOA, 0, 3600, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->not_after, NOW + 600);
        pdane_packet_free(out);

        packet_begin(&p, 0, "a.example", A); /* a DNAME there renames everything */
        packet_rr_name(&p, PACKET_ANSWER, "", DNAME, 300, "new.example");
        packet_rrsig(&p, PACKET_ANSWER, "", 300, DNAME, 0, 3600, FAR);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "a.example.new.example");
        out = good("a.example", A);
        assert_string_equal(out->final_name, "a.example.new.example");
        pdane_packet_free(out);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_record_limit),
                cmocka_unit_test(test_address_length),
                cmocka_unit_test(test_compressed_rdata),
                cmocka_unit_test(test_compression_loop),
                cmocka_unit_test(test_length),
                cmocka_unit_test(test_short_rrsig),
                cmocka_unit_test(test_mutations),
                cmocka_unit_test(test_rcode),
                cmocka_unit_test(test_root),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
