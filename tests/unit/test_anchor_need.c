/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An anchor is made when somebody is first offered it, is the same from then on, and is known to
 * the store and to those who follow its keys before the answer is there. Where it cannot be made,
 * less is offered. Nor is a leaf's own signature verified before something depends on it.
 * ASN1_BIT_STRING_set and X509_self_signed are ours here: they count, and the former fails when it
 * is told to.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include "certs.h"
#include "daemon/answer.h"
#include "daemon/certdir.h"
#include "daemon/shelf.h"
#include "fake_clock.h"
#include "test.h"

static struct pdane_store *store;
static struct pdane_merger *merger;
static X509 *ca;
static unsigned n_signed, n_verified;
static bool fail;

/* Of what it needs for its signature an anchor takes this last. */
int
ASN1_BIT_STRING_set(ASN1_BIT_STRING *bits, unsigned char *octets, int len)
{
        static int (*real)(ASN1_BIT_STRING *, unsigned char *, int);
        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "ASN1_BIT_STRING_set");
        assert_non_null(real);
        n_signed++;
        return fail ? 0 : real(bits, octets, len);
}

int
X509_self_signed(X509 *x, int verify)
{
        static int (*real)(X509 *, int);
        if (!real)
                *(void **)&real = dlsym(RTLD_NEXT, "X509_self_signed");
        assert_non_null(real);
        n_verified++;
        return real(x, verify);
}

enum whose { SELF, AUTHORITY, BOTH };

static struct pdane_evidence *
evidence(const char *host, enum test_bc bc, enum whose whose)
{
        struct test_spec spec = {.cn = "same",
                                 .dns = TEST_LIST(host),
                                 .bc = bc,
                                 .key_id = true,
                                 .serial = 0x4711,
                                 .signer = whose == SELF ? NULL : ca,
                                 .signer_key = whose == SELF ? NULL : test_key(1)};
        bool failing = fail;
        fail = false;
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED,
                                   .not_after = TEST_NOW + 100,
                                   .leaf_too = whose == BOTH};
        struct pdane_evidence *e = NULL;
        if (whose != SELF)
                d.authority = test_cert_take(X509_dup(ca));
        n_signed = n_verified = 0;
        assert_int_equal(pdane_evidence_new(host, 443, leaf, &d, TEST_NOW, &e), 0);
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
        fail = failing;
        return e;
}

static struct pdane_evidence *
keep(enum test_bc bc, enum whose whose)
{
        struct pdane_evidence *e = evidence("a.test", bc, whose);
        assert_int_equal(pdane_store_add(store, e), 0);
        return e;
}

static void
drop(struct pdane_evidence *e)
{
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
}

static struct pdane_answer_set set;

static size_t
ask(const struct pdane_question *q)
{
        pdane_answer_build(store, merger, q, true, TEST_NOW, &set);
        return set.answer.n_items;
}

static size_t
by_subject(enum pdane_client client, const struct pdane_evidence *e)
{
        return ask(&(struct pdane_question){
                .client = client, .subject = pdane_cert_subject(pdane_evidence_signer(e))});
}

static size_t
by_serial(enum pdane_client client, const struct pdane_cert *c)
{
        return ask(&(struct pdane_question){
                .client = client, .issuer = pdane_cert_issuer(c), .serial = pdane_cert_serial(c)});
}

/* ---- when ---- */

/* Firefox and NSS are told of such a leaf itself, whatever they ask with. */
static void
not_for_those_who_get_none(void **state)
{
        struct pdane_evidence *e = keep(TEST_BC_FALSE, SELF);
        (void)state;
        for (int c = PDANE_CLIENT_MOZPKIX; c <= PDANE_CLIENT_LAST; c++)
                assert_int_equal(by_serial((enum pdane_client)c, e->leaf), 1);
        assert_int_equal(by_subject(PDANE_CLIENT_MOZPKIX, e), 1);
        assert_int_equal(by_subject(PDANE_CLIENT_NSS, e), 1);
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 1); /* the leaf, as it is CA:FALSE */
        assert_int_equal(n_signed, 0);
        assert_null(e->anchor);
        drop(e);
}

/* Once, whoever asks and however often. */
static void
once(void **state)
{
        struct pdane_evidence *e = keep(TEST_BC_TRUE, SELF);
        (void)state;
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 1);
        assert_int_equal(n_signed, 1);
        struct pdane_cert *anchor = e->anchor;
        assert_non_null(anchor);
        assert_ptr_equal(set.answer.items[0].value.data, pdane_cert_der(anchor).data);
        assert_int_equal(by_subject(PDANE_CLIENT_CHROMIUM, e), 2);
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 1);
        assert_ptr_equal(set.answer.items[0].value.data, pdane_cert_der(anchor).data);
        assert_int_equal(by_serial(PDANE_CLIENT_GNUTLS, anchor), 1);
        assert_int_equal(ask(&(struct pdane_question){.client = PDANE_CLIENT_CHROMIUM,
                                                      .value = pdane_cert_der(anchor)}),
                         1);
        assert_int_equal(n_signed, 1);
        drop(e);
}

/* The leaf's serial finds no anchor: nobody knows an anchor's before it is made. */
static void
serial_of_the_leaf(void **state)
{
        struct pdane_evidence *e = keep(TEST_BC_TRUE, SELF);
        struct pdane_found f[4];
        const struct pdane_wanted w = {.issuer = pdane_cert_issuer(e->leaf),
                                       .serial = pdane_cert_serial(e->leaf),
                                       .value = pdane_cert_der(e->leaf)};
        (void)state;
        assert_int_equal(pdane_store_find(store, &w, TEST_NOW, f, 4), 1);
        assert_false(f[0].anchor);
        drop(e);
}

/* One subject, many certificates: no more are made than an answer has room for. */
static void
no_more_than_fit(void **state)
{
        enum { MANY = 4 * PDANE_ANSWER_MAX_ITEMS };
        struct pdane_evidence *all[MANY];
        char host[32];
        (void)state;
        for (unsigned i = 0; i < MANY; i++) {
                snprintf(host, sizeof host, "host%u.test", i);
                all[i] = evidence(host, TEST_BC_TRUE, SELF);
                assert_int_equal(pdane_store_add(store, all[i]), 0);
        }
        n_signed = 0;
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, all[0]), PDANE_ANSWER_MAX_ITEMS);
        assert_int_equal(n_signed, PDANE_ANSWER_MAX_ITEMS);
        for (unsigned i = 0; i < MANY; i++)
                drop(all[i]);
}

/* Only Chromium is offered another thing for a CA:FALSE leaf when it is self-signed. */
static void
own_signature(void **state)
{
        struct pdane_evidence *e = keep(TEST_BC_FALSE, SELF);
        (void)state;
        assert_int_equal(by_serial(PDANE_CLIENT_MOZPKIX, e->leaf), 1);
        assert_int_equal(by_serial(PDANE_CLIENT_NSS, e->leaf), 1);
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 1);
        assert_int_equal(pdane_offer_openssl(e->leaf, PDANE_VOUCHED_LEAF), PDANE_OPENSSL_LEAF);
        assert_int_equal(n_verified, 0);
        pdane_cert_shrink(e->leaf);
        assert_int_equal(by_subject(PDANE_CLIENT_CHROMIUM, e), 2);
        assert_int_equal(by_subject(PDANE_CLIENT_CHROMIUM, e), 2);
        assert_int_equal(n_verified, 1);
        drop(e);
        e = keep(TEST_BC_TRUE, SELF);
        assert_int_equal(by_serial(PDANE_CLIENT_NSS, e->leaf), 1);
        assert_int_equal(by_serial(PDANE_CLIENT_MOZPKIX, e->leaf), 0);
        assert_int_equal(n_verified, 1);
        drop(e);
}

/* ---- who follows ---- */

static struct {
        int by_serial, by_subject;
        uint8_t last[PDANE_SERIAL_MAX];
        size_t last_len;
} keys;

static void
on_key(void *arg, const struct pdane_store_key *key, bool added)
{
        (void)arg;
        if (!key->by_serial) {
                keys.by_subject += added ? 1 : -1;
                return;
        }
        keys.by_serial += added ? 1 : -1;
        memcpy(keys.last, key->serial.data, key->serial.len);
        keys.last_len = key->serial.len;
}

/* Whoever is shown the anchor asks the table about it next. */
static void
followers_know(void **state)
{
        (void)state;
        pdane_store_follow_keys(store, on_key, NULL);
        struct pdane_evidence *e = keep(TEST_BC_TRUE, SELF);
        assert_int_equal(keys.by_serial, 1);
        assert_int_equal(keys.by_subject, 2);
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 1);
        assert_int_equal(keys.by_serial, 2);
        assert_int_equal(keys.by_subject, 2);
        const struct pdane_bytes serial = pdane_cert_serial(e->anchor);
        assert_int_equal(keys.last_len + 2, serial.len);
        assert_memory_equal(keys.last, serial.data + 2, keys.last_len);
        pdane_store_remove(store, e);
        assert_int_equal(keys.by_serial, 0);
        assert_int_equal(keys.by_subject, 0);
        assert_int_equal(pdane_store_add(store, e), 0); /* with an anchor, as a merged one has it */
        assert_int_equal(keys.by_serial, 2);
        assert_int_equal(keys.by_subject, 2);
        drop(e);
        assert_int_equal(keys.by_serial, 0);
        assert_int_equal(keys.by_subject, 0);
}

/* ---- where none can be made ---- */

/* What needs none is offered; it is not tried twice, and no answer flips to a yes. */
static void
fails_for_a_leaf(void **state)
{
        (void)state;
        pdane_store_follow_keys(store, on_key, NULL);
        struct pdane_evidence *e = keep(TEST_BC_TRUE, SELF);
        fail = true;
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 0);
        assert_int_equal(n_signed, 1);
        fail = false;
        assert_int_equal(by_subject(PDANE_CLIENT_GNUTLS, e), 0);
        assert_int_equal(by_subject(PDANE_CLIENT_CHROMIUM, e), 1); /* the leaf, as a peer */
        assert_int_equal(set.answer.items[0].trust, PDANE_TRUST_PEER);
        assert_int_equal(by_serial(PDANE_CLIENT_NSS, e->leaf), 1);
        assert_int_equal(n_signed, 1);
        assert_null(pdane_store_anchor(store, e, TEST_NOW));
        assert_int_equal(keys.by_subject, 1);
        drop(e);
        assert_int_equal(keys.by_serial, 0);
        assert_int_equal(keys.by_subject, 0);
}

/* It is the authority that is vouched for: without an anchor there is nothing, for nobody. */
static void
fails_for_an_authority(void **state)
{
        (void)state;
        pdane_store_follow_keys(store, on_key, NULL);
        struct pdane_evidence *e = keep(TEST_BC_FALSE, AUTHORITY);
        fail = true;
        /* Leaf and anchor in one question. */
        assert_int_equal(ask(&(struct pdane_question){.client = PDANE_CLIENT_NSS,
                                                      .issuer = pdane_cert_issuer(e->leaf),
                                                      .serial = pdane_cert_serial(e->leaf),
                                                      .subject = pdane_cert_issuer(e->leaf)}),
                         0);
        fail = false;
        assert_false(pdane_evidence_holds(e, TEST_NOW));
        for (int c = PDANE_CLIENT_MOZPKIX; c <= PDANE_CLIENT_LAST; c++) {
                assert_int_equal(by_serial((enum pdane_client)c, e->leaf), 0);
                assert_int_equal(by_subject((enum pdane_client)c, e), 0);
        }
        assert_int_equal(n_signed, 1);
        drop(e);
        assert_int_equal(keys.by_serial, 0);
        assert_int_equal(keys.by_subject, 0);
}

/* Both are: the leaf is left, and stands as if it alone had been vouched for. */
static void
fails_for_both(void **state)
{
        (void)state;
        pdane_store_follow_keys(store, on_key, NULL);
        struct pdane_evidence *e = keep(TEST_BC_FALSE, BOTH);
        assert_int_equal(pdane_evidence_vouched(e), PDANE_VOUCHED_BOTH);
        fail = true;
        assert_null(pdane_store_anchor(store, e, TEST_NOW));
        fail = false;
        assert_int_equal(pdane_evidence_vouched(e), PDANE_VOUCHED_LEAF);
        assert_int_equal(by_serial(PDANE_CLIENT_MOZPKIX, e->leaf), 1);
        assert_int_equal(ask(&(struct pdane_question){.client = PDANE_CLIENT_NSS,
                                                      .subject = pdane_cert_issuer(e->leaf)}),
                         0);
        assert_int_equal(n_signed, 1);
        drop(e);
        assert_int_equal(keys.by_serial, 0);
        assert_int_equal(keys.by_subject, 0);
}

/* The next lookup's evidence takes the place of what could not be used, as soon as it is there. */
static void
replaced_after_failure(void **state)
{
        struct pdane_shelf shelf = {.store = store};
        struct pdane_evidence *a = evidence("a.test", TEST_BC_FALSE, AUTHORITY), *b = NULL;
        (void)state;
        assert_int_equal(pdane_shelf_add(&shelf, a, TEST_NOW), 0);
        fail = true;
        assert_null(pdane_store_anchor(store, a, TEST_NOW));
        fail = false;
        assert_false(pdane_shelf_knows(&shelf, a->leaf, TEST_NOW));
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = TEST_NOW + 100};
        d.authority = test_cert_take(X509_dup(ca));
        assert_int_equal(pdane_evidence_new("a.test", 443, a->leaf, &d, TEST_NOW, &b), 0);
        assert_int_equal(pdane_shelf_add(&shelf, b, TEST_NOW), 0);
        assert_ptr_equal(shelf.places[0], b);
        assert_int_equal(pdane_store_count(store), 1);
        assert_int_equal(by_subject(PDANE_CLIENT_MOZPKIX, b), 1);
        pdane_shelf_clear(&shelf);
        pdane_decision_clear(&d);
        pdane_evidence_unref(a);
        pdane_evidence_unref(b);
}

/* ---- the directory ---- */

static char dir[] = "/tmp/pdane-test-anchor-XXXXXX";

static size_t
files(void)
{
        size_t n = 0;
        DIR *d = opendir(dir);
        assert_non_null(d);
        for (struct dirent *f; (f = readdir(d));)
                n += f->d_name[0] != '.';
        closedir(d);
        return n;
}

/* OpenSSL reads files: what is for it must be there when the evidence is. */
static void
directory(void **state)
{
        struct pdane_certdir *certs = NULL;
        char *error = NULL;
        (void)state;
        assert_int_equal(pdane_certdir_new(dir, store, merger, &certs, &error), 0);
        struct pdane_evidence *e = keep(TEST_BC_FALSE, SELF);
        assert_int_equal(n_signed, 0);
        assert_int_equal(files(), 1);
        drop(e);
        e = keep(TEST_BC_FALSE, AUTHORITY);
        assert_non_null(e->anchor);
        assert_int_equal(files(), 1);
        drop(e);
        fail = true;
        e = keep(TEST_BC_FALSE, AUTHORITY);
        assert_int_equal(files(), 0);
        drop(e);
        e = keep(TEST_BC_FALSE, BOTH); /* the leaf in the anchor's place */
        assert_int_equal(files(), 1);
        assert_int_equal(pdane_evidence_vouched(e), PDANE_VOUCHED_LEAF);
        drop(e);
        fail = false;
        assert_int_equal(files(), 0);
        pdane_certdir_free(certs);
}

static int
setup(void **state)
{
        (void)state;
        fake_clock_set(TEST_NOW);
        fail = false;
        memset(&keys, 0, sizeof keys);
        ca = test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        return pdane_store_new(&store) < 0 || pdane_merger_new(store, &merger) < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
        (void)state;
        pdane_merger_free(merger);
        pdane_store_free(store);
        X509_free(ca);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(not_for_those_who_get_none),
                                           TEST(once),
                                           TEST(serial_of_the_leaf),
                                           TEST(no_more_than_fit),
                                           TEST(own_signature),
                                           TEST(followers_know),
                                           TEST(fails_for_a_leaf),
                                           TEST(fails_for_an_authority),
                                           TEST(fails_for_both),
                                           TEST(replaced_after_failure),
                                           TEST(directory)};
        if (!mkdtemp(dir))
                return 1;
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        rmdir(dir);
        return failed;
}
