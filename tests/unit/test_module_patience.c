/* SPDX-License-Identifier: BSD-3-Clause */
#include "patience.h"

#include "module_limits.h"
#include "test_module_fake.h"

static void
test_doubles_up_to_the_cap(void **state)
{
        struct pdane_patience p = {0};
        uint64_t now = 1000;
        uint32_t expected = PDANE_PAUSE_MIN_MS;

        (void)state;
        assert_true(pdane_patience_allows(&p, 0));
        for (int i = 0; i < 10; i++) {
                pdane_patience_missed(&p, now, now + 1000);
                now += 1000;
                assert_false(pdane_patience_allows(&p, now));
                assert_false(pdane_patience_allows(&p, now + expected - 1));
                assert_true(pdane_patience_allows(&p, now + expected));
                now += expected;
                expected = expected * 2 > PDANE_PAUSE_MAX_MS ? PDANE_PAUSE_MAX_MS : expected * 2;
        }
        assert_int_equal(expected, PDANE_PAUSE_MAX_MS);
        pdane_patience_met(&p);
        assert_true(pdane_patience_allows(&p, now));
        pdane_patience_missed(&p, now, now + 1);
        assert_int_equal(p.pause_ms, PDANE_PAUSE_MIN_MS);
}

static void
test_threads_together_count_once(void **state)
{
        struct pdane_patience p = {0};

        (void)state;
        for (uint64_t i = 0; i < 64; i++)
                pdane_patience_missed(&p, 500 + i, 1500 + i);
        assert_int_equal(p.pause_ms, PDANE_PAUSE_MIN_MS);
        assert_int_equal(p.until_ms, 1500 + PDANE_PAUSE_MIN_MS);
}

static void
test_nobody_there(void **state)
{
        struct pdane_patience p = {0};

        (void)state;
        pdane_patience_absent(&p, 1000);
        assert_false(pdane_patience_allows(&p, 1000 + PDANE_ABSENT_MS - 1));
        assert_true(pdane_patience_allows(&p, 1000 + PDANE_ABSENT_MS));
        assert_int_equal(p.pause_ms, 0);
        pdane_patience_missed(&p, 2000, 3000);
        pdane_patience_absent(&p, 3001); /* does not make a pause shorter */
        assert_false(pdane_patience_allows(&p, 3000 + PDANE_PAUSE_MIN_MS - 1));
        pdane_patience_met(&p);
        assert_true(pdane_patience_allows(&p, 3002));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_doubles_up_to_the_cap),
                cmocka_unit_test(test_threads_together_count_once),
                cmocka_unit_test(test_nobody_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
