/* SPDX-License-Identifier: BSD-3-Clause */
#include "object.h"

#include <errno.h>

#include "test_module_fake.h"

#define ALL (PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_LEGACY_SHA1)

static CK_ATTRIBUTE
attribute(CK_ATTRIBUTE_TYPE type, struct pdane_bytes b)
{
        CK_ATTRIBUTE a = {type, NULL, b.len};

        memcpy(&a.pValue, &b.data, sizeof(b.data));
        return a;
}

static void
expect_bytes(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE_TYPE type,
             const void *data, size_t len)
{
        uint8_t buf[256];
        CK_ATTRIBUTE a = {type, buf, sizeof(buf)};

        assert_int_equal(pdane_object_read(class, item, &a, 1), 0);
        assert_int_equal(a.ulValueLen, len);
        assert_memory_equal(buf, data, len);
}

static void
expect_number(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE_TYPE type,
              CK_ULONG value)
{
        expect_bytes(class, item, type, &value, sizeof(value));
}

static void
expect_flag(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE_TYPE type,
            CK_BBOOL value)
{
        expect_bytes(class, item, type, &value, sizeof(value));
}

static void
expect_absent(CK_OBJECT_CLASS class, const struct pdane_item *item, CK_ATTRIBUTE_TYPE type)
{
        CK_ATTRIBUTE a = {type, NULL, 0};

        assert_int_equal(pdane_object_read(class, item, &a, 1), -ENODATA);
        assert_int_equal(a.ulValueLen, PDANE_NO_LENGTH);
}

static void
expect_common(CK_OBJECT_CLASS class, const struct pdane_item *item)
{
        expect_number(class, item, CKA_CLASS, class);
        expect_flag(class, item, CKA_TOKEN, CK_TRUE);
        expect_flag(class, item, CKA_PRIVATE, CK_FALSE);
        expect_flag(class, item, CKA_MODIFIABLE, CK_FALSE);
        expect_bytes(class, item, CKA_LABEL, item->label.data, item->label.len);
        expect_bytes(class, item, CKA_ISSUER, item->issuer.data, item->issuer.len);
        expect_bytes(class, item, CKA_SERIAL_NUMBER, item->serial.data, item->serial.len);
}

static void
test_certificate(void **state)
{
        struct pdane_item item = sample_item(1, ALL | PDANE_ITEM_AUTHORITY, PDANE_TRUST_PEER);

        (void)state;
        expect_common(CKO_CERTIFICATE, &item);
        expect_number(CKO_CERTIFICATE, &item, CKA_CERTIFICATE_TYPE, CKC_X_509);
        expect_number(CKO_CERTIFICATE, &item, CKA_CERTIFICATE_CATEGORY, 2);
        expect_flag(CKO_CERTIFICATE, &item, CKA_TRUSTED, CK_TRUE);
        expect_bytes(CKO_CERTIFICATE, &item, CKA_ID, item.id.data, item.id.len);
        expect_bytes(CKO_CERTIFICATE, &item, CKA_SUBJECT, item.subject.data, item.subject.len);
        expect_bytes(CKO_CERTIFICATE, &item, CKA_VALUE, item.value.data, item.value.len);
        expect_bytes(CKO_CERTIFICATE, &item, CKA_PUBLIC_KEY_INFO, item.spki.data, item.spki.len);
        expect_absent(CKO_CERTIFICATE, &item, CKA_START_DATE);
        expect_absent(CKO_CERTIFICATE, &item, CKA_END_DATE);
        expect_absent(CKO_CERTIFICATE, &item, 0xce534372UL); /* CKA_NSS_MOZILLA_CA_POLICY */
        expect_absent(CKO_CERTIFICATE, &item, PDANE_CKA_TRUST_SERVER_AUTH);
        item.flags = PDANE_ITEM_CERTIFICATE;
        expect_number(CKO_CERTIFICATE, &item, CKA_CERTIFICATE_CATEGORY, 0);
        expect_flag(CKO_CERTIFICATE, &item, CKA_TRUSTED, CK_FALSE);
}

static void
test_trust(void **state)
{
        struct pdane_item item = sample_item(1, ALL, PDANE_TRUST_PEER);

        (void)state;
        expect_common(PDANE_CKO_TRUST, &item);
        expect_number(PDANE_CKO_TRUST, &item, 0x62c, 1);
        expect_number(PDANE_CKO_TRUST, &item, 0x62d, 0);
        expect_number(PDANE_CKO_TRUST, &item, 0x62e, 0);
        expect_number(PDANE_CKO_TRUST, &item, 0x62f, 0);
        expect_bytes(PDANE_CKO_TRUST, &item, 0x635, item.sha256.data, 32);
        expect_number(PDANE_CKO_TRUST, &item, 0x8c, CKM_SHA256);
        expect_absent(PDANE_CKO_TRUST, &item, PDANE_CKA_NSS_CERT_SHA1);
        expect_absent(PDANE_CKO_TRUST, &item, CKA_VALUE);
        item.trust = PDANE_TRUST_ANCHOR;
        expect_number(PDANE_CKO_TRUST, &item, 0x62c, 2);
        expect_number(PDANE_CKO_TRUST, &item, 0x62d, 0);
}

static void
test_nss_trust(void **state)
{
        struct pdane_item item = sample_item(1, ALL, PDANE_TRUST_PEER);

        (void)state;
        expect_common(PDANE_CKO_NSS_TRUST, &item);
        expect_number(PDANE_CKO_NSS_TRUST, &item, 0xce536358, 0xce534351);
        expect_number(PDANE_CKO_NSS_TRUST, &item, 0xce536359, 0xce534355);
        expect_number(PDANE_CKO_NSS_TRUST, &item, 0xce53635a, 0xce534355);
        expect_number(PDANE_CKO_NSS_TRUST, &item, 0xce53635b, 0xce534355);
        expect_flag(PDANE_CKO_NSS_TRUST, &item, 0xce536360, CK_FALSE);
        expect_bytes(PDANE_CKO_NSS_TRUST, &item, 0xce5363b4, item.sha1.data, 20);
        expect_absent(PDANE_CKO_NSS_TRUST, &item, 0xce5363b5); /* MD5 */
        expect_absent(PDANE_CKO_NSS_TRUST, &item, PDANE_CKA_HASH_OF_CERTIFICATE);
        item.trust = PDANE_TRUST_ANCHOR;
        expect_number(PDANE_CKO_NSS_TRUST, &item, 0xce536358, 0xce534352);
}

static void
test_reading_several(void **state)
{
        struct pdane_item item = sample_item(1, ALL, PDANE_TRUST_PEER);
        uint8_t small[4] = {9, 9, 9, 9}, value[64], id[20];
        CK_ATTRIBUTE t[4] = {
                {CKA_START_DATE, small, sizeof(small)},
                {CKA_SUBJECT, small, sizeof(small)},
                {CKA_VALUE, value, sizeof(value)},
                {CKA_ID, id, sizeof(id)},
        };

        (void)state;
        assert_int_equal(pdane_object_read(CKO_CERTIFICATE, &item, t, 4), -ENODATA);
        assert_int_equal(t[0].ulValueLen, PDANE_NO_LENGTH);
        assert_int_equal(t[1].ulValueLen, PDANE_NO_LENGTH);
        assert_int_equal(small[0], 9);
        assert_int_equal(t[2].ulValueLen, item.value.len);
        assert_memory_equal(value, item.value.data, item.value.len);
        /* A buffer of exactly the size is enough. */
        assert_int_equal(t[3].ulValueLen, sizeof(id));
        t[1].ulValueLen = 19;
        assert_int_equal(pdane_object_read(CKO_CERTIFICATE, &item, &t[1], 1), -ENOBUFS);
        /* Sizes first, as most clients do. */
        t[1].pValue = t[2].pValue = NULL;
        assert_int_equal(pdane_object_read(CKO_CERTIFICATE, &item, &t[1], 2), 0);
        assert_int_equal(t[1].ulValueLen, item.subject.len);
        assert_int_equal(t[2].ulValueLen, item.value.len);
        assert_int_equal(pdane_object_read(CKO_CERTIFICATE, &item, NULL, 0), 0);
}

static void
test_matching(void **state)
{
        struct pdane_item item = sample_item(1, ALL, PDANE_TRUST_PEER),
                          other = sample_item(2, ALL, PDANE_TRUST_PEER);
        CK_ULONG x509 = CKC_X_509, openpgp = 3;
        CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
        CK_ATTRIBUTE t[] = {
                {CKA_CERTIFICATE_TYPE, &x509, sizeof(x509)},
                attribute(CKA_ISSUER, item.issuer),
                attribute(CKA_SERIAL_NUMBER, item.serial),
                {CKA_TOKEN, &yes, sizeof(yes)},
                {CKA_TRUSTED, &yes, sizeof(yes)},
        };
        CK_ATTRIBUTE raw = attribute(CKA_SERIAL_NUMBER, sample_raw_serial(item));
        CK_ATTRIBUTE unknown = {0x80001234UL, &yes, sizeof(yes)};
        CK_ATTRIBUTE empty = {CKA_SUBJECT, NULL, 0};

        (void)state;
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, t, 5));
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, &raw, 1));
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, NULL, 0));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &other, t, 5));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &other, &raw, 1));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, &unknown, 1));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, &empty, 1));
        t[0].pValue = &openpgp;
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 5));
        t[0].pValue = &x509;
        t[0].ulValueLen = 4;
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 5));
        t[0].ulValueLen = sizeof(x509);
        t[3].pValue = &no;
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 5));
        t[3].pValue = &yes;
        item.flags &= ~PDANE_ITEM_TRUSTED;
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 5));
}

static void
test_presented_only_as_the_daemon_says(void **state)
{
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_NONE);

        (void)state;
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, NULL, 0));
        assert_false(pdane_object_matches(PDANE_CKO_TRUST, &item, NULL, 0));
        assert_false(pdane_object_matches(PDANE_CKO_NSS_TRUST, &item, NULL, 0));
        item = sample_item(1, 0, PDANE_TRUST_ANCHOR);
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, NULL, 0));
        assert_true(pdane_object_matches(PDANE_CKO_TRUST, &item, NULL, 0));
        assert_false(pdane_object_matches(PDANE_CKO_NSS_TRUST, &item, NULL, 0));
        item.flags = PDANE_ITEM_LEGACY_SHA1;
        assert_true(pdane_object_matches(PDANE_CKO_NSS_TRUST, &item, NULL, 0));
        item.trust = PDANE_TRUST_NONE;
        assert_false(pdane_object_matches(PDANE_CKO_NSS_TRUST, &item, NULL, 0));
        assert_false(pdane_object_matches(CKO_PRIVATE_KEY, &item, NULL, 0));
}

static void
test_id_of_zeros_is_refused(void **state)
{
        static const uint8_t zeros[20];
        struct pdane_item item = sample_item(1, PDANE_ITEM_CERTIFICATE, PDANE_TRUST_NONE);

        (void)state;
        item.id = (struct pdane_bytes){zeros, sizeof(zeros)};
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, NULL, 0));
}

static void
test_exact_needs_all_three(void **state)
{
        struct pdane_item item = sample_item(1, ALL | PDANE_ITEM_EXACT, PDANE_TRUST_NONE);
        CK_ULONG x509 = CKC_X_509;
        CK_ATTRIBUTE t[] = {
                attribute(CKA_ISSUER, item.issuer),
                attribute(CKA_SERIAL_NUMBER, item.serial),
                {CKA_CERTIFICATE_TYPE, &x509, sizeof(x509)},
                attribute(CKA_SUBJECT, item.subject),
        };

        (void)state;
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, t, 3));
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, t, 4));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 2));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t + 1, 2));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t + 2, 2));
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t + 3, 1));
        t[1] = t[2];
        assert_false(pdane_object_matches(CKO_CERTIFICATE, &item, t, 2));
        t[1] = attribute(CKA_SERIAL_NUMBER, item.serial);
        item.flags &= ~PDANE_ITEM_EXACT;
        assert_true(pdane_object_matches(CKO_CERTIFICATE, &item, t, 2));
}

static void
test_may_match(void **state)
{
        CK_ULONG x509 = CKC_X_509, attribute_certificate = 1;
        CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
        CK_ATTRIBUTE token = {CKA_TOKEN, &yes, sizeof(yes)}, session = {CKA_TOKEN, &no, sizeof(no)},
                     private = {CKA_PRIVATE, &yes, sizeof(yes)},
                     trusted = {CKA_TRUSTED, &yes, sizeof(yes)},
                     type = {CKA_CERTIFICATE_TYPE, &x509, sizeof(x509)},
                     other = {CKA_CERTIFICATE_TYPE, &attribute_certificate,
                              sizeof(attribute_certificate)},
                     key_type = {CKA_KEY_TYPE, &x509, sizeof(x509)};

        (void)state;
        assert_true(pdane_object_may_match(CKO_CERTIFICATE, &token, 1));
        assert_true(pdane_object_may_match(CKO_CERTIFICATE, &trusted, 1));
        assert_true(pdane_object_may_match(CKO_CERTIFICATE, &type, 1));
        assert_false(pdane_object_may_match(CKO_CERTIFICATE, &session, 1));
        assert_false(pdane_object_may_match(CKO_CERTIFICATE, &private, 1));
        assert_false(pdane_object_may_match(CKO_CERTIFICATE, &other, 1));
        assert_false(pdane_object_may_match(CKO_CERTIFICATE, &key_type, 1));
        assert_false(pdane_object_may_match(PDANE_CKO_TRUST, &trusted, 1));
        assert_false(pdane_object_may_match(CKO_PUBLIC_KEY, &token, 1));
        assert_false(pdane_object_may_match(0xce534354UL, &token, 1)); /* the built-in root list */
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_certificate),
                cmocka_unit_test(test_trust),
                cmocka_unit_test(test_nss_trust),
                cmocka_unit_test(test_reading_several),
                cmocka_unit_test(test_matching),
                cmocka_unit_test(test_presented_only_as_the_daemon_says),
                cmocka_unit_test(test_id_of_zeros_is_refused),
                cmocka_unit_test(test_exact_needs_all_three),
                cmocka_unit_test(test_may_match),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
