/* SPDX-License-Identifier: BSD-3-Clause */
/* A larger table takes the published one's place after many turns of the event loop. At each of
 * them whatever there is evidence for is asked for, whatever comes and goes meanwhile. */
#include "publish_fixture.h"

#define N 2800u
#define FIRST 2725u /* with three keys each the table is nearly full */
#define CHANGES 40u

static struct pdane_evidence evidence[N];

static void
add(unsigned i)
{
        char cn[32];
        snprintf(cn, sizeof cn, "g%u.test", i);
        const struct test_spec spec = {.cn = cn, .dns = TEST_LIST(HOST), .serial = 1000 + i};
        evidence[i] = (struct pdane_evidence){
                .refs = 1, .leaf = test_cert(&spec), .not_after = TEST_NOW + TTL};
        /* One key less: the table is too small in the middle of one's keys. */
        evidence[i].anchor_failed = i == 0;
        assert_int_equal(pdane_store_add(core.store, &evidence[i]), 0);
}

static void
take_away(unsigned i)
{
        if (!evidence[i].stored)
                return;
        evidence[i].refs++; /* it is not on the heap */
        pdane_store_remove(core.store, &evidence[i]);
        memset(&evidence[i].all, 0, sizeof evidence[i].all);
}

/* In how many of the two ways to ask for it. */
static unsigned
ways(unsigned i)
{
        const struct pdane_bytes none = {NULL, 0}, der = pdane_cert_serial(evidence[i].leaf);
        const struct pdane_bytes serial = {der.data + 2, der.len - 2};
        return (unsigned)pdane_table_may_hold(&pub.client.view, PDANE_TABLE_SUBJECT,
                                              pdane_cert_subject(evidence[i].leaf), none) +
               pdane_table_may_hold(&pub.client.view, PDANE_TABLE_ISSUER_SERIAL,
                                    pdane_cert_issuer(evidence[i].leaf), serial);
}

static void
take_table(void)
{
        if (pdane_published_wanted(&pub.client))
                pdane_published_take(&pub.client, pdane_publisher_fd(pub.publisher));
}

static void
check_all(unsigned n)
{
        take_table();
        for (unsigned i = 0; i < n; i++)
                if (evidence[i].stored)
                        assert_int_equal(ways(i), 2);
}

static void
things_change_while_it_is_filled(void **state)
{
        unsigned n = 0, turns = 0, gone;
        (void)state;
        while (n < FIRST)
                add(n++);
        publish_settle();
        assert_int_equal(pub.client.view.bits, PDANE_TABLE_BITS_MIN);
        while (n < FIRST + 10)
                add(n++);
        for (gone = 0; pub.client.view.bits == PDANE_TABLE_BITS_MIN && turns < 2000; turns++) {
                event_base_loop(core.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
                if (turns < CHANGES) {
                        add(n++);                            /* what is new, */
                        take_away(n - 3);                    /* what was new, */
                        take_away(gone++);                   /* what comes last in the walk, */
                        take_away(FIRST - 100 - turns * 20); /* and what may have been passed */
                }
                for (unsigned i = FIRST - 85; turns == 3 && i < FIRST; i++)
                        take_away(i); /* where the walk stands */
                if (turns % 16 == 0)
                        check_all(n);
                else
                        take_table();
        }
        assert_in_range(turns, 20, 1999); /* it took its time */
        check_all(n);
        publish_settle();
        assert_true(publish_open());
        check_all(n);
        for (unsigned i = 0; i < n; i++)
                take_away(i);
        /* What was counted was so once: nothing is left of it. */
        for (unsigned i = 0; i < n; i++) {
                assert_int_equal(ways(i), 0);
                pdane_cert_unref(evidence[i].leaf);
        }
}

/* The daemon may end meanwhile. */
static void
it_ends_half_filled(void **state)
{
        unsigned n = 0;
        (void)state;
        while (n < FIRST + 10)
                add(n++);
        event_base_loop(core.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        pdane_publisher_free(pub.publisher);
        pub.publisher = NULL;
        for (unsigned i = 0; i < n; i++) {
                take_away(i);
                pdane_cert_unref(evidence[i].leaf);
        }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, publish_setup, publish_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                CASE(things_change_while_it_is_filled),
                CASE(it_ends_half_filled),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
