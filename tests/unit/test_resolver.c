/* SPDX-License-Identifier: BSD-3-Clause */
/* libunbound against a server in this process: each verdict, and the rules of asking. */
#include "test.h"

#include <errno.h>

#include "daemon/resolver_unbound.h"
#include "resolver_fixture.h"

/* ---- what is secure ---- */

static void
test_secure(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "WWW.example", DNS_A);
        assert_address(&a);
        assert_false(a.alias);
        assert_false(a.synthesised);
        assert_string_equal(a.final_name, "www.example");
        assert_in_range(a.not_after, wall() + 240, wall() + 300);
}

/* An answer from the cache comes later, too, and is as good. */
static void
test_cache(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        for (unsigned i = 0; i < 3; i++) {
                unsigned before = fixture.server.queries;
                ask_and_wait(&a, "www.example", DNS_A);
                assert_address(&a);
                loop_for_ms(50); /* the keys that were asked for along with it */
                if (i > 0)
                        assert_int_equal(fixture.server.queries, before);
        }
}

static void
test_alias(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "alias.example", DNS_A);
        assert_address(&a);
        assert_true(a.alias);
        assert_string_equal(a.final_name, "www.example");
        ask_and_wait(&a, "alias.example", DNS_TLSA);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        assert_true(a.alias);
        assert_string_equal(a.final_name, "www.example");
}

static void
test_wildcard(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "x.wild.example", DNS_A);
        assert_address(&a);
        assert_true(a.synthesised);
        assert_string_equal(a.final_name, "x.wild.example");
}

static void
test_denials(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "www.example", DNS_TLSA);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        assert_false(a.nxdomain);
        assert_in_range(a.not_after, wall() + 240, wall() + 300); /* the NSEC's TTL */
        ask_and_wait(&a, "nobody.example", DNS_A);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        assert_true(a.nxdomain);
        assert_int_equal(a.n_rdata, 0);
}

static void
test_many_records(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "many.example", DNS_TLSA);
        assert_int_equal(a.verdict, PDANE_DNS_SECURE);
        assert_int_equal(a.n_rdata, 100);
        assert_int_equal(a.first_len, 35);
        assert_int_equal(dns_server_tcp_queries(fixture.server.dns), 1);
}

static void
test_lifetime(void **state)
{
        (void)state;
        struct asked a;
        use_conf("  cache-min-ttl: 3000\n  serve-expired: yes\n  serve-original-ttl: yes\n");
        make_resolver();
        ask_and_wait(&a, "brief.example", DNS_A);
        assert_address(&a);
        assert_in_range(a.not_after, wall() + 5, wall() + 30);
        ask_and_wait(&a, "soon.example", DNS_A);
        assert_address(&a);
        assert_in_range(a.not_after, wall() + 150, wall() + 200);
        ask_and_wait(&a, "zero.example", DNS_A);
        assert_address(&a);
        assert_in_range(a.not_after, wall() - 5, wall());
        /* libunbound allows for clocks that go wrong; what has expired is not kept all the same. */
        ask_and_wait(&a, "skewed.example", DNS_A);
        assert_address(&a);
        assert_int_equal(a.not_after, 0);
}

/* ---- what is not ---- */

static void
test_bogus(void **state)
{
        (void)state;
        static const char *const names[] = {"broken.example", "unsigned.example",
                                            "expired.example"};
        struct asked a;
        make_resolver();
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                ask_and_wait(&a, names[i], DNS_A);
                assert_nothing(&a, PDANE_DNS_BOGUS);
                assert_string_not_equal(a.why, "");
        }
}

/* A configuration file of the administrator's cannot make validation go away. */
static void
test_conf_cannot_weaken(void **state)
{
        (void)state;
        static const char *const confs[] = {
                "  module-config: \"iterator\"\n",
                "  val-permissive-mode: yes\n",
                "  val-override-date: \"-1\"\n",
                "  val-override-date: \"20200101000000\"\n",
        };
        for (size_t i = 0; i < sizeof confs / sizeof *confs; i++) {
                struct asked a;
                use_conf(confs[i]);
                make_resolver();
                ask_and_wait(&a, "www.example", DNS_A);
                assert_address(&a);
                ask_and_wait(&a, i < 2 ? "broken.example" : "expired.example", DNS_A);
                assert_nothing(&a, PDANE_DNS_BOGUS);
                free_resolver();
        }
}

static void
test_insecure(void **state)
{
        (void)state;
        struct asked a;
        use_conf("  local-zone: \"local.example\" static\n"
                 "  local-data: \"a.local.example A 192.0.2.1\"\n"
                 "  local-data: \"www.example A 192.0.2.2\"\n");
        make_resolver();
        ask_and_wait(&a, "www.insecure.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        ask_and_wait(&a, "a.local.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        ask_and_wait(&a, "b.local.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        ask_and_wait(&a, "www.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        ask_and_wait(&a, "localhost", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
}

/* An anchor for something else vouches for nothing. */
static void
test_no_anchor(void **state)
{
        (void)state;
        struct asked a;
        char text[256] = "elsewhere";
        zone_trust_anchor(text + strlen(text), sizeof text - strlen(text));
        write_file(fixture.anchor_file, text);
        make_resolver();
        ask_and_wait(&a, "www.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
}

static void
test_unreachable(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "servfail.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_UNREACHABLE);
        assert_string_equal(a.why, "servfail");
}

/* Who gave up first makes no difference. */
static void
test_late_servfail(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "late-servfail.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_TIMEOUT);
        assert_string_equal(a.why, "servfail");
}

static void
test_timeout(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask(&a, "silent.example", DNS_A, 100);
        wait_for(&a);
        assert_nothing(&a, PDANE_DNS_TIMEOUT);
        loop_for_ms(100);
        assert_int_equal(a.answers, 1);
}

/* ---- asking ---- */

static void
test_names(void **state)
{
        (void)state;
        char label[PDANE_LABEL_DNS_MAX + 2], name[PDANE_NAME_MAX + 2];
        make_resolver();
        memset(label, 'a', sizeof label);
        label[sizeof label - 1] = '\0';
        memset(name, 'a', sizeof name);
        for (size_t i = 1; i < sizeof name; i += 2)
                name[i] = '.';
        name[sizeof name - 1] = '\0';
        const char *const wrong[] = {"",    ".",   "a..b",     ".a",  "a.",  "a b", "a\\046b",
                                     "*.a", "a/b", "\xc3\xa4", "a\n", label, name};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
                struct pdane_query *q = NULL;
                assert_int_equal(pdane_resolver_query(fixture.resolver, wrong[i], DNS_A, 1000,
                                                      on_answer, NULL, &q),
                                 -EINVAL);
                assert_null(q);
        }
        struct asked a;
        ask_and_wait(&a, label + 1, DNS_A);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        name[PDANE_NAME_MAX] = '\0';
        ask_and_wait(&a, name, DNS_A);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        ask_and_wait(&a, "_443._tcp.a-b.example", DNS_TLSA);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
}

static void
test_cancel(void **state)
{
        (void)state;
        struct asked a, b, cached;
        make_resolver();
        pdane_query_cancel(NULL);
        ask(&a, "www.example", DNS_A, 20000);
        pdane_query_cancel(a.query);
        ask(&a, "www.example", DNS_A, 20000);
        ask_and_wait(&b, "www.example", DNS_A);
        pdane_query_cancel(a.answers ? NULL : a.query);
        ask(&cached, "www.example", DNS_A, 20000); /* answered already, not delivered */
        pdane_query_cancel(cached.query);
        loop_for_ms(100);
        assert_int_equal(cached.answers, 0);
        assert_true(a.answers <= 1);
}

static struct asked victim;

static void
cancel_victim(void *arg, const struct pdane_dns_answer *answer)
{
        pdane_query_cancel(victim.query);
        on_answer(arg, answer);
}

static void
test_cancel_from_another(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        ask_and_wait(&a, "www.example", DNS_A);
        a = (struct asked){.started = true};
        assert_int_equal(pdane_resolver_query(fixture.resolver, "www.example", DNS_A, 20000,
                                              cancel_victim, &a, &a.query),
                         0);
        ask(&victim, "www.example", DNS_A, 20000);
        wait_for(&a);
        loop_for_ms(50);
        assert_int_equal(victim.answers, 0);
}

/* A callback may ask again. */
static struct asked second;

static void
ask_again(void *arg, const struct pdane_dns_answer *answer)
{
        ask(&second, "www.example", DNS_A, 20000);
        assert_int_equal(second.answers, 0);
        on_answer(arg, answer);
}

static void
test_ask_from_callback(void **state)
{
        (void)state;
        struct asked a = {.started = true};
        make_resolver();
        assert_int_equal(pdane_resolver_query(fixture.resolver, "www.example", DNS_A, 20000,
                                              ask_again, &a, &a.query),
                         0);
        wait_for(&a);
        wait_for(&second);
        assert_address(&second);
}

static void
test_free_with_queries(void **state)
{
        (void)state;
        struct asked a, b, c;
        make_resolver();
        ask_and_wait(&a, "www.example", DNS_A);
        ask(&a, "silent.example", DNS_A, 20000);
        ask(&b, "www.example", DNS_A, 20000); /* from the cache: answered, not delivered */
        ask(&c, "silent.example", DNS_A, 50); /* forgotten by us, not by libunbound */
        wait_for(&c);
        assert_int_equal(c.verdict, PDANE_DNS_TIMEOUT);
        ask(&b, "www.example", DNS_A, 20000);
        free_resolver();
        loop_for_ms(100);
        assert_int_equal(a.answers, 0);
        assert_int_equal(b.answers, 0);
}

static void
test_query_limit(void **state)
{
        (void)state;
        static struct asked all[PDANE_QUERIES_MAX];
        make_resolver();
        for (size_t i = 0; i < PDANE_QUERIES_MAX; i++)
                ask(&all[i], "silent.example", DNS_A, 20000);
        struct pdane_query *q = NULL;
        assert_int_equal(pdane_resolver_query(fixture.resolver, "www.example", DNS_A, 1000,
                                              on_answer, NULL, &q),
                         -EBUSY);
        assert_null(q);
        pdane_query_cancel(all[0].query);
        struct asked a;
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
}

/* What libunbound still works on counts although nobody waits for it. */
static void
test_forgotten_limit(void **state)
{
        (void)state;
        static struct asked all[PDANE_QUERIES_MAX];
        make_resolver();
        for (size_t i = 0; i < PDANE_UB_QUERIES_MAX; i++) {
                struct asked *a = &all[i % PDANE_QUERIES_MAX];
                ask(a, "silent.example", DNS_A, 20000);
                pdane_query_cancel(a->query);
        }
        struct pdane_query *q = NULL;
        assert_int_equal(pdane_resolver_query(fixture.resolver, "silent.example", DNS_A, 1000,
                                              on_answer, NULL, &q),
                         -EBUSY);
        assert_null(q);
}

/* ---- what is asked ahead ---- */

/* The root's keys before there is any question; DS and DNSKEY of the zones above a host together
 * with its address, not after it. */
static void
test_keys_go_with_the_address(void **state)
{
        (void)state;
        const struct server *s = &fixture.server;
        struct asked a;
        make_resolver();
        loop_for_ms(100);
        assert_int_equal(server_asked(s, "", DNS_DNSKEY), 1);
        ask(&a, "silent.example", DNS_A, 20000); /* its answer never comes */
        loop_for_ms(100);
        assert_int_equal(server_asked(s, "example", DNS_DS), 1);
        assert_int_equal(server_asked(s, "example", DNS_DNSKEY), 1);
        unsigned before = s->queries;
        ask_and_wait(&a, "www.other.example", DNS_TLSA);
        assert_int_equal(server_asked(s, "other.example", DNS_DS), 0);
        assert_int_equal(s->queries, before + 1); /* only addresses begin a lookup */
}

/* Of a zone that nothing secure is known of, and below a registry's own name, nothing is asked
 * ahead. */
static void
test_nothing_foreseen(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        loop_for_ms(100);
        unsigned before = fixture.server.queries;
        pdane_resolver_foresee(fixture.resolver, "www.example", "_443._tcp.www.example", DNS_TLSA);
        loop_for_ms(100);
        assert_int_equal(fixture.server.queries, before);
        ask_and_wait(&a, "www.example", DNS_A); /* the root's own zone signed it */
        assert_address(&a);
        loop_for_ms(100);
        before = fixture.server.queries;
        pdane_resolver_foresee(fixture.resolver, "www.example", "_443._tcp.www.example", DNS_TLSA);
        pdane_resolver_foresee(fixture.resolver, "example", "_443._tcp.example", DNS_TLSA);
        loop_for_ms(100);
        assert_int_equal(fixture.server.queries, before);
}

/* Keys that never come are not asked for without end, and leave room for what is. */
static void
test_warming_limit(void **state)
{
        (void)state;
        static struct asked all[2 * PDANE_UB_WARMING_MAX];
        struct asked a;
        make_resolver();
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
                char name[64];
                snprintf(name, sizeof name, "www.z%zu.quiet.example", i);
                ask_and_wait(&all[i], name, DNS_A);
                assert_int_equal(all[i].verdict, PDANE_DNS_NO_RECORDS);
        }
        /* A few are libunbound's own. */
        assert_in_range(fixture.server.quiet, 2, PDANE_UB_WARMING_MAX * 3 / 2);
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_secure),
                TEST(test_cache),
                TEST(test_alias),
                TEST(test_wildcard),
                TEST(test_denials),
                TEST(test_many_records),
                TEST(test_lifetime),
                TEST(test_bogus),
                TEST(test_conf_cannot_weaken),
                TEST(test_insecure),
                TEST(test_no_anchor),
                TEST(test_unreachable),
                TEST(test_late_servfail),
                TEST(test_timeout),
                TEST(test_names),
                TEST(test_keys_go_with_the_address),
                TEST(test_nothing_foreseen),
                TEST(test_warming_limit),
                TEST(test_cancel),
                TEST(test_cancel_from_another),
                TEST(test_ask_from_callback),
                TEST(test_free_with_queries),
                TEST(test_query_limit),
                TEST(test_forgotten_limit),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
