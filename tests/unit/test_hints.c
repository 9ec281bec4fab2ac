/* SPDX-License-Identifier: BSD-3-Clause */
#include "daemon/hints.h"
#include "test.h"

static struct pdane_hints *h;
static struct pdane_name got[PDANE_HINTS_PER_UID * 2];

static struct pdane_name
name(const char *text)
{
        struct pdane_name n;
        assert_int_equal(pdane_host_parse(text, strlen(text), &n), 0);
        return n;
}

static void
add(uid_t uid, const char *text, int64_t now_ms)
{
        struct pdane_name n = name(text);
        assert_int_equal(pdane_hints_add(h, uid, &n, now_ms), 0);
}

static void
latest_first(void **state)
{
        (void)state;
        add(1, "a.test", 0);
        add(1, "b.test", 10);
        add(1, "a.test", 20);
        assert_int_equal(pdane_hints_recent(h, 1, 20, got, 64), 2);
        assert_string_equal(got[0].text, "a.test");
        assert_string_equal(got[1].text, "b.test");
        assert_int_equal(pdane_hints_recent(h, 1, 20, got, 1), 1);
}

static void
half_a_minute(void **state)
{
        (void)state;
        add(1, "a.test", 0);
        add(1, "b.test", 10);
        assert_int_equal(pdane_hints_recent(h, 1, PDANE_HINT_MS - 1, got, 64), 2);
        assert_int_equal(pdane_hints_recent(h, 1, PDANE_HINT_MS, got, 64), 1);
        assert_string_equal(got[0].text, "b.test");
        assert_int_equal(pdane_hints_recent(h, 1, PDANE_HINT_MS + 10, got, 64), 0);
}

static void
each_to_his_own(void **state)
{
        (void)state;
        add(1, "a.test", 0);
        add(2, "b.test", 0);
        add(PDANE_HINT_EVERYONE, "c.test", 0);
        assert_int_equal(pdane_hints_recent(h, 1, 0, got, 64), 2);
        assert_string_equal(got[0].text, "a.test");
        assert_string_equal(got[1].text, "c.test");
        assert_int_equal(pdane_hints_recent(h, 3, 0, got, 64), 1);
}

static void
bounds(void **state)
{
        char text[32];
        (void)state;
        for (unsigned i = 0; i <= PDANE_HINTS_PER_UID; i++) {
                snprintf(text, sizeof text, "h%u.test", i);
                add(1, text, 0);
        }
        assert_int_equal(pdane_hints_recent(h, 1, 0, got, PDANE_HINTS_PER_UID * 2),
                         PDANE_HINTS_PER_UID);
        assert_string_equal(got[PDANE_HINTS_PER_UID - 1].text, "h1.test");
        for (uid_t uid = 2; uid <= PDANE_HINT_UIDS; uid++)
                add(uid, "x.test", 0);
        assert_true(pdane_hints_recent(h, 1, 0, got, 64) > 0);
        add(PDANE_HINT_UIDS + 1, "x.test", 0);
        assert_int_equal(pdane_hints_recent(h, 1, 0, got, 64), 0);
        assert_int_equal(pdane_hints_recent(h, 2, 0, got, 64), 1);
}

static int
setup(void **state)
{
        (void)state;
        return pdane_hints_new(&h);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_hints_free(h);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(latest_first), TEST(half_a_minute),
                                           TEST(each_to_his_own), TEST(bounds)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
