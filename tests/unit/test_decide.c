/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The decision. Every test starts from a case that is accepted and changes one thing, so that a
 * rule that is missing turns exactly its test red.
 */
#include <errno.h>

#include "certs.h"
#include "test.h"
#include "trust/decide.h"

#define HOST "host.example"
#define PROOFS_MAX (PDANE_CERT_NAMES_MAX + 2)

/* One question, good as it is set up: a self-signed leaf for HOST, vouched for by 3 1 1. */
struct scene {
        struct pdane_chain chain;
        struct pdane_tlsa_set *good, *wrong;
        struct pdane_proof proofs[PROOFS_MAX];
        size_t n_proofs;
        const char *host;
        struct pdane_policy policy;
        struct pdane_bytes reserved;
        struct pdane_decision d;
};

static bool
is_reserved(void *arg, struct pdane_bytes dn)
{
        const struct scene *s = arg;

        return pdane_bytes_equal(s->reserved, dn);
}

static struct pdane_proof *
add_proof(struct scene *s, const char *name, const char *asked)
{
        struct pdane_proof *p = &s->proofs[s->n_proofs++];

        assert_true(s->n_proofs <= PROOFS_MAX);
        *p = (struct pdane_proof){
                .tlsa_verdict = PDANE_DNS_SECURE, .tlsa = s->good, .not_after = TEST_NOW + 3600};
        assert_int_equal(pdane_name_parse(name, strlen(name), &p->name), 0);
        snprintf(p->asked, sizeof(p->asked), "%s", asked);
        p->synthesised = p->name.wildcard;
        return p;
}

static struct scene *
scene_with(const struct test_spec *spec)
{
        struct scene *s = calloc(1, sizeof(*s));
        X509 *other = test_x509(&(struct test_spec){.cn = "other", .key = test_key(5)});
        X509 *x = test_x509(spec);

        assert_non_null(s);
        s->good = test_tlsa(x, 3, 1, 1);
        s->wrong = test_tlsa(other, 3, 1, 1);
        s->chain.certs[s->chain.n++] = test_cert_take(x);
        s->host = HOST;
        s->policy = (struct pdane_policy){is_reserved, s};
        add_proof(s, HOST, HOST);
        X509_free(other);
        return s;
}

static struct scene *
scene_new(const char *const *dns)
{
        return scene_with(&(struct test_spec){.cn = HOST, .dns = dns, .bc = TEST_BC_FALSE});
}

static void
scene_free(struct scene *s)
{
        pdane_chain_clear(&s->chain);
        pdane_tlsa_set_free(s->good);
        pdane_tlsa_set_free(s->wrong);
        free(s);
}

static void
judge(struct scene *s)
{
        memset(&s->d, 0xee, sizeof(s->d));
        assert_int_equal(pdane_decide(&s->chain, s->host, s->proofs, s->n_proofs, &s->policy,
                                      TEST_NOW, &s->d),
                         0);
}

static void
check(struct scene *s, enum pdane_reason reason, const char *culprit)
{
        judge(s);
        assert_string_equal(pdane_reason_string(s->d.reason), pdane_reason_string(reason));
        assert_string_equal(s->d.culprit, culprit);
        if (reason == PDANE_REASON_ACCEPTED) {
                assert_int_equal(s->d.match.reason, PDANE_REASON_ACCEPTED);
                assert_int_equal(s->d.match.depth, 0);
                assert_true(s->d.not_after > TEST_NOW);
        } else {
                assert_int_equal(s->d.not_after, 0);
        }
}

static void
accepted(struct scene *s)
{
        check(s, PDANE_REASON_ACCEPTED, "");
}

/* ---- the host ---- */

static void
one_host(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        assert_int_equal(s->d.not_after, TEST_NOW + 3600);
        s->proofs[0].tlsa = s->wrong;
        check(s, PDANE_REASON_NO_MATCH, HOST);
        assert_int_equal(s->d.match.reason, PDANE_REASON_NO_MATCH);
        assert_int_equal(s->d.match.depth, -1);
        scene_free(s);
}

static void
every_kind_of_leaf(void **state)
{
        static const enum test_bc kinds[] = {TEST_BC_NONE, TEST_BC_FALSE, TEST_BC_TRUE};
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct scene *s;

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                s = scene_with(
                        &(struct test_spec){.cn = HOST, .bc = kinds[i], .key = test_key_rsa()});
                accepted(s);
                scene_free(s);
        }
        s = scene_with(&(struct test_spec){.cn = HOST, .signer = ca, .signer_key = test_key(1)});
        accepted(s);
        scene_free(s);
        X509_free(ca);
}

static void
only_secure_counts(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        for (int v = -1; v <= PDANE_DNS_UNREACHABLE + 1; v++) {
                if (v == PDANE_DNS_SECURE)
                        continue;
                s->proofs[0].tlsa_verdict = (enum pdane_dns_verdict)v;
                check(s, PDANE_REASON_NOT_COVERED, HOST);
                assert_true(s->d.culprit_verdict == (enum pdane_dns_verdict)v);
        }
        s->proofs[0].tlsa_verdict = PDANE_DNS_SECURE;
        s->proofs[0].tlsa = NULL;
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        scene_free(s);
}

static void
no_proof(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        s->n_proofs = 0;
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        assert_int_equal(s->d.culprit_verdict, PDANE_DNS_UNKNOWN);
        scene_free(s);
}

static void
proof_of_another_name(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        strcpy(s->proofs[0].name.text, "other.example");
        strcpy(s->proofs[0].asked, "other.example");
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        scene_free(s);
}

/* The proof says HOST, but DNS was asked about something else. */
static void
answer_to_another_question(void **state)
{
        static const char *const asked[] = {"other.example", "www." HOST, "example", "", "*." HOST};
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
                strcpy(s->proofs[0].asked, asked[i]);
                check(s, PDANE_REASON_NOT_COVERED, HOST);
        }
        scene_free(s);
}

static void
two_proofs_of_one_name(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        accepted(s);
        add_proof(s, HOST, HOST);
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        s->proofs[0].tlsa = s->wrong;
        check(s, PDANE_REASON_NOT_COVERED, HOST);
        scene_free(s);
}

static void
expired_evidence(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        s->proofs[0].not_after = TEST_NOW + 1;
        accepted(s);
        s->proofs[0].not_after = TEST_NOW;
        check(s, PDANE_REASON_EXPIRED_EVIDENCE, HOST);
        s->proofs[0].not_after = TEST_NOW - 1;
        check(s, PDANE_REASON_EXPIRED_EVIDENCE, HOST);
        s->proofs[0].not_after = INT64_MIN;
        check(s, PDANE_REASON_EXPIRED_EVIDENCE, HOST);
        scene_free(s);
}

/* One of the other records of the leaf, in the place of the good one. */
static void
use_record(struct scene *s, uint8_t usage)
{
        pdane_tlsa_set_free(s->good);
        s->good = test_tlsa(pdane_cert_x509(s->chain.certs[0]), usage, 1, 1);
        s->proofs[0].tlsa = s->good;
}

static void
usages_of_public_cas(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));

        (void)state;
        use_record(s, 3);
        accepted(s);
        use_record(s, 0);
        check(s, PDANE_REASON_UNUSABLE, HOST);
        use_record(s, 1);
        check(s, PDANE_REASON_UNUSABLE, HOST);
        scene_free(s);
}

/* A leaf under a private CA: DANE-EE for the leaf is accepted, DANE-TA for the CA not yet. */
static void
private_ca(void **state)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct scene *s = scene_with(&(struct test_spec){
                .cn = HOST, .dns = TEST_LIST(HOST), .signer = ca, .signer_key = test_key(1)});

        (void)state;
        assert_int_equal(pdane_cert_new_x509(ca, &s->chain.certs[s->chain.n++]), 0);
        accepted(s);
        pdane_tlsa_set_free(s->good);
        s->proofs[0].tlsa = s->good = test_tlsa(ca, 2, 1, 1);
        check(s, PDANE_REASON_UNSUPPORTED, HOST);
        assert_int_equal(s->d.match.depth, 1);
        scene_free(s);
        X509_free(ca);
}

static void
empty_chain_and_long_host(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));
        char host[PDANE_NAME_MAX + 2];

        (void)state;
        memset(host, 'a', sizeof(host) - 1);
        host[sizeof(host) - 1] = '\0';
        s->host = host;
        check(s, PDANE_REASON_CHAIN_ERROR, "");
        s->host = HOST;
        accepted(s);
        pdane_chain_clear(&s->chain);
        check(s, PDANE_REASON_CHAIN_ERROR, "");
        scene_free(s);
}

/* ---- the leaf ---- */

static void
old_versions(void **state)
{
        (void)state;
        for (int version = 1; version <= 4; version++) {
                struct scene *s = scene_with(&(struct test_spec){.cn = HOST, .version = version});

                if (version == 3)
                        accepted(s);
                else
                        check(s, PDANE_REASON_NOT_V3, "");
                scene_free(s);
        }
}

static void
reserved_names(void **state)
{
        X509_NAME *issuer = test_dn(TEST_LIST("O", "Public CA"));
        struct scene *s = scene_with(
                &(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST), .issuer = issuer});

        (void)state;
        accepted(s);
        s->reserved = pdane_cert_subject(s->chain.certs[0]);
        check(s, PDANE_REASON_RESERVED_DN, "");
        s->reserved = pdane_cert_issuer(s->chain.certs[0]);
        check(s, PDANE_REASON_RESERVED_DN, "");
        s->reserved = pdane_cert_serial(s->chain.certs[0]);
        accepted(s);
        scene_free(s);
        X509_NAME_free(issuer);
}

static void
no_policy(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));
        struct pdane_decision d;

        (void)state;
        accepted(s);
        s->policy.dn_reserved = NULL;
        check(s, PDANE_REASON_RESERVED_DN, "");
        assert_int_equal(pdane_decide(&s->chain, HOST, s->proofs, s->n_proofs, NULL, TEST_NOW, &d),
                         0);
        assert_int_equal(d.reason, PDANE_REASON_RESERVED_DN);
        scene_free(s);
}

static void
check_leaf(const struct test_spec *spec, enum pdane_reason reason, const char *culprit)
{
        struct scene *s = scene_with(spec);

        check(s, reason, culprit);
        scene_free(s);
}

static void
no_list_of_names(void **state)
{
        (void)state;
        check_leaf(&(struct test_spec){.dns = TEST_LIST(HOST)}, PDANE_REASON_ACCEPTED, "");
        check_leaf(&(struct test_spec){.dns = TEST_LIST(HOST), .ip = TEST_LIST("192.0.2.1")},
                   PDANE_REASON_IP_NAME, "192.0.2.1");
        check_leaf(&(struct test_spec){.cn = "192.0.2.1", .dns = TEST_LIST(HOST)},
                   PDANE_REASON_IP_NAME, "192.0.2.1");
        check_leaf(&(struct test_spec){.dns = TEST_LIST(HOST, "f*.example")},
                   PDANE_REASON_MALFORMED, "f*.example");
        check_leaf(&(struct test_spec){.cn = "Router 42"}, PDANE_REASON_NO_NAMES, "");
        check_leaf(&(struct test_spec){0}, PDANE_REASON_NO_NAMES, "");
}

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

/* Another name vouched for by the CA only is not covered. */
static void
coverage_by_usage_2(void **state)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct scene *s = scene_with(&(struct test_spec){.cn = HOST,
                                                         .dns = TEST_LIST(HOST, "bank.example"),
                                                         .signer = ca,
                                                         .signer_key = test_key(1)});
        struct pdane_tlsa_set *set = test_tlsa(ca, 2, 1, 1);
        struct pdane_proof *bank = add_proof(s, "bank.example", "bank.example");

        (void)state;
        assert_int_equal(pdane_cert_new_x509(ca, &s->chain.certs[s->chain.n++]), 0);
        accepted(s);
        bank->tlsa = set;
        check(s, PDANE_REASON_NOT_COVERED, "bank.example");
        pdane_tlsa_set_free(set);
        scene_free(s);
        X509_free(ca);
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
                cmocka_unit_test(one_host),
                cmocka_unit_test(every_kind_of_leaf),
                cmocka_unit_test(only_secure_counts),
                cmocka_unit_test(no_proof),
                cmocka_unit_test(proof_of_another_name),
                cmocka_unit_test(answer_to_another_question),
                cmocka_unit_test(two_proofs_of_one_name),
                cmocka_unit_test(expired_evidence),
                cmocka_unit_test(usages_of_public_cas),
                cmocka_unit_test(private_ca),
                cmocka_unit_test(empty_chain_and_long_host),
                cmocka_unit_test(old_versions),
                cmocka_unit_test(reserved_names),
                cmocka_unit_test(no_policy),
                cmocka_unit_test(no_list_of_names),
                cmocka_unit_test(every_name_needs_its_own_proof),
                cmocka_unit_test(common_name_is_a_name),
                cmocka_unit_test(coverage_by_usage_2),
                cmocka_unit_test(evidence_ends_with_the_earliest),
                cmocka_unit_test(host_that_the_leaf_does_not_name),
                cmocka_unit_test(number_of_names),
                cmocka_unit_test(wildcard),
                cmocka_unit_test(wildcards_and_plain_names_apart),
                cmocka_unit_test(synthesis_for_a_plain_name),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
