/* SPDX-License-Identifier: BSD-3-Clause */
#include "certs.h"
#include "daemon/shelf.h"
#include "test.h"

static struct pdane_shelf shelf;
static struct pdane_bytes reserved;

static bool
dn_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        return pdane_bytes_equal(reserved, dn);
}

static const struct pdane_policy policy = {dn_reserved, NULL};

/* Adds evidence for the certificate with this serial; ca: below that authority. */
static struct pdane_evidence *
add(uint64_t serial, int64_t not_after, X509 *ca)
{
        struct test_spec spec = {.cn = "a.test",
                                 .dns = TEST_LIST("a.test"),
                                 .bc = TEST_BC_FALSE,
                                 .serial = serial,
                                 .signer = ca,
                                 .signer_key = ca ? test_key(1) : NULL};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = not_after};
        struct pdane_evidence *e = NULL;
        if (ca)
                d.authority = test_cert_take(X509_dup(ca));
        assert_int_equal(pdane_evidence_new("a.test", 443, leaf, &d, TEST_NOW, &e), 0);
        assert_int_equal(pdane_shelf_add(&shelf, e, TEST_NOW), 0);
        pdane_evidence_unref(e); /* the shelf has its own */
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
        return e;
}

/* As many as there are places; one more replaces what ends first. */
static void
places(void **state)
{
        (void)state;
        struct pdane_evidence *first_to_end = add(1, TEST_NOW + 10, NULL);
        for (unsigned i = 2; i <= PDANE_HOST_EVIDENCE_MAX; i++)
                add(i, TEST_NOW + 10 * i, NULL);
        assert_int_equal(pdane_store_count(shelf.store), PDANE_HOST_EVIDENCE_MAX);
        assert_true(pdane_shelf_knows(&shelf, first_to_end->leaf, TEST_NOW));
        assert_int_equal(pdane_shelf_left(&shelf, TEST_NOW), 10);
        struct pdane_cert *leaf = pdane_cert_ref(first_to_end->leaf);
        add(99, TEST_NOW + 500, NULL);
        assert_int_equal(pdane_store_count(shelf.store), PDANE_HOST_EVIDENCE_MAX);
        assert_false(pdane_shelf_knows(&shelf, leaf, TEST_NOW));
        pdane_cert_unref(leaf);
}

/* Evidence for a leaf that is there already, vouched for by ca this time, or by itself. */
static struct pdane_evidence *
again(const struct pdane_evidence *first, int64_t not_after, X509 *ca, int64_t now)
{
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = not_after};
        struct pdane_evidence *e = NULL;
        if (ca)
                d.authority = test_cert_take(X509_dup(ca));
        assert_int_equal(pdane_evidence_new("a.test", 443, first->leaf, &d, TEST_NOW, &e), 0);
        assert_int_equal(pdane_shelf_add(&shelf, e, now), 0);
        pdane_evidence_unref(e);
        pdane_decision_clear(&d);
        return e;
}

/* It stays as it is while it has time left; near its end the newer one supersedes it. */
static void
same_certificate_again(void **state)
{
        (void)state;
        struct pdane_evidence *first = add(1, TEST_NOW + 10, NULL);
        assert_non_null(pdane_store_anchor(shelf.store, first, TEST_NOW));
        again(first, TEST_NOW + 50, NULL, TEST_NOW);
        assert_int_equal(pdane_store_count(shelf.store), 1);
        assert_int_equal(pdane_shelf_left(&shelf, TEST_NOW), 10);
        again(first, TEST_NOW + 50, NULL, TEST_NOW + 10 - PDANE_RENEW_S);
        assert_int_equal(pdane_store_count(shelf.store), 2);
        assert_int_equal(pdane_shelf_left(&shelf, TEST_NOW), 50);
        struct pdane_cert *leaf = pdane_cert_ref(first->leaf);
        assert_true(pdane_shelf_drop_expired(&shelf, TEST_NOW + 50));
        assert_false(pdane_shelf_knows(&shelf, leaf, TEST_NOW));
        assert_int_equal(pdane_store_count(shelf.store), 0);
        pdane_cert_unref(leaf);
}

static void
superseded_runs_out(void **state)
{
        (void)state;
        struct pdane_evidence *first = add(1, TEST_NOW + 10, NULL);
        assert_non_null(pdane_store_anchor(shelf.store, first, TEST_NOW));
        again(first, TEST_NOW + 50, NULL, TEST_NOW + 9);
        assert_int_equal(pdane_store_count(shelf.store), 2);
        assert_false(pdane_shelf_drop_expired(&shelf, TEST_NOW + 10)); /* nothing that counts */
        assert_int_equal(pdane_store_count(shelf.store), 1);
}

/* Another one vouches for it now: what the first one's word made is gone at once. */
static void
same_certificate_by_another(void **state)
{
        X509 *ca = test_x509(
                &(struct test_spec){.cn = "Root", .bc = TEST_BC_TRUE, .key = test_key(1)});
        (void)state;
        struct pdane_evidence *first = add(1, TEST_NOW + 10, ca);
        struct pdane_cert *anchor =
                pdane_cert_ref(pdane_store_anchor(shelf.store, first, TEST_NOW));
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(anchor),
                                 .serial = pdane_cert_serial(anchor)};
        struct pdane_found f[2];
        assert_int_equal(pdane_store_find(shelf.store, &w, TEST_NOW, f, 2), 1);
        again(first, TEST_NOW + 50, NULL, TEST_NOW);
        assert_int_equal(pdane_store_count(shelf.store), 1);
        assert_int_equal(pdane_store_find(shelf.store, &w, TEST_NOW, f, 2), 0);
        pdane_cert_unref(anchor);
        X509_free(ca);
}

/* Nobody was shown an anchor of it: nothing of it need stay. */
static void
superseded_unseen(void **state)
{
        (void)state;
        struct pdane_evidence *first = add(1, TEST_NOW + 10, NULL);
        again(first, TEST_NOW + 50, NULL, TEST_NOW + 9);
        assert_int_equal(pdane_store_count(shelf.store), 1);
        assert_int_equal(pdane_shelf_left(&shelf, TEST_NOW), 50);
}

static void
runs_out(void **state)
{
        (void)state;
        add(1, TEST_NOW + 10, NULL);
        add(2, TEST_NOW + 20, NULL);
        assert_false(pdane_shelf_drop_expired(&shelf, TEST_NOW + 9));
        assert_true(pdane_shelf_drop_expired(&shelf, TEST_NOW + 10));
        assert_int_equal(pdane_store_count(shelf.store), 1);
        assert_true(pdane_shelf_is_valid(&shelf, TEST_NOW + 19));
        assert_false(pdane_shelf_is_valid(&shelf, TEST_NOW + 20));
        pdane_shelf_clear(&shelf);
        assert_int_equal(pdane_store_count(shelf.store), 0);
        assert_true(pdane_shelf_left(&shelf, TEST_NOW) == INT64_MAX);
}

/* A name came into the system's store: the leaf's, its issuer's, or that of an authority further
 * up. */
static void
reserved_names(void **state)
{
        X509 *root = test_x509(
                &(struct test_spec){.cn = "Root", .bc = TEST_BC_TRUE, .key = test_key(1)});
        X509 *other =
                test_x509(&(struct test_spec){.cn = "Top", .bc = TEST_BC_TRUE, .key = test_key(1)});
        (void)state;
        struct pdane_evidence *self = add(1, TEST_NOW + 10, NULL);
        assert_false(pdane_shelf_drop_reserved(&shelf, &policy));
        struct pdane_cert *kept = pdane_cert_ref(self->leaf);
        reserved = pdane_cert_subject(kept);
        assert_true(pdane_shelf_drop_reserved(&shelf, &policy));
        assert_int_equal(pdane_store_count(shelf.store), 0);
        pdane_cert_unref(kept);

        /* A leaf below Root whose evidence is by Top, as with an intermediate between them. */
        struct test_spec spec = {.cn = "a.test",
                                 .dns = TEST_LIST("a.test"),
                                 .signer = root,
                                 .signer_key = test_key(1)};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED,
                                   .not_after = TEST_NOW + 10,
                                   .authority = test_cert_take(other)};
        struct pdane_evidence *e = NULL;
        assert_int_equal(pdane_evidence_new("a.test", 443, leaf, &d, TEST_NOW, &e), 0);
        assert_int_equal(pdane_shelf_add(&shelf, e, TEST_NOW), 0);
        reserved = (struct pdane_bytes){NULL, 0};
        assert_false(pdane_shelf_drop_reserved(&shelf, &policy));
        reserved = pdane_cert_subject(d.authority);
        assert_true(pdane_shelf_drop_reserved(&shelf, &policy));
        pdane_evidence_unref(e);
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
        X509_free(root);
}

static int
setup(void **state)
{
        (void)state;
        reserved = (struct pdane_bytes){NULL, 0};
        memset(&shelf, 0, sizeof shelf);
        return pdane_store_new(&shelf.store);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_shelf_clear(&shelf);
        pdane_store_free(shelf.store);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(places),
                                           TEST(same_certificate_again),
                                           TEST(superseded_runs_out),
                                           TEST(superseded_unseen),
                                           TEST(same_certificate_by_another),
                                           TEST(runs_out),
                                           TEST(reserved_names)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
