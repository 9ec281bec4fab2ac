/* SPDX-License-Identifier: BSD-3-Clause */
#include "slot.h"

#include <errno.h>
#include <string.h>

#include "module_limits.h"
#include "test_module_fake.h"

static void
test_library(void **state)
{
        CK_INFO info;

        (void)state;
        pdane_slot_library_info(&info);
        assert_int_equal(info.cryptokiVersion.major, 2);
        assert_int_equal(info.cryptokiVersion.minor, 40);
        assert_memory_equal(info.manufacturerID, "p11-dane                        ", 32);
        assert_int_equal(info.flags, 0);
}

static void
test_flags(void **state)
{
        CK_SLOT_INFO slot;
        CK_TOKEN_INFO token;

        (void)state;
        pdane_slot_info(&slot);
        assert_int_equal(slot.flags, CKF_TOKEN_PRESENT);
        pdane_slot_token_info(3, &token);
        assert_int_equal(token.flags, CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED);
        assert_int_equal(token.ulSessionCount, 3);
        assert_int_equal(token.ulMaxSessionCount, PDANE_SESSIONS_MAX);
        assert_int_equal(token.ulMaxRwSessionCount, 0);
        assert_null(memchr(&token.label, 0, sizeof(token.label)));
        assert_null(memchr(&token.serialNumber, 0, sizeof(token.serialNumber)));
}

static void
test_list(void **state)
{
        CK_SLOT_ID list[2] = {99, 99};
        CK_ULONG n = 12345;

        (void)state;
        assert_int_equal(pdane_slot_list(NULL, &n), 0);
        assert_int_equal(n, 1);
        n = 0;
        assert_int_equal(pdane_slot_list(list, &n), -ENOBUFS);
        assert_int_equal(n, 1);
        assert_int_equal(list[0], 99);
        n = 2;
        assert_int_equal(pdane_slot_list(list, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(list[0], PDANE_SLOT_ID);
        assert_int_equal(list[1], 99);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_library),
                cmocka_unit_test(test_flags),
                cmocka_unit_test(test_list),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
