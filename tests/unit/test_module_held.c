/* SPDX-License-Identifier: BSD-3-Clause */
#include "held.h"

#include "test_module_fake.h"

static void
test_copy_is_its_own(void **state)
{
        uint8_t bytes[4] = {1, 2, 3, 4};
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER), kept;
        struct pdane_held *h;

        (void)state;
        item.value = (struct pdane_bytes){bytes, sizeof(bytes)};
        item.label = (struct pdane_bytes){bytes, 0};
        h = pdane_held_new(&item);
        assert_non_null(h);
        memset(bytes, 0, sizeof(bytes));
        kept = pdane_held_item(h);
        assert_int_equal(kept.value.len, 4);
        assert_int_equal(kept.value.data[3], 4);
        assert_non_null(kept.label.data);
        assert_int_equal(kept.label.len, 0);
        assert_int_equal(kept.flags, PDANE_ITEM_CERTIFICATE);
        assert_int_equal(kept.trust, PDANE_TRUST_PEER);
        assert_memory_equal(kept.sha256.data, item.sha256.data, item.sha256.len);
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
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER), kept;
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
        kept = pdane_held_item(h);
        assert_ptr_equal(kept.subject.data, kept.value.data);
        assert_ptr_equal(kept.issuer.data, kept.value.data + 6);
        assert_memory_equal(kept.value.data, "\1\2\3\4\5\6\7\10", 8);
        assert_memory_equal(kept.subject.data, "\1\2\3", 3);
        assert_int_equal(kept.issuer.len, 2);
        assert_memory_equal(kept.serial.data, "\7\10\11", 3);
        assert_int_equal(apart->size, h->size + 3 + 2);
        assert_memory_equal(pdane_held_item(apart).subject.data, "\1\2\4", 3);
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
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE | PDANE_ITEM_LEGACY_SHA1,
                                             PDANE_TRUST_PEER),
                          changed;
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

/* What no object shows takes no memory, and what some object shows is there (object.c). */
static void
test_what_is_of_use(void **state)
{
        static const uint8_t cert[500];
        const struct pdane_item all =
                sample_item(1, PDANE_ITEM_CERTIFICATE | PDANE_ITEM_LEGACY_SHA1, PDANE_TRUST_PEER);
        struct pdane_item item = all, kept;
        struct pdane_held *h;

        (void)state;
        item.value = (struct pdane_bytes){cert, sizeof(cert)};
        item.flags = PDANE_ITEM_LEGACY_SHA1;
        h = pdane_held_new(&item);
        kept = pdane_held_item(h);
        assert_null(kept.value.data);
        assert_null(kept.subject.data);
        assert_null(kept.spki.data);
        assert_null(kept.id.data);
        assert_true(pdane_bytes_equal(kept.issuer, item.issuer));
        assert_true(pdane_bytes_equal(kept.serial, item.serial));
        assert_true(pdane_bytes_equal(kept.label, item.label));
        assert_true(pdane_bytes_equal(kept.sha1, item.sha1));
        assert_true(pdane_bytes_equal(kept.sha256, item.sha256));
        assert_true(h->size < sizeof(cert));
        pdane_held_unref(h);

        item.flags = PDANE_ITEM_CERTIFICATE;
        h = pdane_held_new(&item);
        kept = pdane_held_item(h);
        assert_true(pdane_bytes_equal(kept.value, item.value));
        assert_true(pdane_bytes_equal(kept.subject, item.subject));
        assert_true(pdane_bytes_equal(kept.spki, item.spki));
        assert_true(pdane_bytes_equal(kept.id, item.id));
        assert_true(pdane_bytes_equal(kept.sha256, item.sha256));
        assert_null(kept.sha1.data);
        pdane_held_unref(h);

        item.flags = all.flags;
        item.trust = PDANE_TRUST_NONE;
        h = pdane_held_new(&item);
        kept = pdane_held_item(h);
        assert_true(pdane_bytes_equal(kept.value, item.value));
        assert_null(kept.sha1.data);
        assert_null(kept.sha256.data);
        pdane_held_unref(h);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_copy_is_its_own),
                cmocka_unit_test(test_parts_within_the_certificate),
                cmocka_unit_test(test_every_member_counts),
                cmocka_unit_test(test_what_is_of_use),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
