/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <errno.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs.h"
#include "daemon/certdir.h"
#include "fake_clock.h"
#include "test.h"

static char dir[] = "/tmp/pdane-test-certdir-XXXXXX";
static struct pdane_store *store;
static struct pdane_merger *merger;
static struct pdane_certdir *certs;

static struct pdane_evidence *
evidence(const char *host, const char *cn, enum test_bc bc, X509 *ca, int64_t not_after)
{
        struct test_spec spec = {.cn = cn,
                                 .key_id = true,
                                 .dns = TEST_LIST(host),
                                 .bc = bc,
                                 .serial = (uint64_t)not_after,
                                 .signer = ca,
                                 .signer_key = ca ? test_key(1) : NULL};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED, .not_after = not_after};
        struct pdane_evidence *e = NULL;
        if (ca)
                d.authority = test_cert_take(X509_dup(ca));
        assert_int_equal(pdane_evidence_new(host, 443, leaf, &d, TEST_NOW, &e), 0);
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
        return e;
}

static void
add(struct pdane_evidence *e)
{
        assert_int_equal(pdane_store_add(store, e), 0);
}

static void
drop(struct pdane_evidence *e)
{
        pdane_store_remove(store, e);
        pdane_evidence_unref(e);
}

static size_t
count_files(void)
{
        size_t n = 0;
        DIR *d = opendir(dir);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));)
                n += e->d_name[0] != '.' || strcmp(e->d_name, ".new") == 0;
        closedir(d);
        return n;
}

/* The certificate in HASH.n for this subject, or NULL. */
static X509 *
load(const struct pdane_cert *c, unsigned n)
{
        char path[128];
        snprintf(path, sizeof path, "%s/%08lx.%u", dir, X509_subject_name_hash(pdane_cert_x509(c)),
                 n);
        FILE *f = fopen(path, "r");
        X509 *x = f ? PEM_read_X509_AUX(f, NULL, NULL, NULL) : NULL;
        if (f)
                fclose(f);
        return x;
}

static bool
holds(const struct pdane_cert *c, unsigned n)
{
        X509 *x = load(c, n);
        bool same = x && X509_cmp(x, pdane_cert_x509(c)) == 0;
        X509_free(x);
        return same;
}

static void
visit(const char *host)
{
        struct pdane_name name;
        assert_int_equal(pdane_name_parse(host, strlen(host), &name), 0);
        pdane_certdir_visit(certs, &name);
}

/* Programs that take all that SSL_CERT_DIR names for authorities look for CERTIFICATE. */
static void
only_openssl_reads_them(void **state)
{
        struct pdane_evidence *e =
                evidence("a.test", "a.test", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        char path[128], line[64] = "";
        (void)state;
        add(e);
        snprintf(path, sizeof path, "%s/%08lx.0", dir,
                 X509_subject_name_hash(pdane_cert_x509(e->leaf)));
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof line, f));
        fclose(f);
        assert_string_equal(line, "-----BEGIN TRUSTED CERTIFICATE-----\n");
        X509 *x = load(e->leaf, 0);
        assert_int_equal(X509_check_trust(x, X509_TRUST_SSL_SERVER, 0), X509_TRUST_TRUSTED);
        assert_int_equal(X509_check_trust(x, X509_TRUST_SSL_CLIENT, 0), X509_TRUST_REJECTED);
        assert_int_equal(X509_check_trust(x, X509_TRUST_EMAIL, 0), X509_TRUST_REJECTED);
        X509_free(x);
        drop(e);
}

static void
comes_and_goes(void **state)
{
        struct pdane_evidence *e =
                evidence("a.test", "a.test", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        char path[128];
        struct stat st;
        (void)state;
        add(e);
        assert_true(holds(e->leaf, 0));
        assert_int_equal(count_files(), 1);
        snprintf(path, sizeof path, "%s/%08lx.0", dir,
                 X509_subject_name_hash(pdane_cert_x509(e->leaf)));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0644);
        drop(e);
        assert_int_equal(count_files(), 0);
}

/* What OpenSSL would take for a CA never lies there. */
static void
never_a_ca(void **state)
{
        struct pdane_evidence *e = evidence("a.test", "a.test", TEST_BC_TRUE, NULL, TEST_NOW + 100);
        (void)state;
        add(e);
        assert_int_equal(count_files(), 0);
        drop(e);
}

/* N counts without a gap, whichever goes first. */
static void
one_subject_twice(void **state)
{
        struct pdane_evidence *a = evidence("a.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        struct pdane_evidence *b = evidence("b.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 200);
        (void)state;
        add(a);
        add(b);
        assert_int_equal(count_files(), 2);
        assert_true(holds(a->leaf, 0) != holds(b->leaf, 0));
        assert_true(holds(a->leaf, 1) != holds(b->leaf, 1));
        drop(a);
        assert_int_equal(count_files(), 1);
        assert_true(holds(b->leaf, 0));
        drop(b);
        assert_int_equal(count_files(), 0);
}

/* OpenSSL hashes names without regard to case: two subjects, one row of files. */
static void
one_hash_two_subjects(void **state)
{
        struct pdane_evidence *a = evidence("a.test", "Same", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        struct pdane_evidence *b = evidence("b.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 200);
        (void)state;
        for (int again = 0; again < 2; again++) {
                add(a);
                add(b);
                assert_int_equal(count_files(), 2);
                visit("a.test");
                assert_true(holds(a->leaf, 0));
                assert_true(holds(b->leaf, 1));
                visit("b.test");
                assert_true(holds(b->leaf, 0));
                assert_true(holds(a->leaf, 1));
                pdane_store_remove(store, a);
                assert_int_equal(count_files(), 1);
                assert_true(holds(b->leaf, 0));
                pdane_store_remove(store, b);
                assert_int_equal(count_files(), 0);
        }
        pdane_evidence_unref(a);
        pdane_evidence_unref(b);
}

static void
authority(void **state)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct pdane_evidence *a = evidence("a.test", "a", TEST_BC_FALSE, ca, TEST_NOW + 100);
        struct pdane_evidence *b = evidence("b.test", "b", TEST_BC_FALSE, ca, TEST_NOW + 200);
        (void)state;
        add(a);
        assert_true(holds(a->anchor, 0));
        add(b);
        assert_int_equal(count_files(), 1); /* one for both: OpenSSL tries one issuer */
        assert_false(holds(a->anchor, 0));
        X509 *merged = load(a->anchor, 0);
        assert_int_equal(X509_NAME_cmp(X509_get_subject_name(merged), X509_get_subject_name(ca)),
                         0);
        assert_int_not_equal(X509_cmp(merged, ca), 0);
        X509_free(merged);
        drop(a);
        assert_int_equal(count_files(), 1);
        assert_true(holds(b->anchor, 0));
        drop(b);
        assert_int_equal(count_files(), 0);
        X509_free(ca);
}

/* Leaf and authority both vouched for: the anchor, which programs without partial chains take too.
 */
static void
authority_too(void **state)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct test_spec spec = {.cn = "a",
                                 .dns = TEST_LIST("a.test"),
                                 .bc = TEST_BC_FALSE,
                                 .signer = ca,
                                 .signer_key = test_key(1)};
        struct pdane_cert *leaf = test_cert(&spec);
        struct pdane_decision d = {.reason = PDANE_REASON_ACCEPTED,
                                   .not_after = TEST_NOW + 100,
                                   .authority = test_cert_take(ca),
                                   .leaf_too = true};
        struct pdane_evidence *e = NULL;
        (void)state;
        assert_int_equal(pdane_evidence_new("a.test", 443, leaf, &d, TEST_NOW, &e), 0);
        add(e);
        assert_int_equal(count_files(), 1);
        assert_true(holds(e->anchor, 0));
        drop(e);
        assert_int_equal(count_files(), 0);
        pdane_decision_clear(&d);
        pdane_cert_unref(leaf);
}

/* A subject that names a host is first of all that host's, whoever came or was visited last. */
static void
imitated(void **state)
{
        X509 *ca = test_x509(
                &(struct test_spec){.cn = "a.test", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct pdane_evidence *a =
                evidence("a.test", "a.test", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        struct pdane_evidence *evil =
                evidence("evil.test", "evil.test", TEST_BC_FALSE, ca, TEST_NOW + 200);
        (void)state;
        add(evil);
        assert_true(holds(evil->anchor, 0));
        add(a);
        assert_true(holds(a->leaf, 0));
        assert_true(holds(evil->anchor, 1));
        visit("evil.test");
        assert_true(holds(a->leaf, 0));
        assert_true(holds(evil->anchor, 1));
        pdane_store_remove(store, evil);
        add(evil);
        assert_true(holds(a->leaf, 0));
        drop(a);
        assert_true(holds(evil->anchor, 0));
        assert_int_equal(count_files(), 1);
        drop(evil);
        X509_free(ca);
}

/* One subject that names nobody: the host that is about to be visited comes first. */
static void
visited(void **state)
{
        struct pdane_evidence *of[3] = {
                evidence("a.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 100),
                evidence("b.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 200),
                evidence("c.test", "same", TEST_BC_FALSE, NULL, TEST_NOW + 300)};
        static const char *const hosts[] = {"a.test", "b.test", "c.test"};
        (void)state;
        for (size_t i = 0; i < 3; i++)
                add(of[i]);
        for (size_t i = 0; i < 6; i++) {
                visit(hosts[i % 3]);
                assert_true(holds(of[i % 3]->leaf, 0));
                assert_int_equal(count_files(), 3);
        }
        visit("unknown.test");
        assert_int_equal(count_files(), 3);
        for (size_t i = 0; i < 3; i++)
                drop(of[i]);
        visit("a.test");
        assert_int_equal(count_files(), 0);
}

/* Subjects of their own and one that many share: at each step a file for each, and none too many.
 */
static void
many(void **state)
{
        enum { MANY = 90 };
        static struct pdane_evidence *all[MANY];
        char host[32];
        (void)state;
        for (unsigned i = 0; i < MANY; i++) {
                snprintf(host, sizeof host, "host%u.test", i);
                all[i] = evidence(host, i % 3 ? host : "same", TEST_BC_FALSE, NULL,
                                  TEST_NOW + 100 + i);
                add(all[i]);
                assert_int_equal(count_files(), i + 1);
        }
        visit("host33.test");
        assert_true(holds(all[33]->leaf, 0));
        for (unsigned i = 0; i < MANY; i++) {
                unsigned at = (i * 7) % MANY; /* in no order */
                assert_true(at % 3 == 0 || holds(all[at]->leaf, 0));
                drop(all[at]);
                assert_int_equal(count_files(), MANY - i - 1);
        }
}

static void
leftovers(void **state)
{
        enum { OURS = 3, ALL = 12 };
        static const char *const names[ALL] = {"0123abcd.0",   "0123abcd.12", ".new",
                                               "0123abcd.pem", "0123ABCD.0",  "README",
                                               "0123abcd",     "0123abcd.",   "0123abc.0",
                                               "0123abcde.0",  "0123abcg.0",  "0123abcd.0x"};
        struct pdane_certdir *again = NULL;
        char path[128], *error = NULL;
        (void)state;
        pdane_certdir_free(certs);
        for (size_t i = 0; i < ALL; i++) {
                snprintf(path, sizeof path, "%s/%s", dir, names[i]);
                fclose(fopen(path, "w"));
        }
        assert_int_equal(pdane_certdir_new(dir, store, merger, &again, &error), 0);
        assert_int_equal(count_files(), ALL - OURS); /* others' files stay */
        certs = again;
        for (size_t i = OURS; i < ALL; i++) {
                snprintf(path, sizeof path, "%s/%s", dir, names[i]);
                unlink(path);
        }
}

static void
at_the_end_nothing_remains(void **state)
{
        struct pdane_evidence *e =
                evidence("a.test", "a.test", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        (void)state;
        add(e);
        pdane_certdir_free(certs);
        certs = NULL;
        assert_int_equal(count_files(), 0);
        drop(e);
        pdane_certdir_free(NULL);
}

/* Ended by a library's exit(), without a word to us. */
static void
nothing_remains_after_exit(void **state)
{
        struct pdane_evidence *e =
                evidence("a.test", "a.test", TEST_BC_FALSE, NULL, TEST_NOW + 100);
        int status = 0;
        (void)state;
        add(e);
        assert_int_equal(count_files(), 1);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                close(STDERR_FILENO); /* what a sanitizer says of memory that nobody freed */
                exit(1);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(count_files(), 0);
        drop(e);
}

static void
no_directory(void **state)
{
        struct pdane_certdir *d = NULL;
        char *error = NULL;
        (void)state;
        assert_int_equal(pdane_certdir_new("/nonexistent/certs", store, merger, &d, &error),
                         -ENOENT);
        assert_non_null(strstr(error, "/nonexistent/certs"));
        free(error);
}

static int
setup(void **state)
{
        char *error = NULL;
        (void)state;
        fake_clock_set(TEST_NOW);
        return pdane_store_new(&store) < 0 || pdane_merger_new(store, &merger) < 0 ||
                               pdane_certdir_new(dir, store, merger, &certs, &error) < 0
                       ? -1
                       : 0;
}

static int
teardown(void **state)
{
        (void)state;
        pdane_certdir_free(certs);
        pdane_merger_free(merger);
        pdane_store_free(store);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(comes_and_goes),
                                           TEST(only_openssl_reads_them),
                                           TEST(never_a_ca),
                                           TEST(one_subject_twice),
                                           TEST(one_hash_two_subjects),
                                           TEST(authority),
                                           TEST(authority_too),
                                           TEST(imitated),
                                           TEST(visited),
                                           TEST(many),
                                           TEST(leftovers),
                                           TEST(at_the_end_nothing_remains),
                                           TEST(nothing_remains_after_exit),
                                           TEST(no_directory)};
        if (!mkdtemp(dir))
                return 1;
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        rmdir(dir);
        return failed;
}
