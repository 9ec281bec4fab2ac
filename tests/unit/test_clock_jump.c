/* SPDX-License-Identifier: BSD-3-Clause */
/* The wall clock is set: it is noticed, and nothing that was learned before counts. */
#include <errno.h>

#include "core_fixture.h"
#include "daemon/clockwatch.h"
#include "daemon/hosts_forget.h"

static struct pdane_clockwatch *watch;
static int64_t jumped_s;
static unsigned jumps;
static int answer;

static int
on_jump(void *arg, int64_t seconds)
{
        (void)arg;
        jumped_s = seconds;
        jumps++;
        return answer;
}

static int
setup(void **state)
{
        int r = core_setup(state);
        jumps = 0;
        answer = 0;
        return r < 0 ? r : pdane_clockwatch_new(core.base, on_jump, NULL, &watch);
}

static int
teardown(void **state)
{
        pdane_clockwatch_free(watch);
        return core_teardown(state);
}

static void
time_passes(void **state)
{
        (void)state;
        for (int i = 0; i < 100; i++) {
                fake_clock_advance(864);
                pdane_clockwatch_check(watch);
        }
        assert_int_equal(jumps, 0);
        pdane_clockwatch_check(NULL);
}

static void
is_noticed(void **state)
{
        static const int64_t by[] = {3600, -3600, 2, -2, 86400 * 365, -86400 * 365};
        (void)state;
        for (unsigned i = 0; i < sizeof by / sizeof *by; i++) {
                fake_clock_advance(7);
                fake_clock_jump(by[i]);
                pdane_clockwatch_check(watch);
                assert_int_equal(jumps, i + 1);
                assert_int_equal(jumped_s, by[i]);
                pdane_clockwatch_check(watch);
                assert_int_equal(jumps, i + 1);
        }
}

/* A second is what rounding hides; two of them are not. */
static void
small_steps_add_up(void **state)
{
        (void)state;
        fake_clock_jump(-1);
        pdane_clockwatch_check(watch);
        assert_int_equal(jumps, 0);
        fake_clock_jump(-1);
        pdane_clockwatch_check(watch);
        assert_int_equal(jumps, 1);
        assert_int_equal(jumped_s, -2);
}

static void
is_told_again_after_a_failure(void **state)
{
        (void)state;
        answer = -ENOMEM;
        fake_clock_jump(100);
        pdane_clockwatch_check(watch);
        pdane_clockwatch_check(watch);
        assert_int_equal(jumps, 2);
        answer = 0;
        pdane_clockwatch_check(watch);
        pdane_clockwatch_check(watch);
        assert_int_equal(jumps, 3);
}

/* Nobody asks: the timer looks. */
static void
looks_by_itself(void **state)
{
        (void)state;
        assert_int_equal(event_base_get_num_events(core.base, EVENT_BASE_COUNT_ADDED), 1);
}

/* ---- the machine slept ---- */

static void
on_wake(void *arg)
{
        (void)arg;
        jumps += 100;
        pdane_hosts_wake(core.hosts);
}

static void
sleep_is_noticed(void **state)
{
        (void)state;
        pdane_clockwatch_tick(watch); /* nobody wants to know */
        pdane_clockwatch_on_wake(watch, on_wake);
        for (int i = 0; i < 10; i++) {
                fake_clock_advance(PDANE_CLOCKWATCH_S);
                pdane_clockwatch_tick(watch);
        }
        fake_clock_advance(PDANE_CLOCKWATCH_S + 2);
        pdane_clockwatch_tick(watch); /* a little late */
        assert_int_equal(jumps, 0);
        fake_clock_advance(PDANE_CLOCKWATCH_S + 3);
        pdane_clockwatch_tick(watch);
        assert_int_equal(jumps, 100);
        pdane_clockwatch_tick(watch);
        assert_int_equal(jumps, 100);
}

/* The timers that would have ended it stood still, and files do not end by themselves. */
static void
evidence_ends_asleep(void **state)
{
        (void)state;
        pdane_clockwatch_on_wake(watch, on_wake);
        core_touch(HOST);
        core_run();
        assert_int_equal(pdane_store_count(core.store), 1);
        fake_clock_advance(TTL - 5);
        pdane_clockwatch_tick(watch);
        assert_int_equal(pdane_store_count(core.store), 1);
        fake_clock_advance(4 * 3600);
        pdane_clockwatch_tick(watch);
        assert_int_equal(pdane_store_count(core.store), 0);
}

/* ---- what follows from it ---- */

static void
evidence_goes(void **state)
{
        struct pdane_host *h = core_touch(HOST);
        (void)state;
        core_run();
        assert_int_equal(core_found(), 1);
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_NO_RECORDS, false);
        pdane_hosts_forget(core.hosts);
        assert_int_equal(core_found(), 0);
        assert_true(pdane_host_running(h)); /* and what takes its place is asked for */
        core_run();
        assert_int_equal(core_found(), 0);
}

static void
evidence_comes_back(void **state)
{
        (void)state;
        core_touch(HOST);
        core_run();
        pdane_hosts_forget(core.hosts);
        assert_int_equal(core_found(), 0);
        core_run();
        assert_int_equal(core_found(), 1);
        assert_int_equal(fake_resolver_count(HOST_TLSA, TYPE_TLSA), 2);
}

static void
failures_are_forgotten(void **state)
{
        (void)state;
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_BOGUS, false);
        core_touch(HOST);
        core_run();
        core_tlsa(HOST_TLSA, core.leaf, PDANE_DNS_SECURE, false);
        pdane_hosts_forget(core.hosts);
        core_run();
        assert_int_equal(core_found(), 0); /* nobody asks, nothing is looked up */
        core_touch(HOST);
        core_run();
        assert_int_equal(core_found(), 1); /* no pause */
}

static void
note_change(void *arg)
{
        (*(unsigned *)arg)++;
}

/* Who waits for a lookup waits for the one that takes its place, and asks for no pardon. */
static void
waiters_stay(void **state)
{
        unsigned changes = 0;
        struct pdane_host_waiter w = {.changed = note_change, .arg = &changes};
        (void)state;
        fake_resolver_hold(HOST, TYPE_A);
        struct pdane_host *h = core_touch(HOST);
        pdane_host_wait(h, &w);
        core_run();
        pdane_hosts_forget(core.hosts);
        assert_ptr_equal(w.host, h);
        assert_true(pdane_host_running(h));
        assert_int_equal(changes, 0);
        fake_resolver_release();
        core_run();
        assert_int_equal(core_found(), 1);
        assert_true(changes > 0);
        assert_int_equal(fake_resolver_open(), 0);
        pdane_host_unwait(&w);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(time_passes, setup, teardown),
                cmocka_unit_test_setup_teardown(is_noticed, setup, teardown),
                cmocka_unit_test_setup_teardown(small_steps_add_up, setup, teardown),
                cmocka_unit_test_setup_teardown(is_told_again_after_a_failure, setup, teardown),
                cmocka_unit_test_setup_teardown(looks_by_itself, setup, teardown),
                cmocka_unit_test_setup_teardown(sleep_is_noticed, setup, teardown),
                cmocka_unit_test_setup_teardown(evidence_ends_asleep, setup, teardown),
                cmocka_unit_test_setup_teardown(evidence_goes, core_setup, core_teardown),
                cmocka_unit_test_setup_teardown(evidence_comes_back, core_setup, core_teardown),
                cmocka_unit_test_setup_teardown(failures_are_forgotten, core_setup, core_teardown),
                cmocka_unit_test_setup_teardown(waiters_stay, core_setup, core_teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
