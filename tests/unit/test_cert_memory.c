/* SPDX-License-Identifier: BSD-3-Clause */
/* A certificate that was shrunk, and no memory to read it again: whoever asks is told what distrust
 * would say, and nobody falls over. */
#include <errno.h>
#include <openssl/crypto.h>

#include "scene.h"
#include "trust/anchor.h"
#include "trust/offer.h"

static bool out_of_memory;

static void *
allocate(size_t n, const char *file, int line)
{
        (void)file;
        (void)line;
        return out_of_memory ? NULL : malloc(n);
}

static void *
reallocate(void *p, size_t n, const char *file, int line)
{
        (void)file;
        (void)line;
        return out_of_memory ? NULL : realloc(p, n);
}

static void
release(void *p, const char *file, int line)
{
        (void)file;
        (void)line;
        free(p);
}

static void
shrunk_for_good(struct pdane_cert *c)
{
        pdane_cert_shrink(c);
        out_of_memory = true;
        assert_null(pdane_cert_x509(c));
}

static void
facts(void **state)
{
        struct pdane_cert *c = test_cert(&(struct test_spec){
                .cn = HOST, .dns = TEST_LIST(HOST), .bc = TEST_BC_FALSE, .key_id = true});
        struct pdane_cert *ca =
                test_cert(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});

        (void)state;
        assert_false(pdane_cert_publicly_issued(c));
        assert_true(pdane_cert_key_id_is_own(c));
        shrunk_for_good(c);
        assert_true(pdane_cert_publicly_issued(c));
        assert_false(pdane_cert_key_id_is_own(c));
        assert_true(pdane_cert_has_key_id(c));
        assert_false(pdane_cert_openssl_ca(c));
        assert_int_equal(pdane_offer_openssl(c, PDANE_VOUCHED_LEAF), PDANE_OPENSSL_NOTHING);
        out_of_memory = false;
        shrunk_for_good(ca);
        assert_false(pdane_cert_has_key_id(ca));
        assert_true(pdane_cert_openssl_ca(ca));
        out_of_memory = false;
        assert_false(pdane_cert_publicly_issued(c));
        assert_int_equal(pdane_offer_openssl(c, PDANE_VOUCHED_LEAF), PDANE_OPENSSL_LEAF);
        pdane_cert_unref(c);
        pdane_cert_unref(ca);
}

static void
no_anchor(void **state)
{
        struct pdane_cert *c = test_cert(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST)});
        struct pdane_cert *anchor = NULL;
        struct pdane_name name;

        (void)state;
        assert_true(pdane_cert_name(c, 0, &name));
        shrunk_for_good(c);
        assert_int_equal(pdane_anchor_new(c, &name, 1, TEST_NOW, TEST_NOW + 10, &anchor), -ENOMEM);
        assert_null(anchor);
        out_of_memory = false;
        pdane_cert_unref(c);
}

/* One link that cannot be read, whichever: the chain is none. */
static void
no_match(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));
        struct pdane_match m;

        (void)state;
        s->chain.certs[s->chain.n++] =
                test_cert(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        for (size_t i = 0; i < s->chain.n; i++) {
                shrunk_for_good(s->chain.certs[i]);
                assert_int_equal(pdane_match_chain(&s->chain, HOST, s->good, TEST_NOW, &m, NULL),
                                 0);
                assert_int_equal(m.reason, PDANE_REASON_CHAIN_ERROR);
                out_of_memory = false;
                assert_non_null(pdane_cert_x509(s->chain.certs[i]));
        }
        scene_free(s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(facts),
                cmocka_unit_test(no_anchor),
                cmocka_unit_test(no_match),
        };

        if (!CRYPTO_set_mem_functions(allocate, reallocate, release))
                return 1; /* something was allocated before */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
