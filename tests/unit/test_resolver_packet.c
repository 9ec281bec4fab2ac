/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers made by hand: aliases, wildcards, denials, and how long they may be kept. */
#include "test.h"

#include <errno.h>

#include "packet_parse.h"

static void
test_secure(void **state)
{
        (void)state;
        begin_a();
        packet_rr(&p, PACKET_ANSWER, "A.EXAMPLE", A, 200, "\xc0\x00\x02\x02", 4);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        /* Neither rests on what is beside it. */
        packet_rr(&p, PACKET_ADDITIONAL, "b.example", A, 1, "\xc0\x00\x02\x03", 4);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->n_rdata, 2);
        assert_int_equal(out->rdata[1].len, 4);
        assert_memory_equal(out->rdata[1].data, "\xc0\x00\x02\x02", 4);
        assert_string_equal(out->final_name, "a.example");
        assert_false(out->alias);
        assert_false(out->synthesised);
        assert_false(out->nxdomain);
        assert_int_equal(out->not_after, NOW + 200);
        assert_int_equal(out->signed_until, FAR);
        pdane_packet_free(out);
}

static void
test_unsigned_is_refused(void **state)
{
        (void)state;
        begin_a();
        bad("a.example", A);
        /* A signature of another type, or of another name, does not help. */
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, AAAA, 2, 3600, FAR);
        packet_rrsig(&p, PACKET_ANSWER, "b.example", 300, A, 2, 3600, FAR);
        bad("a.example", A);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        pdane_packet_free(good("a.example", A));
}

static void
test_other_owner(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        packet_rr(&p, PACKET_ANSWER, "b.example", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "b.example", 300, A, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->n_rdata, 0);
        assert_string_equal(out->final_name, "a.example");
        pdane_packet_free(out);
}

static void
test_question_is_ours(void **state)
{
        (void)state;
        begin_a();
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        bad("b.example", A);
        bad("a.example", AAAA);
        pdane_packet_free(good("a.example", A));
        packet_poke(&p, 2, 0x01a0); /* not a response */
        bad("a.example", A);
        packet_poke(&p, 2, 0x83a0); /* TC */
        bad("a.example", A);
        packet_poke(&p, 2, 0xa1a0); /* opcode 4 */
        bad("a.example", A);
        packet_poke(&p, 2, 0x81a2); /* SERVFAIL */
        bad("a.example", A);
        packet_poke(&p, 2, 0x81a3); /* NXDOMAIN with records */
        bad("a.example", A);
        packet_poke(&p, 2, 0x81a0);
        packet_poke(&p, 4, 0);
        bad("a.example", A);
        packet_poke(&p, 4, 2);
        bad("a.example", A);
}

static void
test_alias(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        /* Out of order, and other RRsets of the type in between. */
        packet_rr(&p, PACKET_ANSWER, "c.example", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "c.example", 300, A, 2, 3600, FAR);
        packet_rr_name(&p, PACKET_ANSWER, "b.example", CNAME, 100, "C.example");
        packet_rrsig(&p, PACKET_ANSWER, "b.example", 100, CNAME, 2, 3600, (uint32_t)NOW + 50);
        packet_rr(&p, PACKET_ANSWER, "z.example", A, 300, "\xc0\x00\x02\x09", 4);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "b.EXAMPLE");
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->n_rdata, 1);
        assert_memory_equal(out->rdata[0].data, "\xc0\x00\x02\x01", 4);
        assert_true(out->alias);
        assert_string_equal(out->final_name, "c.example");
        assert_int_equal(out->not_after, NOW + 50);
        assert_int_equal(out->signed_until, NOW + 50);
        assert_int_equal(out->alias_not_after, NOW + 50);
        assert_int_equal(out->alias_signed_until, NOW + 50);
        assert_int_equal(out->labels, 2);
        pdane_packet_free(out);
}

/* How long the aliases hold is told apart from how long what they lead to does. */
static void
test_alias_lifetime(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        packet_rr(&p, PACKET_ANSWER, "b.example", A, 20, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "b.example", 20, A, 2, 3600, (uint32_t)NOW + 10);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "b.example");
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, 2, 200, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->not_after, NOW + 10);
        assert_int_equal(out->alias_not_after, NOW + 200);
        assert_int_equal(out->alias_signed_until, FAR);
        pdane_packet_free(out);

        packet_begin(&p, 0, "a.example", A);
        packet_rr(&p, PACKET_ANSWER, "b.example", A, 20, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "b.example", 20, A, 2, 3600, FAR);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "b.example");
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, 2, 200, (uint32_t)NOW - 1);
        out = good("a.example", A);
        assert_int_equal(out->alias_not_after, 0);
        assert_int_equal(out->alias_signed_until, 0);
        pdane_packet_free(out);

        begin_a();
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        out = good("a.example", A);
        assert_int_equal(out->alias_not_after, 0);
        pdane_packet_free(out);
}

/* The labels are those of what stands at the name asked, whatever it leads to. */
static void
test_labels(void **state)
{
        (void)state;
        for (uint8_t first = 1; first <= 2; first++) {
                packet_begin(&p, 0, "a.example", A);
                packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "x.b.example");
                packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, first, 3600, FAR);
                packet_rr(&p, PACKET_ANSWER, "x.b.example", A, 300, "\xc0\x00\x02\x01", 4);
                packet_rrsig(&p, PACKET_ANSWER, "x.b.example", 300, A, 2, 3600, FAR);
                struct pdane_packet *out = good("a.example", A);
                assert_true(out->synthesised);
                assert_int_equal(out->labels, first);
                pdane_packet_free(out);
        }
}

/* The CNAME itself is what is asked for: it is not followed. */
static void
test_alias_asked_for(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", CNAME);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "b.example");
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, CNAME, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", CNAME);
        assert_int_equal(out->n_rdata, 1);
        assert_false(out->alias);
        assert_int_equal(out->rdata[0].len, 11);
        assert_memory_equal(out->rdata[0].data, "\001b\007example", 11);
        pdane_packet_free(out);
}

static void
signed_alias(const char *from, const char *to)
{
        packet_rr_name(&p, PACKET_ANSWER, from, CNAME, 300, to);
        packet_rrsig(&p, PACKET_ANSWER, from, 300, CNAME, 2, 3600, FAR);
}

static void
test_alias_wrong(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        signed_alias("a.example", "b.example");
        signed_alias("b.example", "a.example");
        bad("a.example", A); /* a loop */

        packet_begin(&p, 0, "a.example", A);
        signed_alias("a.example", "b.example");
        signed_alias("a.example", "c.example");
        bad("a.example", A); /* a fork */

        begin_a();
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        signed_alias("a.example", "b.example");
        bad("a.example", A); /* both an alias and not */

        packet_begin(&p, 0, "a.example", A);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "c.example");
        packet_rr(&p, PACKET_ANSWER, "c.example", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "c.example", 300, A, 2, 3600, FAR);
        bad("a.example", A); /* an alias that nobody signed */
}

static void
alias_chain(unsigned hops)
{
        char from[32], to[32] = "n0.example";
        packet_begin(&p, 0, "n0.example", A);
        for (unsigned i = 0; i < hops; i++) {
                strcpy(from, to);
                snprintf(to, sizeof to, "n%u.example", i + 1);
                signed_alias(from, to);
        }
        packet_rr(&p, PACKET_ANSWER, to, A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, to, 300, A, 2, 3600, FAR);
}

static void
test_alias_limit(void **state)
{
        (void)state;
        alias_chain(PDANE_ALIASES_MAX);
        pdane_packet_free(good("n0.example", A));
        alias_chain(PDANE_ALIASES_MAX + 1);
        bad("n0.example", A);
}

static void
test_dname(void **state)
{
        (void)state;
        dname_answer("www.new.example");
        struct pdane_packet *out = good("www.old.example", A);
        assert_int_equal(out->n_rdata, 1);
        assert_true(out->alias);
        assert_string_equal(out->final_name, "www.new.example");
        assert_int_equal(out->labels, 3); /* no wildcard */
        pdane_packet_free(out);
        dname_answer("www.evil.example");
        bad("www.old.example", A);
        dname_answer("wwww.new.example");
        bad("www.old.example", A);
        dname_answer("a.www.new.example");
        bad("www.old.example", A);
}

static void
wildcard(uint8_t labels)
{
        packet_begin(&p, 0, "x.a.example", TLSA);
        packet_rr(&p, PACKET_ANSWER, "x.a.example", TLSA, 300, "\3\1\1abc", 6);
        packet_rrsig(&p, PACKET_ANSWER, "x.a.example", 300, TLSA, labels, 3600, FAR);
        packet_rr(&p, PACKET_AUTHORITY, "a.example", NSEC, 70, "\0\0\1\0", 4);
        packet_rrsig(&p, PACKET_AUTHORITY, "a.example", 70, NSEC, 2, 3600, (uint32_t)NOW + 60);
        packet_rr_name(&p, PACKET_AUTHORITY, "a.example", 2, 5, "ns.example");
}

static void
test_wildcard(void **state)
{
        (void)state;
        wildcard(2);
        struct pdane_packet *out = good("x.a.example", TLSA);
        assert_true(out->synthesised);
        assert_int_equal(out->labels, 2);
        /* The proof counts, the NS beside it does not. */
        assert_int_equal(out->not_after, NOW + 60);
        assert_int_equal(out->signed_until, NOW + 60);
        pdane_packet_free(out);

        wildcard(3);
        out = good("x.a.example", TLSA);
        assert_false(out->synthesised);
        assert_int_equal(out->not_after, NOW + 300); /* no proof is needed */
        assert_int_equal(out->signed_until, FAR);
        pdane_packet_free(out);

        wildcard(4); /* more labels than the name has */
        bad("x.a.example", TLSA);

        packet_begin(&p, 0, "x.a.example", A); /* signatures that disagree */
        packet_rr(&p, PACKET_ANSWER, "x.a.example", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "x.a.example", 300, A, 2, 3600, FAR);
        packet_rrsig(&p, PACKET_ANSWER, "x.a.example", 300, A, 3, 3600, FAR);
        bad("x.a.example", A);
}

/* RFC 4034 section 3.1.3: the asterisk of the wildcard's own name is not counted. */
static void
test_wildcard_itself(void **state)
{
        (void)state;
        packet_begin(&p, 0, "*.a.example", A);
        packet_rr(&p, PACKET_ANSWER, "*.a.example", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "*.a.example", 300, A, 2, 3600, FAR);
        struct pdane_packet *out = good("*.a.example", A);
        assert_false(out->synthesised);
        pdane_packet_free(out);
}

static void
test_denial(void **state)
{
        (void)state;
        denial(0, 600, 1000);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->n_rdata, 0);
        assert_false(out->nxdomain);
        assert_int_equal(out->not_after, NOW + 600);
        pdane_packet_free(out);

        denial(NXDOMAIN, 600, 90);
        out = good("a.example", A);
        assert_true(out->nxdomain);
        assert_int_equal(out->not_after, NOW + 90);
        pdane_packet_free(out);

        packet_begin(&p, NXDOMAIN, "a.example", A); /* rests on nothing */
        out = good("a.example", A);
        assert_int_equal(out->not_after, 0);
        pdane_packet_free(out);
}

static void
test_denial_of_alias(void **state)
{
        (void)state;
        packet_begin(&p, NXDOMAIN, "a.example", A);
        signed_alias("a.example", "b.example");
        packet_soa(&p, PACKET_AUTHORITY, "example", 40, 1000);
        struct pdane_packet *out = good("a.example", A);
        assert_true(out->nxdomain);
        assert_true(out->alias);
        assert_string_equal(out->final_name, "b.example");
        assert_int_equal(out->not_after, NOW + 40);
        pdane_packet_free(out);
}

static void
test_expiration(void **state)
{
        (void)state;
        static const struct {
                int64_t now;
                uint32_t expiration;
                int64_t not_after;
        } cases[] = {
                {NOW, (uint32_t)NOW + 100, NOW + 100},
                {NOW, (uint32_t)NOW + 1, NOW + 1},
                {NOW, (uint32_t)NOW, 0},
                {NOW, (uint32_t)NOW - 1, 0},
                /* Across the wrap of 2106, from either side. */
                {INT64_C(0xfffffff0), 0x10, INT64_C(0x100000010)},
                {INT64_C(0x100000005), 0x10, INT64_C(0x100000010)},
                {INT64_C(0x100000011), 0x10, 0},
                {INT64_C(0x100000005), 0xfffffff0, 0},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct pdane_packet *out = NULL;
                begin_a();
                packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, cases[i].expiration);
                assert_int_equal(parse("a.example", A, cases[i].now, &out), 0);
                assert_int_equal(out->not_after, cases[i].not_after);
                assert_int_equal(out->signed_until, cases[i].not_after);
                pdane_packet_free(out);
        }
}

static void
test_ttl(void **state)
{
        (void)state;
        packet_begin(&p, 0, "a.example", A);
        packet_rr(&p, PACKET_ANSWER, "a.example", A, 0, "\xc0\x00\x02\x01", 4);
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_int_equal(out->not_after, NOW);
        assert_int_equal(out->signed_until, FAR);
        pdane_packet_free(out);

        begin_a(); /* RFC 2181 section 8: with the highest bit set it is 0 */
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 0x80000000, A, 2, 3600, FAR);
        out = good("a.example", A);
        assert_int_equal(out->not_after, NOW);
        pdane_packet_free(out);

        begin_a(); /* RFC 4035 section 5.3.3: the original TTL is a bound, too */
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 20, FAR);
        out = good("a.example", A);
        assert_int_equal(out->not_after, NOW + 20);
        pdane_packet_free(out);
}

/* Of the records asked for, at the end of the aliases; of a denial, of its proof. */
static void
test_signer(void **state)
{
        (void)state;
        begin_a();
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        struct pdane_packet *out = good("a.example", A);
        assert_string_equal(out->signer, ".");
        pdane_packet_free(out);

        begin_a();
        packet_rrsig_by(&p, PACKET_ANSWER, "a.example", AAAA, 2, "other");
        packet_rrsig_by(&p, PACKET_ANSWER, "b.example", A, 2, "other");
        packet_rrsig_by(&p, PACKET_ANSWER, "a.example", A, 2, "EXAMPLE");
        out = good("a.example", A);
        assert_string_equal(out->signer, "example");
        pdane_packet_free(out);

        packet_begin(&p, 0, "a.example", A);
        packet_rr_name(&p, PACKET_ANSWER, "a.example", CNAME, 300, "b.test");
        packet_rrsig_by(&p, PACKET_ANSWER, "a.example", CNAME, 2, "example");
        packet_rr(&p, PACKET_ANSWER, "b.test", A, 300, "\xc0\x00\x02\x01", 4);
        packet_rrsig_by(&p, PACKET_ANSWER, "b.test", A, 2, "b.test");
        out = good("a.example", A);
        assert_string_equal(out->signer, "b.test");
        pdane_packet_free(out);

        packet_begin(&p, NXDOMAIN, "a.example", A);
        packet_rrsig_by(&p, PACKET_AUTHORITY, "example", 2, 1, "ns");
        packet_soa(&p, PACKET_AUTHORITY, "example", 300, 300);
        packet_rrsig_by(&p, PACKET_AUTHORITY, "example", SOA, 1, "example");
        out = good("a.example", A);
        assert_string_equal(out->signer, "example");
        pdane_packet_free(out);

        /* Names that are no names: shown as unknown, nothing else. */
        begin_a();
        packet_rrsig(&p, PACKET_ANSWER, "a.example", 300, A, 2, 3600, FAR);
        p.data[p.len - 5] = 0xff; /* where the signer stands */
        out = good("a.example", A);
        assert_string_equal(out->signer, "");
        pdane_packet_free(out);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_secure),
                cmocka_unit_test(test_unsigned_is_refused),
                cmocka_unit_test(test_other_owner),
                cmocka_unit_test(test_question_is_ours),
                cmocka_unit_test(test_alias),
                cmocka_unit_test(test_alias_lifetime),
                cmocka_unit_test(test_labels),
                cmocka_unit_test(test_alias_asked_for),
                cmocka_unit_test(test_alias_wrong),
                cmocka_unit_test(test_alias_limit),
                cmocka_unit_test(test_dname),
                cmocka_unit_test(test_wildcard),
                cmocka_unit_test(test_wildcard_itself),
                cmocka_unit_test(test_denial),
                cmocka_unit_test(test_denial_of_alias),
                cmocka_unit_test(test_expiration),
                cmocka_unit_test(test_ttl),
                cmocka_unit_test(test_signer),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
