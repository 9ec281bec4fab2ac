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

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_doubles_up_to_the_cap),
                cmocka_unit_test(test_threads_together_count_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
