/* SPDX-License-Identifier: BSD-3-Clause */
/* The decision about one host and its leaf. test_decide_names.c has the other names. */
#include "scene.h"

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
        for (int version = 1; version <= 3; version++) {
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

/* Adds a subjectKeyIdentifier of these octets and signs again with the key of the scene's
 * certificates. */
static struct pdane_cert *
with_key_id(const struct test_spec *spec, const uint8_t *id, size_t len, EVP_PKEY *signer_key)
{
        uint8_t value[2 + 64] = {0x04, (uint8_t)len};
        X509 *x = test_x509(spec);

        memcpy(value + 2, id, len);
        test_add_extension(x, "2.5.29.14", false, value, len + 2, signer_key);
        return test_cert_take(x);
}

/* A key identifier that is not a hash of the key may be another CA's. */
static void
foreign_key_id(void **state)
{
        static const uint8_t foreign[20] = {1, 2, 3};
        const struct test_spec spec = {.cn = HOST, .dns = TEST_LIST(HOST)};
        struct scene *s = scene_with(&spec);

        (void)state;
        accepted(s);
        pdane_cert_unref(s->chain.certs[0]);
        s->chain.certs[0] = with_key_id(&spec, foreign, sizeof foreign, test_key(0));
        check(s, PDANE_REASON_FOREIGN_KEY_ID, "");
        pdane_cert_unref(s->chain.certs[0]);
        s->chain.certs[0] =
                test_cert(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST), .key_id = true});
        accepted(s);
        scene_free(s);
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
                cmocka_unit_test(empty_chain_and_long_host),
                cmocka_unit_test(old_versions),
                cmocka_unit_test(reserved_names),
                cmocka_unit_test(foreign_key_id),
                cmocka_unit_test(no_policy),
                cmocka_unit_test(no_list_of_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
