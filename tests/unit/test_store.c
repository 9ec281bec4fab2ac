/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "certs.h"
#include "daemon/store.h"
#include "test.h"

static struct pdane_store *store;

static struct pdane_evidence *
evidence(const char *cn, uint64_t serial, int64_t not_after)
{
        struct test_spec spec = {
                .cn = cn, .dns = TEST_LIST(cn), .bc = TEST_BC_FALSE, .serial = serial};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = not_after};
        struct pdane_evidence *e = NULL;
        assert_int_equal(pdane_evidence_new(cn, 443, leaf, &d, TEST_NOW, &e), 0);
        assert_null(e->anchor); /* until somebody needs it */
        pdane_cert_unref(leaf);
        return e;
}

static size_t
find(const struct pdane_wanted *w, int64_t now, struct pdane_found *ret)
{
        return pdane_store_find(store, w, now, ret, 8);
}

static struct pdane_bytes
content(struct pdane_bytes der)
{
        return (struct pdane_bytes){der.data + 2, der.len - 2};
}

/* Only an accepted, unexpired decision makes evidence: everything else is refused here once more.
 */
static void
only_from_acceptance(void **state)
{
        struct test_spec spec = {.cn = "a.test", .dns = TEST_LIST("a.test")};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_evidence *e = NULL;
        (void)state;
        for (int r = PDANE_REASON_UNKNOWN; r <= PDANE_REASON_UNSUPPORTED; r++) {
                struct pdane_decision d = {.reason = (enum pdane_reason)r,
                                           .not_after = TEST_NOW + 100};
                int got = pdane_evidence_new("a.test", 443, leaf, &d, TEST_NOW, &e);
                assert_int_equal(got, r == PDANE_REASON_ACCEPTED ? 0 : -EPERM);
                if (got == 0)
                        pdane_evidence_unref(e);
        }
        struct pdane_decision late = {.reason = PDANE_REASON_ACCEPTED, .not_after = TEST_NOW};
        assert_int_equal(pdane_evidence_new("a.test", 443, leaf, &late, TEST_NOW, &e), -EPERM);
        pdane_cert_unref(leaf);
}

static void
found_every_way(void **state)
{
        struct pdane_found f[8];
        struct pdane_evidence *e = evidence("a.test", 0x1234, TEST_NOW + 100);
        (void)state;
        assert_int_equal(pdane_store_add(store, e), 0);
        assert_int_equal(pdane_store_add(store, e), -EEXIST);
        assert_int_equal(pdane_store_count(store), 1);

        struct pdane_wanted by_serial = {.issuer = pdane_cert_issuer(e->leaf),
                                         .serial = pdane_cert_serial(e->leaf)};
        assert_int_equal(find(&by_serial, TEST_NOW, f), 1);
        assert_ptr_equal(f[0].evidence, e);
        assert_false(f[0].anchor);
        by_serial.serial = content(by_serial.serial);
        assert_int_equal(find(&by_serial, TEST_NOW, f), 1);

        struct pdane_wanted by_subject = {.subject = pdane_cert_subject(e->leaf)};
        assert_int_equal(find(&by_subject, TEST_NOW, f), 2); /* leaf and anchor share it */
        assert_true(f[0].anchor != f[1].anchor);

        struct pdane_cert *made = pdane_store_anchor(store, e, TEST_NOW);
        assert_non_null(made);
        assert_ptr_equal(made, e->anchor);
        assert_ptr_equal(pdane_store_anchor(store, e, TEST_NOW + 99), made);
        assert_null(pdane_store_anchor(store, e, TEST_NOW + 100)); /* it has run out */
        assert_int_equal(find(&by_subject, TEST_NOW, f), 2);

        struct pdane_wanted anchor = {.issuer = pdane_cert_issuer(e->anchor),
                                      .serial = pdane_cert_serial(e->anchor)};
        assert_int_equal(find(&anchor, TEST_NOW, f), 1);
        assert_true(f[0].anchor);

        struct pdane_wanted by_value = {.value = pdane_cert_der(e->anchor)};
        assert_int_equal(find(&by_value, TEST_NOW, f), 1);
        assert_true(f[0].anchor);

        pdane_store_remove(store, e);
        pdane_store_remove(store, e);
        assert_int_equal(pdane_store_count(store), 0);
        assert_int_equal(find(&by_subject, TEST_NOW, f), 0);
        assert_int_equal(find(&anchor, TEST_NOW, f), 0);
        assert_int_equal(find(&by_value, TEST_NOW, f), 0);
        assert_null(pdane_store_anchor(store, e, TEST_NOW));
        pdane_evidence_unref(e);
}

static void
not_found(void **state)
{
        struct pdane_found f[8];
        struct pdane_evidence *e = evidence("a.test", 0x1234, TEST_NOW + 100);
        struct pdane_evidence *other = evidence("b.test", 0x1234, TEST_NOW + 100);
        struct pdane_wanted nothing = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
        (void)state;
        assert_int_equal(pdane_store_add(store, e), 0);
        assert_int_equal(find(&nothing, TEST_NOW, f), 0);
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(other->leaf),
                                 .serial = pdane_cert_serial(e->leaf)};
        assert_int_equal(find(&w, TEST_NOW, f), 0);
        w = (struct pdane_wanted){.issuer = pdane_cert_issuer(e->leaf)};
        assert_int_equal(find(&w, TEST_NOW, f), 0);
        w = (struct pdane_wanted){.serial = pdane_cert_serial(e->leaf)};
        assert_int_equal(find(&w, TEST_NOW, f), 0);
        w = (struct pdane_wanted){.value = pdane_cert_der(other->leaf)};
        assert_int_equal(find(&w, TEST_NOW, f), 0);
        /* One second before its end, and at its end. */
        w = (struct pdane_wanted){.subject = pdane_cert_subject(e->leaf)};
        assert_int_equal(find(&w, TEST_NOW + 99, f), 2);
        assert_int_equal(find(&w, TEST_NOW + 100, f), 0);
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
        pdane_evidence_unref(other);
}

/* Two pieces of evidence with one subject, issuer and serial: both are found, and one can go alone.
 */
static void
shared_keys(void **state)
{
        struct pdane_found f[8];
        struct pdane_evidence *a = evidence("a.test", 7, TEST_NOW + 100),
                              *b = evidence("a.test", 7, TEST_NOW + 200);
        struct pdane_wanted w = {.issuer = pdane_cert_issuer(a->leaf),
                                 .serial = pdane_cert_serial(a->leaf)};
        (void)state;
        assert_int_equal(pdane_store_add(store, a), 0);
        assert_int_equal(pdane_store_add(store, b), 0);
        assert_int_equal(find(&w, TEST_NOW, f), 2);
        assert_int_equal(pdane_store_find(store, &w, TEST_NOW, f, 1), 1);
        pdane_store_remove(store, a);
        assert_int_equal(find(&w, TEST_NOW, f), 1);
        assert_ptr_equal(f[0].evidence, b);
        pdane_store_remove(store, b);
        pdane_evidence_unref(a);
        pdane_evidence_unref(b);
}

static void
count_key(void *arg, const struct pdane_store_key *key)
{
        size_t *n = arg;
        assert_non_null(key->dn.data);
        (*n)++;
}

#define MANY 1500u

/* Found by serial exactly when it is there; and each certificate is counted once for every key. */
static void
check_many(struct pdane_evidence *const *e, const bool *there)
{
        size_t n = 0, anchors = 0, keys = 0;
        for (unsigned i = 0; i < MANY; i++) {
                struct pdane_found f[8];
                struct pdane_wanted w = {.issuer = pdane_cert_issuer(e[i]->leaf),
                                         .serial = pdane_cert_serial(e[i]->leaf)};
                assert_int_equal(find(&w, TEST_NOW, f), there[i]);
                if (there[i])
                        assert_ptr_equal(f[0].evidence, e[i]);
                n += there[i];
                anchors += there[i] && e[i]->anchor;
        }
        assert_int_equal(pdane_store_count(store), n);
        pdane_store_each_key(store, count_key, &keys);
        assert_int_equal(keys, 3 * n + anchors);
}

/* The table grows by and by: at every stage all that is there is found, and nothing else. Many have
 * one subject, and whoever asks for that gets as many as there is room for. */
static void
many(void **state)
{
        static struct pdane_evidence *e[MANY];
        static bool there[MANY];
        struct pdane_found f[8];
        (void)state;
        for (unsigned i = 0; i < MANY; i++) {
                char cn[32];
                snprintf(cn, sizeof cn, i % 3 ? "g%u.test" : "one-of-%u.test", i % 3 ? i : i % 90);
                e[i] = evidence(cn, 1000 + i, TEST_NOW + 100);
        }
        for (unsigned i = 0; i < MANY; i++) {
                assert_int_equal(pdane_store_add(store, e[i]), 0);
                there[i] = true;
                if (i % 4 == 0)
                        assert_non_null(pdane_store_anchor(store, e[i], TEST_NOW));
                if (i % 127 == 0 || (i > 500 && i < 520))
                        check_many(e, there);
                if (i % 5 == 4) {
                        pdane_store_remove(store, e[i - 4]); /* early ones, and the first of one */
                        there[i - 4] = false;
                }
        }
        check_many(e, there);
        struct pdane_wanted w = {.subject = pdane_cert_subject(e[3]->leaf)};
        assert_int_equal(find(&w, TEST_NOW, f), 8);
        for (unsigned i = MANY; i-- > 0;) {
                if (i % 2)
                        pdane_store_remove(store, e[i]);
                there[i] = there[i] && i % 2 == 0;
        }
        check_many(e, there);
        for (unsigned i = MANY; i-- > 0;) {
                pdane_store_remove(store, e[i]);
                there[i] = false;
                if (i % 300 == 0)
                        check_many(e, there);
        }
        check_many(e, there);
        assert_int_equal(find(&w, TEST_NOW, f), 0);
        for (unsigned i = 0; i < MANY; i++)
                pdane_evidence_unref(e[i]);
}

static void
anchor_is_bounded(void **state)
{
        struct pdane_evidence *e = evidence("a.test", 7, TEST_NOW + 100);
        (void)state;
        const char *text;
        assert_null(pdane_store_anchor(store, e, TEST_NOW)); /* it is not in the store */
        assert_int_equal(pdane_store_add(store, e), 0);
        assert_non_null(pdane_store_anchor(store, e, TEST_NOW + 50));
        assert_int_equal(pdane_cert_not_after(e->anchor), TEST_NOW + 100);
        assert_int_equal(pdane_cert_n_names(e->anchor), 0); /* the leaf's are kept once */
        assert_int_equal(pdane_cert_names_reason(e->anchor, &text), PDANE_REASON_NO_NAMES);
        assert_true(pdane_bytes_equal(pdane_cert_subject(e->anchor), pdane_cert_subject(e->leaf)));
        assert_true(pdane_bytes_equal(pdane_cert_spki(e->anchor), pdane_cert_spki(e->leaf)));
        assert_false(pdane_serial_equal(pdane_cert_serial(e->anchor), pdane_cert_serial(e->leaf)));
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
}

static int
setup(void **state)
{
        (void)state;
        return pdane_store_new(&store);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_store_free(store);
        return 0;
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(only_from_acceptance, setup, teardown),
                cmocka_unit_test_setup_teardown(found_every_way, setup, teardown),
                cmocka_unit_test_setup_teardown(not_found, setup, teardown),
                cmocka_unit_test_setup_teardown(shared_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(many, setup, teardown),
                cmocka_unit_test_setup_teardown(anchor_is_bounded, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
