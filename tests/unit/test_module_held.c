/* SPDX-License-Identifier: BSD-3-Clause */
#include "held.h"

#include "test_module_fake.h"

static void
test_copy_is_its_own(void **state)
{
        uint8_t bytes[4] = {1, 2, 3, 4};
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        struct pdane_held *h;

        (void)state;
        item.value = (struct pdane_bytes){bytes, sizeof(bytes)};
        item.label = (struct pdane_bytes){bytes, 0};
        h = pdane_held_new(&item);
        assert_non_null(h);
        memset(bytes, 0, sizeof(bytes));
        assert_int_equal(h->item.value.len, 4);
        assert_int_equal(h->item.value.data[3], 4);
        assert_non_null(h->item.label.data);
        assert_int_equal(h->item.label.len, 0);
        assert_int_equal(h->item.trust, PDANE_TRUST_PEER);
        assert_memory_equal(h->item.sha256.data, item.sha256.data, item.sha256.len);
        assert_true(h->size >= sizeof(*h) + item.issuer.len);
        assert_ptr_equal(pdane_held_ref(h), h);
        pdane_held_unref(h);
        assert_int_equal(h->refs, 1);
        pdane_held_unref(h);
        pdane_held_unref(NULL);
}

/* What stands in the certificate is kept there alone, and in memory of the copy's own. */
static void
test_parts_within_the_certificate(void **state)
{
        uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER);
        struct pdane_held *h, *apart;

        (void)state;
        item.value = (struct pdane_bytes){bytes, sizeof(bytes)};
        item.subject = (struct pdane_bytes){(const uint8_t *)"\1\2\3", 3};
        item.issuer = (struct pdane_bytes){(const uint8_t *)"\7\10", 2};
        item.serial = (struct pdane_bytes){(const uint8_t *)"\7\10\11", 3}; /* goes past the end */
        h = pdane_held_new(&item);
        item.subject.data = (const uint8_t *)"\1\2\4";
        item.issuer.data = (const uint8_t *)"\7\11";
        apart = pdane_held_new(&item);
        assert_non_null(h);
        assert_non_null(apart);
        memset(bytes, 0, sizeof(bytes));
        assert_ptr_equal(h->item.subject.data, h->item.value.data);
        assert_ptr_equal(h->item.issuer.data, h->item.value.data + 6);
        assert_memory_equal(h->item.subject.data, "\1\2\3", 3);
        assert_int_equal(h->item.issuer.len, 2);
        assert_memory_equal(h->item.serial.data, "\7\10\11", 3);
        assert_int_equal(apart->size, h->size + 3 + 2);
        assert_memory_equal(apart->item.subject.data, "\1\2\4", 3);
        pdane_held_unref(h);
        pdane_held_unref(apart);
}

static void
expect_differs(const struct pdane_held *h, struct pdane_item item)
{
        struct pdane_held *other = pdane_held_new(&item);

        assert_non_null(other);
        assert_false(pdane_held_equal(h, other));
        pdane_held_unref(other);
}

static void
test_every_member_counts(void **state)
{
        struct pdane_item item = sample_item(1, 0, PDANE_TRUST_PEER), changed;
        struct pdane_bytes other = {(const uint8_t *)"other", 5};
        struct pdane_held *h = pdane_held_new(&item), *same;

        (void)state;
        assert_non_null(h);
        changed = item;
        changed.expires_s = 1;
        same = pdane_held_new(&changed);
        assert_true(pdane_held_equal(h, same));
        pdane_held_unref(same);
#define DIFFERS(member, value_)                                                                    \
        changed = item;                                                                            \
        changed.member = value_;                                                                   \
        expect_differs(h, changed)
        DIFFERS(flags, PDANE_ITEM_TRUSTED);
        DIFFERS(trust, PDANE_TRUST_ANCHOR);
        DIFFERS(value, other);
        DIFFERS(subject, other);
        DIFFERS(issuer, other);
        DIFFERS(serial, other);
        DIFFERS(spki, other);
        DIFFERS(id, other);
        DIFFERS(label, other);
        DIFFERS(sha1, other);
        DIFFERS(sha256, other);
        pdane_held_unref(h);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_copy_is_its_own),
                cmocka_unit_test(test_parts_within_the_certificate),
                cmocka_unit_test(test_every_member_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
