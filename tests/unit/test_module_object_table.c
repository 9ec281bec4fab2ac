/* SPDX-License-Identifier: BSD-3-Clause */
#include "object_table.h"

#include <errno.h>

#include "test_module_fake.h"

static CK_OBJECT_HANDLE
put(struct pdane_object_table *t, CK_OBJECT_CLASS class, unsigned number)
{
        struct pdane_item item = sample_item(number, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        struct pdane_held *held = pdane_held_new(&item);
        CK_OBJECT_HANDLE handle = 0;

        assert_non_null(held);
        assert_int_equal(pdane_object_table_put(t, class, held, &handle), 0);
        assert_true(handle != 0);
        pdane_held_unref(held);
        return handle;
}

static void
test_same_object_same_handle(void **state)
{
        struct pdane_object_table t = {0};
        CK_OBJECT_HANDLE a = put(&t, CKO_CERTIFICATE, 1);

        (void)state;
        assert_int_equal(put(&t, CKO_CERTIFICATE, 1), a);
        assert_int_not_equal(put(&t, PDANE_CKO_TRUST, 1), a);
        assert_int_not_equal(put(&t, CKO_CERTIFICATE, 2), a);
        assert_int_equal(t.n, 3);
        assert_int_equal(pdane_object_table_get(&t, a)->class, CKO_CERTIFICATE);
        assert_null(pdane_object_table_get(&t, 0));
        assert_null(pdane_object_table_get(&t, a + 3));
        pdane_object_table_clear(&t);
        assert_int_equal(t.bytes, 0);
        /* After a clear the number belongs to nobody, for good. */
        assert_null(pdane_object_table_get(&t, a));
        assert_true(put(&t, CKO_CERTIFICATE, 1) > a + 2);
        pdane_object_table_clear(&t);
}

static void
test_full_table_displaces_the_unused(void **state)
{
        struct pdane_object_table t = {0};
        CK_OBJECT_HANDLE first = put(&t, CKO_CERTIFICATE, 0), second = put(&t, PDANE_CKO_TRUST, 0),
                         last = 0;

        (void)state;
        for (unsigned i = 1; i < PDANE_OBJECTS_MAX - 1; i++)
                last = put(&t, CKO_CERTIFICATE, i);
        assert_int_equal(t.n, PDANE_OBJECTS_MAX);
        assert_non_null(pdane_object_table_get(&t, first));
        assert_true(put(&t, PDANE_CKO_TRUST, 255) > last);
        assert_int_equal(t.n, PDANE_OBJECTS_MAX);
        assert_non_null(pdane_object_table_get(&t, first));
        assert_null(pdane_object_table_get(&t, second));
        pdane_object_table_clear(&t);
}

static void
test_bounded_in_bytes(void **state)
{
        static uint8_t cert[PDANE_CERT_MAX];
        struct pdane_object_table t = {0};

        (void)state;
        for (unsigned i = 0; i < 200; i++) {
                struct pdane_item item = sample_item(i, 0, PDANE_TRUST_PEER);
                struct pdane_held *held;
                CK_OBJECT_HANDLE handle;

                item.value = (struct pdane_bytes){cert, sizeof(cert)};
                held = pdane_held_new(&item);
                assert_non_null(held);
                assert_int_equal(pdane_object_table_put(&t, CKO_CERTIFICATE, held, &handle), 0);
                assert_non_null(pdane_object_table_get(&t, handle));
                pdane_held_unref(held);
                assert_true(t.bytes <= PDANE_OBJECTS_BYTES);
        }
        pdane_object_table_clear(&t);
}

static void
test_handles_do_not_wrap(void **state)
{
        struct pdane_object_table t = {.last = (CK_OBJECT_HANDLE)-2};
        CK_OBJECT_HANDLE last = put(&t, CKO_CERTIFICATE, 1), none = 7;
        struct pdane_item item = sample_item(2, 0, PDANE_TRUST_PEER);
        struct pdane_held *held = pdane_held_new(&item);

        (void)state;
        assert_non_null(held);
        assert_int_equal(pdane_object_table_put(&t, CKO_CERTIFICATE, held, &none), -ENOSPC);
        assert_int_equal(none, 7);
        assert_non_null(pdane_object_table_get(&t, last));
        pdane_held_unref(held);
        pdane_object_table_clear(&t);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_same_object_same_handle),
                cmocka_unit_test(test_full_table_displaces_the_unused),
                cmocka_unit_test(test_bounded_in_bytes),
                cmocka_unit_test(test_handles_do_not_wrap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
