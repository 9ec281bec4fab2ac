/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include <errno.h>

#include "test_module_fake.h"

static void
test_one_search_at_a_time(void **state)
{
        static struct pdane_session_table t;
        const CK_OBJECT_HANDLE found[3] = {11, 12, 13};
        CK_OBJECT_HANDLE got[3];
        CK_SESSION_HANDLE s;
        CK_ULONG n;

        (void)state;
        assert_int_equal(pdane_session_open(&t, &s), 0);
        assert_int_equal(pdane_session_next(&t, s, got, 3, &n), -ENOMSG);
        assert_int_equal(pdane_session_end(&t, s), -ENOMSG);
        assert_int_equal(pdane_session_begin(&t, s), 0);
        assert_int_equal(pdane_session_begin(&t, s), -EBUSY);
        /* Not ready yet: another thread is asking. */
        assert_int_equal(pdane_session_next(&t, s, got, 3, &n), -ENOMSG);
        assert_int_equal(pdane_session_end(&t, s), -ENOMSG);
        assert_int_equal(pdane_session_found(&t, s, found, 3), 0);
        assert_int_equal(pdane_session_begin(&t, s), -EBUSY);
        assert_int_equal(pdane_session_next(&t, s, got, 0, &n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(pdane_session_next(&t, s, got, 2, &n), 0);
        assert_int_equal(n, 2);
        assert_int_equal(got[1], 12);
        assert_int_equal(pdane_session_next(&t, s, got, 2, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(got[0], 13);
        assert_int_equal(pdane_session_next(&t, s, got, 2, &n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(pdane_session_end(&t, s), 0);
        assert_int_equal(pdane_session_begin(&t, s), 0);
        assert_int_equal(pdane_session_found(&t, s, NULL, 0), 0);
        assert_int_equal(pdane_session_close(&t, s), 0);
        assert_int_equal(pdane_session_found(&t, s, found, 3), -EBADF);
}

static void
test_bad_handles(void **state)
{
        static struct pdane_session_table t;
        CK_SESSION_HANDLE s;
        CK_ULONG n;

        (void)state;
        assert_int_equal(pdane_session_open(&t, &s), 0);
        assert_int_equal(pdane_session_check(&t, s), 0);
        assert_int_equal(pdane_session_check(&t, 0), -EBADF);
        assert_int_equal(pdane_session_check(&t, s + PDANE_SESSIONS_MAX), -EBADF);
        assert_int_equal(pdane_session_close(&t, s + PDANE_SESSIONS_MAX), -EBADF);
        assert_int_equal(pdane_session_begin(&t, s + 1), -EBADF);
        assert_int_equal(pdane_session_end(&t, s + 1), -EBADF);
        assert_int_equal(pdane_session_next(&t, s + 1, NULL, 0, &n), -EBADF);
        assert_int_equal(pdane_session_close(&t, s), 0);
        assert_int_equal(pdane_session_check(&t, s), -EBADF);
}

static void
test_limit(void **state)
{
        static struct pdane_session_table t;
        CK_SESSION_HANDLE first, s = 0, more = 7;

        (void)state;
        assert_int_equal(pdane_session_open(&t, &first), 0);
        for (unsigned i = 1; i < PDANE_SESSIONS_MAX; i++)
                assert_int_equal(pdane_session_open(&t, &s), 0);
        assert_int_equal(pdane_session_open(&t, &more), -EMFILE);
        assert_int_equal(more, 7);
        assert_int_equal(pdane_session_close(&t, first + 5), 0);
        assert_int_equal(pdane_session_open(&t, &more), 0);
        /* A new number even in an old place. */
        assert_true(more > s);
        assert_int_equal(pdane_session_check(&t, first + 5), -EBADF);
        pdane_session_table_clear(&t);
        assert_int_equal(t.n, 0);
        assert_int_equal(pdane_session_open(&t, &s), 0);
        assert_true(s > more);
        pdane_session_table_clear(&t);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_one_search_at_a_time),
                cmocka_unit_test(test_bad_handles),
                cmocka_unit_test(test_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
