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
        for (X509 *x; (x = PEM_read_X509(f, NULL, NULL, NULL)); X509_free(x), n++) {
                assert_true(pdane_sysstore_has_dn(s, dn_of(X509_get_subject_name(x))));
                assert_true(pdane_sysstore_has_dn(s, dn_of(X509_get_issuer_name(x))));
        }
        fclose(f);
        assert_true(n > 0);
        assert_true(pdane_sysstore_count(s) > 0);
        assert_false(pdane_sysstore_has_dn(s, (struct pdane_bytes){stranger, sizeof stranger}));
        assert_true(pdane_sysstore_has_dn(s, (struct pdane_bytes){NULL, 0}));

        /* A failed load leaves what was known. */
        assert_true(pdane_sysstore_load(s, "/nonexistent/module.so", &error) < 0);
        free(error);
        assert_false(pdane_sysstore_has_dn(s, (struct pdane_bytes){stranger, sizeof stranger}));
        assert_int_equal(pdane_sysstore_load(s, NULL, &error), 0);
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
