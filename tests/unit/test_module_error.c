/* SPDX-License-Identifier: BSD-3-Clause */
#include "error.h"

#include <errno.h>

#include "test_module_fake.h"

static void
test_table(void **state)
{
        (void)state;
        assert_int_equal(pdane_error_ckr(0), CKR_OK);
        assert_int_equal(pdane_error_ckr(1), CKR_OK);
        assert_int_equal(pdane_error_ckr(-EINVAL), CKR_ARGUMENTS_BAD);
        assert_int_equal(pdane_error_ckr(-ENOMEM), CKR_HOST_MEMORY);
        assert_int_equal(pdane_error_ckr(-ENOTCONN), CKR_CRYPTOKI_NOT_INITIALIZED);
        assert_int_equal(pdane_error_ckr(-EBADF), CKR_SESSION_HANDLE_INVALID);
        assert_int_equal(pdane_error_ckr(-ENOENT), CKR_OBJECT_HANDLE_INVALID);
        assert_int_equal(pdane_error_ckr(-ENODATA), CKR_ATTRIBUTE_TYPE_INVALID);
}

static void
test_unknown_is_never_ok(void **state)
{
        (void)state;
        assert_int_equal(pdane_error_ckr(-EHOSTDOWN), CKR_GENERAL_ERROR);
        assert_int_equal(pdane_error_ckr(INT32_MIN + 1), CKR_GENERAL_ERROR);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_unknown_is_never_ok),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
