/* SPDX-License-Identifier: BSD-3-Clause */
#include "recent.h"

#include "test.h"

static void
test_keys(void **state)
{
        uint64_t key = pdane_recent_key("www.example.org", 1000);

        (void)state;
        assert_true(key != 0);
        assert_true(key == pdane_recent_key("WWW.Example.ORG.", 1000));
        assert_true(key != pdane_recent_key("www.example.org", 1001));
        assert_true(key != pdane_recent_key("www.example.orG@", 1000));
        assert_true(key != pdane_recent_key("wwwexample.org", 1000));
        /* Only ASCII has letter case here. */
        assert_true(pdane_recent_key("\xc3\x84", 0) != pdane_recent_key("\xe3\xa4", 0));
}

static void
test_a_second(void **state)
{
        struct pdane_recent r = {0};

        (void)state;
        assert_false(pdane_recent_has(&r, 7, false, 0));
        pdane_recent_add(&r, 7, false, 100);
        assert_true(pdane_recent_has(&r, 7, false, 100));
        /* Another thread may have read the clock before. */
        assert_true(pdane_recent_has(&r, 7, false, 99));
        assert_true(pdane_recent_has(&r, 7, false, 100 + PDANE_REPEAT_MS - 1));
        assert_false(pdane_recent_has(&r, 7, false, 100 + PDANE_REPEAT_MS));
        assert_false(pdane_recent_has(&r, 8, false, 100));
}

static void
test_waiting(void **state)
{
        struct pdane_recent r = {0};

        (void)state;
        pdane_recent_add(&r, 7, false, 100);
        assert_false(pdane_recent_has(&r, 7, true, 100));
        pdane_recent_add(&r, 7, true, 101);
        assert_true(pdane_recent_has(&r, 7, true, 101));
        assert_true(pdane_recent_has(&r, 7, false, 101));
}

static void
test_the_oldest_goes(void **state)
{
        struct pdane_recent r = {0};

        (void)state;
        for (uint64_t i = 1; i <= PDANE_RECENT_MAX; i++)
                pdane_recent_add(&r, i, false, 100 + i);
        for (uint64_t i = 1; i <= PDANE_RECENT_MAX; i++)
                assert_true(pdane_recent_has(&r, i, false, 200));
        /* One that is there takes no other's place. */
        pdane_recent_add(&r, 1, false, 200);
        assert_true(pdane_recent_has(&r, 2, false, 200));
        pdane_recent_add(&r, PDANE_RECENT_MAX + 1, false, 200);
        assert_true(pdane_recent_has(&r, 1, false, 200));
        assert_false(pdane_recent_has(&r, 2, false, 200));
        assert_true(pdane_recent_has(&r, 3, false, 200));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_keys),
                cmocka_unit_test(test_a_second),
                cmocka_unit_test(test_waiting),
                cmocka_unit_test(test_the_oldest_goes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
