/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/pem.h>
#include <unistd.h>

#include "daemon/sysstore.h"
#include "test.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static struct pdane_bytes
dn_of(X509_NAME *name)
{
        static uint8_t buf[4096];
        uint8_t *at = buf;
        int n = i2d_X509_NAME(name, &at);
        assert_true(n > 0);
        return (struct pdane_bytes){buf, (size_t)n};
}

static void
everything_is_reserved_until_loaded(void **state)
{
        static const uint8_t dn[] = {0x30, 0x00};
        struct pdane_sysstore *s = NULL;
        char *error = NULL;
        (void)state;
        assert_int_equal(pdane_sysstore_new(&s), 0);
        assert_true(pdane_sysstore_has_dn(s, (struct pdane_bytes){dn, sizeof dn}));
        assert_true(pdane_sysstore_load(s, "/nonexistent/module.so", &error) < 0);
        assert_non_null(strstr(error, "/nonexistent/module.so"));
        free(error);
        assert_true(pdane_sysstore_has_dn(s, (struct pdane_bytes){dn, sizeof dn}));
        pdane_sysstore_free(s);
        pdane_sysstore_free(NULL);
}

/* Every certificate of the distribution's bundle is known by subject and by issuer; others are not.
 */
static void
the_systems_bundle(void **state)
{
        static const uint8_t stranger[] = {0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03,
                                           0x55, 0x04, 0x03, 0x0c, 0x02, 'n',  'o'};
        struct pdane_sysstore *s = NULL;
        char *error = NULL;
        size_t n = 0;
        (void)state;
        FILE *f = fopen(BUNDLE, "r");
        if (!f)
                skip();
        assert_int_equal(pdane_sysstore_new(&s), 0);
        assert_int_equal(pdane_sysstore_load(s, NULL, &error), 0);
        assert_true(pdane_sysstore_grew(s));
        for (X509 *x; (x = PEM_read_X509(f, NULL, NULL, NULL)); X509_free(x), n++) {
                assert_true(pdane_sysstore_has_dn(s, dn_of(X509_get_subject_name(x))));
                assert_true(pdane_sysstore_has_dn(s, dn_of(X509_get_issuer_name(x))));
        }
        /* The same name in other letters and another string type is the same to OpenSSL. */
        rewind(f);
        X509 *first = PEM_read_X509(f, NULL, NULL, NULL);
        X509_NAME *twin = X509_NAME_new();
        for (int i = 0; i < X509_NAME_entry_count(X509_get_subject_name(first)); i++) {
                X509_NAME_ENTRY *e = X509_NAME_get_entry(X509_get_subject_name(first), i);
                unsigned char text[256];
                int len = ASN1_STRING_length(X509_NAME_ENTRY_get_data(e));
                assert_in_range(len, 1, (int)sizeof text);
                for (int k = 0; k < len; k++) {
                        unsigned char c = ASN1_STRING_get0_data(X509_NAME_ENTRY_get_data(e))[k];
                        text[k] = c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
                }
                assert_int_equal(X509_NAME_add_entry_by_OBJ(twin, X509_NAME_ENTRY_get_object(e),
                                                            MBSTRING_UTF8, text, len, -1, 0),
                                 1);
        }
        assert_int_equal(X509_NAME_cmp(twin, X509_get_subject_name(first)), 0);
        assert_true(pdane_sysstore_has_dn(s, dn_of(twin)));
        X509_NAME_free(twin);
        X509_free(first);
        fclose(f);
        assert_true(n > 0);
        assert_true(pdane_sysstore_count(s) > 0);
        assert_false(pdane_sysstore_has_dn(s, (struct pdane_bytes){stranger, sizeof stranger}));
        assert_true(pdane_sysstore_has_dn(s, (struct pdane_bytes){NULL, 0}));

        /* A failed load leaves what was known. */
        assert_true(pdane_sysstore_load(s, "/nonexistent/module.so", &error) < 0);
        free(error);
        assert_false(pdane_sysstore_grew(s));
        assert_false(pdane_sysstore_has_dn(s, (struct pdane_bytes){stranger, sizeof stranger}));
        assert_int_equal(pdane_sysstore_load(s, NULL, &error), 0);
        assert_false(pdane_sysstore_grew(s)); /* nothing that was not known */
        pdane_sysstore_free(s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_reserved_until_loaded),
                cmocka_unit_test(the_systems_bundle),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
