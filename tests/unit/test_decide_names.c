/* SPDX-License-Identifier: BSD-3-Clause */
/* The decision about every name of the leaf: each needs a proof of its own. */
#include "scene.h"

/* ---- coverage ---- */

static void
every_name_needs_its_own_proof(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST, "bank.example"));
        struct pdane_proof *bank;

        (void)state;
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        assert_int_equal(s->d.culprit_verdict, PDANE_DNS_UNKNOWN);
        assert_int_equal(s->d.match.reason, PDANE_REASON_ACCEPTED);
        bank = add_proof(s, "bank.example", "bank.example");
        accepted(s);
        bank->tlsa = s->wrong;
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        assert_int_equal(s->d.culprit_verdict, PDANE_DNS_SECURE);
        bank->tlsa = s->good;
        strcpy(bank->asked, HOST);
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        strcpy(bank->asked, "bank.example");
        bank->tlsa_verdict = PDANE_DNS_INSECURE;
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        assert_int_equal(s->d.culprit_verdict, PDANE_DNS_INSECURE);
        bank->tlsa_verdict = PDANE_DNS_SECURE;
        bank->not_after = TEST_NOW;
        check(s, PDANE_REASON_EXPIRED_EVIDENCE, "bank.example");
        bank->not_after = TEST_NOW + 1;
        accepted(s);
        add_proof(s, "bank.example", "bank.example");
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        scene_free(s);
}

static void
common_name_is_a_name(void **state)
{
        struct scene *s =
                scene_with(&(struct test_spec){.cn = "bank.example", .dns = TEST_LIST(HOST)});

        (void)state;
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        add_proof(s, "bank.example", "bank.example");
        accepted(s);
        scene_free(s);
}

static void
evidence_ends_with_the_earliest(void **state)
{
        struct scene *s = scene_new(TEST_LIST("a.example", HOST, "b.example"));

        (void)state;
        add_proof(s, "a.example", "a.example")->not_after = TEST_NOW + 500;
        add_proof(s, "b.example", "b.example")->not_after = TEST_NOW + 900;
        /* A proof of a name that the leaf does not have is not looked at. */
        add_proof(s, "c.example", "c.example")->not_after = TEST_NOW + 100;
        accepted(s);
        assert_int_equal(s->d.not_after, TEST_NOW + 500);
        s->proofs[0].not_after = TEST_NOW + 400;
        accepted(s);
        assert_int_equal(s->d.not_after, TEST_NOW + 400);
        scene_free(s);
}

/* Looked up as HOST, where a certificate for others is served: clients refuse it for HOST by
 * themselves. */
static void
host_that_the_leaf_does_not_name(void **state)
{
        struct scene *s = scene_with(&(struct test_spec){.cn = "a.example"});
        struct pdane_proof *a = add_proof(s, "a.example", "a.example");

        (void)state;
        accepted(s);
        a->tlsa = s->wrong;
        check(s, PDANE_REASON_NOT_COVERED, "a.example");
        a->tlsa = s->good;
        s->proofs[0].tlsa = s->wrong;
        check(s, PDANE_REASON_NO_MATCH, HOST);
        s->proofs[0].tlsa = s->good;
        s->proofs[0].tlsa_verdict = PDANE_DNS_BOGUS;
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        s->proofs[0].tlsa_verdict = PDANE_DNS_SECURE;
        s->proofs[0].not_after = TEST_NOW + 7;
        accepted(s);
        assert_int_equal(s->d.not_after, TEST_NOW + 7);
        scene_free(s);
}

static void
number_of_names(void **state)
{
        const char *dns[PDANE_CERT_NAMES_MAX + 2] = {0};
        static char text[PDANE_CERT_NAMES_MAX + 1][32];
        struct scene *s;

        (void)state;
        for (size_t i = 0; i <= PDANE_CERT_NAMES_MAX; i++) {
                snprintf(text[i], sizeof(text[i]), "n%zu.example", i);
                dns[i] = text[i];
        }
        s = scene_with(&(struct test_spec){.dns = dns});
        check(s, PDANE_REASON_TOO_LARGE, "");
        scene_free(s);
        dns[PDANE_CERT_NAMES_MAX] = NULL;
        s = scene_with(&(struct test_spec){.dns = dns});
        for (size_t i = 0; i < PDANE_CERT_NAMES_MAX; i++)
                add_proof(s, dns[i], dns[i]);
        accepted(s);
        s->proofs[s->n_proofs - 1].tlsa = s->wrong;
        check(s, PDANE_REASON_NOT_COVERED, dns[PDANE_CERT_NAMES_MAX - 1]);
        scene_free(s);
}

/* ---- wildcards ---- */

static void
wildcard(void **state)
{
        static const char *const bad[] = {"w.example",
                                          "a.b.w.example",
                                          "*.w.example",
                                          ".w.example",
                                          "x.example",
                                          "xw.example",
                                          ""};
        struct scene *s = scene_new(TEST_LIST(HOST, "*.w.example"));
        struct pdane_proof *w;

        (void)state;
        check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        w = add_proof(s, "*.w.example", "q7xk2.w.example");
        accepted(s);
        w->synthesised = false;
        check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        w->synthesised = true;
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
                strcpy(w->asked, bad[i]);
                check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        }
        strcpy(w->asked, "q7xk2.w.example");
        w->tlsa = s->wrong;
        check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        w->tlsa = s->good;
        w->tlsa_verdict = PDANE_DNS_NO_RECORDS;
        check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        scene_free(s);
}

/* The plain name P does not speak for *.P, nor *.P for P, nor *.P for a host below it. */
static void
wildcards_and_plain_names_apart(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST, "*.w.example", "w.example"));

        (void)state;
        add_proof(s, "w.example", "w.example");
        check(s, PDANE_REASON_NOT_COVERED, "*.w.example");
        add_proof(s, "*.w.example", "q7xk2.w.example");
        accepted(s);
        s->n_proofs = 1;
        add_proof(s, "*.w.example", "q7xk2.w.example");
        check(s, PDANE_REASON_NOT_COVERED, "w.example");
        s->host = "www.w.example";
        add_proof(s, "w.example", "w.example");
        check(s, PDANE_REASON_NOT_COVERED, "www.w.example");
        add_proof(s, "www.w.example", "www.w.example");
        accepted(s);
        scene_free(s);
}

/* RFC 1034 wildcards: a plain host may get its TLSA by synthesis. */
static void
synthesis_for_a_plain_name(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        s->proofs[0].synthesised = true;
        accepted(s);
        scene_free(s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_name_needs_its_own_proof),
                cmocka_unit_test(common_name_is_a_name),
                cmocka_unit_test(evidence_ends_with_the_earliest),
                cmocka_unit_test(host_that_the_leaf_does_not_name),
                cmocka_unit_test(number_of_names),
                cmocka_unit_test(wildcard),
                cmocka_unit_test(wildcards_and_plain_names_apart),
                cmocka_unit_test(synthesis_for_a_plain_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
