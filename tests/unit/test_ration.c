/* SPDX-License-Identifier: BSD-3-Clause */
/* How many hints a user may send, and how many lookups may be under way for one. */
#include "daemon/ration.h"

#include <stdio.h>

#include "core_fixture.h"
#include "daemon/clock.h"
#include "daemon/hosts_impl.h"

#define ME 1001
#define YOU 1002
#define EACH_MS (1000 / (int)PDANE_HINTS_PER_S)

static unsigned
taken_at(struct pdane_ration *r, uid_t uid, int64_t now_ms)
{
        unsigned n = 0;
        while (n < 10 * PDANE_HINTS_BURST && pdane_ration_take(r, uid, now_ms))
                n++;
        return n;
}

static void
a_burst_and_no_more(void **state)
{
        struct pdane_ration r = {0};
        (void)state;
        assert_int_equal(taken_at(&r, ME, 5000), PDANE_HINTS_BURST);
        assert_false(pdane_ration_take(&r, ME, 5000));
        assert_int_equal(taken_at(&r, YOU, 5000), PDANE_HINTS_BURST);
}

static void
it_fills_again(void **state)
{
        struct pdane_ration r = {0};
        (void)state;
        taken_at(&r, ME, 5000);
        assert_int_equal(taken_at(&r, ME, 5000 + EACH_MS - 1), 0);
        assert_int_equal(taken_at(&r, ME, 5000 + EACH_MS), 1);
        assert_int_equal(taken_at(&r, ME, 6000 + EACH_MS), PDANE_HINTS_PER_S);
        assert_int_equal(taken_at(&r, ME, 3600000), PDANE_HINTS_BURST); /* and not above the rim */
}

static void
more_users_than_places(void **state)
{
        struct pdane_ration r = {0};
        (void)state;
        taken_at(&r, ME, 5000);
        for (uid_t u = 0; u < 10 * PDANE_RATION_USERS_MAX; u++)
                assert_true(pdane_ration_take(&r, 50000 + u, 5000));
        assert_int_equal(taken_at(&r, ME, 5000), 0); /* who took most keeps the place */
}

/* ---- lookups under way ---- */

static struct pdane_host *
held(unsigned n)
{
        char text[32];
        struct pdane_name name;
        struct pdane_host *h = NULL;
        snprintf(text, sizeof text, "held%u.test", n);
        fake_resolver_hold(text, TYPE_A);
        assert_int_equal(pdane_name_parse(text, strlen(text), &name), 0);
        assert_int_equal(pdane_hosts_touch(core.hosts, &name, 443, &h), 0);
        return h;
}

/* How many of one user's begin, of so many. */
static unsigned
begin(uid_t uid, unsigned max, unsigned from, unsigned count)
{
        unsigned n = 0;
        pdane_hosts_set_asker(core.hosts, uid, max);
        for (unsigned i = from; i < from + count; i++)
                n += pdane_host_running(held(i));
        pdane_hosts_set_asker(core.hosts, PDANE_ASKER_NOBODY, 0);
        return n;
}

static void
hints_leave_room(void **state)
{
        (void)state;
        assert_int_equal(begin(ME, PDANE_RUNS_BY_HINT_MAX, 0, PDANE_RUNS_BY_HINT_MAX + 1),
                         PDANE_RUNS_BY_HINT_MAX);
        /* for this user's questions, for others, and for the daemon itself */
        assert_int_equal(begin(ME, PDANE_RUNS_PER_UID_MAX, 1000, PDANE_RUNS_PER_UID_MAX),
                         PDANE_RUNS_PER_UID_MAX - PDANE_RUNS_BY_HINT_MAX);
        assert_int_equal(begin(YOU, PDANE_RUNS_BY_HINT_MAX, 2000, 32), 32);
        assert_int_equal(begin(PDANE_ASKER_NOBODY, 0, 3000, 32),
                         PDANE_RUNS_MAX - PDANE_RUNS_PER_UID_MAX - 32);
}

/* What there was no room for is not a failure: the next question begins it, without a pause. */
static void
what_ends_makes_room(void **state)
{
        (void)state;
        begin(ME, PDANE_RUNS_BY_HINT_MAX, 0, PDANE_RUNS_BY_HINT_MAX + 1);
        assert_int_equal(begin(ME, PDANE_RUNS_PER_UID_MAX, PDANE_RUNS_BY_HINT_MAX, 1), 1);
        fake_resolver_release();
        core_run();
        assert_int_equal(begin(ME, PDANE_RUNS_BY_HINT_MAX, 5000, PDANE_RUNS_BY_HINT_MAX + 1),
                         PDANE_RUNS_BY_HINT_MAX);
}

/* A watched host tries by itself; it must not do so all the time while there is no room. */
static void
no_room_is_no_reason_to_spin(void **state)
{
        struct pdane_name name;
        (void)state;
        begin(PDANE_ASKER_NOBODY, 0, 0, PDANE_RUNS_MAX);
        assert_int_equal(pdane_host_parse(HOST, strlen(HOST), &name), 0);
        assert_int_equal(pdane_hosts_watch(core.hosts, &name, 443), 0);
        assert_true(core_touch(HOST)->retry_at_ms > pdane_clock_ms());
        fake_resolver_release();
        core_run();
        fake_clock_advance(5);
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_burst_and_no_more),
                cmocka_unit_test(it_fills_again),
                cmocka_unit_test(more_users_than_places),
                cmocka_unit_test_setup_teardown(hints_leave_room, core_setup, core_teardown),
                cmocka_unit_test_setup_teardown(what_ends_makes_room, core_setup, core_teardown),
                cmocka_unit_test_setup_teardown(no_room_is_no_reason_to_spin, core_setup,
                                                core_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
