/* SPDX-License-Identifier: BSD-3-Clause */
/* What silent servers are asked for one user costs that user, until libunbound gives it up, and not
 * another. */
#include "test.h"

#include <errno.h>

#include "daemon/resolver_share.h"
#include "resolver_fixture.h"

#define ME 1001
#define YOU 1002
#define ALONE (PDANE_DNS_SHARED / 2)

static struct asked all[PDANE_DNS_SHARED + 1];

/* 0 or -EBUSY, of a question that nobody answers. */
static int
ask_silence(uid_t uid, bool goes_on, struct asked *a)
{
        *a = (struct asked){.query = NULL};
        pdane_resolver_set_asker(fixture.resolver, uid, goes_on);
        int r = pdane_resolver_query(fixture.resolver, "silent.example", DNS_A, 20000, on_answer, a,
                                     &a->query);
        pdane_resolver_set_asker(fixture.resolver, PDANE_DNS_NOBODY, false);
        a->started = true;
        return r;
}

/* As many as a user gets. */
static unsigned
take_all(uid_t uid)
{
        unsigned n = 0;
        while (n < PDANE_DNS_SHARED && ask_silence(uid, false, &all[n]) == 0)
                n++;
        return n;
}

static void
test_a_user_leaves_room(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        assert_int_equal(take_all(ME), ALONE);
        assert_int_equal(ask_silence(ME, false, &a), -EBUSY);
        assert_int_equal(ask_silence(YOU, false, &a), 0);
        assert_int_equal(ask_silence(PDANE_DNS_NOBODY, false, &a), 0); /* nobody's, as at first */
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
}

/* That nobody waits for it any more does not end it. */
static void
test_what_is_forgotten_counts(void **state)
{
        (void)state;
        struct asked a;
        make_resolver();
        unsigned n = take_all(ME);
        for (unsigned i = 0; i < n; i++)
                pdane_query_cancel(all[i].query);
        loop_for_ms(50);
        assert_int_equal(ask_silence(ME, false, &a), -EBUSY);
}

static void
test_what_is_answered_does_not(void **state)
{
        (void)state;
        make_resolver();
        for (unsigned i = 0; i < 2 * PDANE_DNS_SHARED; i++) {
                struct asked a;
                pdane_resolver_set_asker(fixture.resolver, ME, false);
                ask_and_wait(&a, "www.example", DNS_A);
        }
        assert_int_equal(take_all(ME), ALONE);
}

static struct asked following[2];

static void
on_first(void *arg, const struct pdane_dns_answer *answer)
{
        on_answer(arg, answer);
        /* The first of them takes the place of what has ended; for the second there is none. */
        for (size_t i = 0; i < 2; i++) {
                struct pdane_query *q = NULL;
                assert_int_equal(pdane_resolver_query(fixture.resolver, "silent.example", DNS_TLSA,
                                                      20000, on_answer, &following[i], &q),
                                 0);
                following[i].started = true;
        }
}

/* What an answer leads to is that user's, too, and is never refused: a lookup of others' may depend
 * on it. */
static void
test_what_follows(void **state)
{
        (void)state;
        struct asked first = {.query = NULL}, more;
        make_resolver();
        pdane_resolver_set_asker(fixture.resolver, ME, false);
        assert_int_equal(pdane_resolver_query(fixture.resolver, "www.example", DNS_A, 20000,
                                              on_first, &first, &first.query),
                         0);
        first.started = true;
        unsigned n = 1;
        while (n < PDANE_DNS_SHARED && ask_silence(ME, false, &all[n]) == 0)
                n++;
        assert_int_equal(n, ALONE);
        wait_for(&first);
        /* What is asked after it is not, */
        for (size_t i = 0; i < 20; i++) {
                struct asked *a = &all[n + i];
                ask(a, "silent.example", DNS_A, 20000);
        }
        assert_int_equal(ask_silence(ME, false, &more), -EBUSY);
        assert_int_equal(ask_silence(ME, true, &more), 0);
        assert_int_equal(take_all(YOU), (PDANE_DNS_SHARED - (ALONE + 2) + 1) / 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_a_user_leaves_room),
                TEST(test_what_is_forgotten_counts),
                TEST(test_what_is_answered_does_not),
                TEST(test_what_follows),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
