/* SPDX-License-Identifier: BSD-3-Clause */
/* TLSA that is asked for before it is known whether its zone is signed: of which hosts, and what
 * servers that drop such questions can do with it. */
#include "test.h"

#include <errno.h>

#include "daemon/resolver_share.h"
#include "daemon/resolver_unbound.h"
#include "resolver_fixture.h"

#define ME 1001
#define YOU 1002
#define ALONE (PDANE_UB_AHEAD_MAX / 2)
#define SETTLE_MS 100 /* until the server in this process has what was sent */

static int
setup(void **state)
{
        fixture_setup(state);
        fixture.cfg.tlsa_ahead = true;
        return 0;
}

/* As a lookup of that host does after it has asked for the address. */
static void
foresee(const char *host, uid_t uid)
{
        char name[300];
        snprintf(name, sizeof name, "_443._tcp.%s", host);
        pdane_resolver_set_asker(fixture.resolver, uid, false);
        pdane_resolver_foresee(fixture.resolver, host, name, DNS_TLSA);
        pdane_resolver_set_asker(fixture.resolver, PDANE_DNS_NOBODY, false);
}

/* How many TLSA questions the server got for it. */
static unsigned
asked(const char *host)
{
        char name[300];
        snprintf(name, sizeof name, "_443._tcp.%s", host);
        return server_asked(&fixture.server, name, DNS_TLSA);
}

/* Of zones whose server drops TLSA, count of them from first on: how many it got. */
static unsigned
foresee_quiet(unsigned first, unsigned count, uid_t uid)
{
        unsigned before = fixture.server.quiet;
        for (unsigned i = first; i < first + count; i++) {
                char host[64];
                snprintf(host, sizeof host, "www.z%u.quiet.example", i);
                foresee(host, uid);
        }
        loop_for_ms(SETTLE_MS);
        return fixture.server.quiet - before;
}

static void
test_a_zone_that_is_not_known(void **state)
{
        struct asked a;
        (void)state;
        make_resolver();
        foresee("www.example", ME);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(asked("www.example"), 1);
        /* The question proper finds it in the cache. */
        ask_and_wait(&a, "_443._tcp.www.example", DNS_TLSA);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
        assert_int_equal(asked("www.example"), 1);
        /* Neither a further host before there is an answer, nor a registry itself. */
        foresee("brief.example", ME);
        foresee("mail.www.example", ME);
        foresee("example", ME);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(asked("mail.www.example"), 0);
        assert_int_equal(asked("example"), 0);
}

static void
test_switched_off(void **state)
{
        (void)state;
        fixture.cfg.tlsa_ahead = false;
        make_resolver();
        loop_for_ms(SETTLE_MS);
        unsigned before = fixture.server.queries;
        foresee("www.example", ME);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(fixture.server.queries, before);
}

/* One host of it is asked about, and what that came to holds for the others. */
static void
test_unsigned_zone(void **state)
{
        struct asked a;
        (void)state;
        make_resolver();
        foresee("www.insecure.example", ME);
        ask_and_wait(&a, "www.insecure.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        foresee("www.insecure.example", ME);
        foresee("mail.insecure.example", ME);
        foresee("insecure.example", YOU);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(asked("www.insecure.example"), 1);
        assert_int_equal(asked("mail.insecure.example"), 0);
        assert_int_equal(asked("insecure.example"), 0);
}

/* Its address says so, whoever asks for it. */
static void
test_known_to_be_unsigned(void **state)
{
        struct asked a;
        (void)state;
        make_resolver();
        ask_and_wait(&a, "www.insecure.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_INSECURE);
        foresee("www.insecure.example", ME);
        foresee("mail.insecure.example", ME);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(asked("www.insecure.example"), 0);
        assert_int_equal(asked("mail.insecure.example"), 0);
}

/* Nobody waits for what a server drops: the address is told as soon as it is there. */
static void
test_not_waited_for(void **state)
{
        struct asked a;
        (void)state;
        make_resolver();
        assert_int_equal(foresee_quiet(0, 1, ME), 1);
        ask(&a, "www.z0.quiet.example", DNS_A, 500); /* a tenth of what such a question may take */
        wait_for(&a);
        assert_int_equal(a.verdict, PDANE_DNS_NO_RECORDS);
}

/* A page full of names whose servers drop TLSA: half of the places are left for others, who share
 * the rest in the same way, and never more than there are. */
static void
test_places_run_out(void **state)
{
        (void)state;
        make_resolver();
        assert_int_equal(foresee_quiet(0, 100, ME), ALONE);
        assert_int_equal(foresee_quiet(100, 4, ME), 0);
        assert_int_equal(foresee_quiet(104, 1, YOU), 1);
        foresee_quiet(105, 95, YOU);
        assert_in_range(fixture.server.quiet, ALONE + ALONE / 2, PDANE_UB_AHEAD_MAX);
        for (uid_t uid = 2000; uid < 2050; uid++)
                foresee_quiet(200, 1, uid);
        assert_in_range(fixture.server.quiet, ALONE + ALONE / 2, PDANE_UB_AHEAD_MAX);
}

/* Meanwhile keys are asked for with the address, and answers come. */
static void
test_keys_have_other_places(void **state)
{
        struct asked a;
        (void)state;
        make_resolver();
        foresee_quiet(0, 100, ME);
        foresee_quiet(100, 100, YOU);
        foresee_quiet(200, 50, PDANE_DNS_NOBODY);
        /* DNSKEY of each; DS of all but the first is denied by what is in the cache. */
        unsigned before = fixture.server.quiet, wanted = 16 + 1;
        for (unsigned i = 0; i < wanted - 1; i++) {
                char host[64];
                snprintf(host, sizeof host, "www.z%u.quiet.example", i);
                ask_and_wait(&a, host, DNS_A);
        }
        for (unsigned tries = 0; fixture.server.quiet - before < wanted && tries < 100; tries++)
                loop_for_ms(20);
        assert_true(fixture.server.quiet - before >= wanted);
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
}

/* They are part of what a user may have open, so that nobody else has less for it. */
static void
test_counted_for_the_user(void **state)
{
        static struct asked all[PDANE_DNS_SHARED];
        unsigned n = 0;
        (void)state;
        make_resolver();
        assert_int_equal(foresee_quiet(0, 100, ME), ALONE);
        pdane_resolver_set_asker(fixture.resolver, ME, false);
        for (; n < PDANE_DNS_SHARED; n++) {
                all[n] = (struct asked){.started = true};
                if (pdane_resolver_query(fixture.resolver, "silent.example", DNS_A, 20000,
                                         on_answer, &all[n], &all[n].query) < 0)
                        break;
        }
        assert_int_equal(n, PDANE_DNS_SHARED / 2 - ALONE);
        /* And with no room left, nothing is foreseen. */
        unsigned before = fixture.server.queries;
        foresee("www.example", ME);
        loop_for_ms(SETTLE_MS);
        assert_int_equal(asked("www.example"), 0);
        assert_true(fixture.server.queries >= before);
}

/* What was answered leaves its place. */
static void
test_places_come_back(void **state)
{
        (void)state;
        make_resolver();
        for (unsigned i = 0; i < 4 * PDANE_UB_AHEAD_MAX; i += ALONE) {
                unsigned before = fixture.server.queries, got = 0;
                for (unsigned n = i; n < i + ALONE; n++) {
                        char host[64];
                        snprintf(host, sizeof host, "www.z%u.example", n);
                        foresee(host, ME);
                }
                for (unsigned tries = 0; got < ALONE && tries < 100; tries++) {
                        loop_for_ms(20);
                        got = fixture.server.queries - before;
                }
                assert_true(got >= ALONE);
                loop_for_ms(SETTLE_MS);
        }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_a_zone_that_is_not_known),
                TEST(test_switched_off),
                TEST(test_unsigned_zone),
                TEST(test_known_to_be_unsigned),
                TEST(test_not_waited_for),
                TEST(test_places_run_out),
                TEST(test_keys_have_other_places),
                TEST(test_counted_for_the_user),
                TEST(test_places_come_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
