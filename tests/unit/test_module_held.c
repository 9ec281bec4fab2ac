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
                cmocka_unit_test(test_every_member_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
