/* SPDX-License-Identifier: BSD-3-Clause */
/* The offline verdict: DANE's, the names', and each kind of client's, one fault at a time. */
#include "certs.h"
#include "test.h"
#include "trust/judge_client.h"

#include <errno.h>

#define HOST "host.example"
#define FIREFOX (1u << PDANE_JUDGE_FIREFOX)
#define CHROMIUM (1u << PDANE_JUDGE_CHROMIUM)
#define NSS (1u << PDANE_JUDGE_NSS)
#define GNUTLS (1u << PDANE_JUDGE_GNUTLS)
#define OPENSSL (1u << PDANE_JUDGE_OPENSSL)
#define EVERYBODY (FIREFOX | CHROMIUM | NSS | GNUTLS | OPENSSL)
#define NOBODY 0u

static bool
nothing_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        (void)dn;
        return false;
}

static bool
all_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        (void)dn;
        return true;
}

static const struct pdane_policy open_policy = {.dn_reserved = nothing_reserved};
static struct pdane_judgement j;

/* Judges certs for names, the first of which is connected to. Frees the set. */
static void
judge(X509 *const *certs, size_t n, const char *const *names, struct pdane_tlsa_set *set)
{
        static struct pdane_name hosts[4];
        struct pdane_judge_question q = {.certs = certs,
                                         .n_certs = n,
                                         .hosts = hosts,
                                         .tlsa = set,
                                         .now = TEST_NOW,
                                         .policy = &open_policy};

        for (; *names; names++)
                assert_int_equal(pdane_name_parse(*names, strlen(*names), &hosts[q.n_hosts++]), 0);
        pdane_judgement_clear(&j);
        assert_int_equal(pdane_judge(&q, &j), 0);
        pdane_tlsa_set_free(set);
}

static unsigned
refusing(void)
{
        unsigned out = 0;

        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++) {
                assert_true(j.clients[k].reason[0] != '\0');
                if (!j.clients[k].accepted)
                        out |= 1u << k;
        }
        assert_int_equal(pdane_judgement_unanimous(&j),
                         out == NOBODY && j.dane.reason == PDANE_REASON_ACCEPTED);
        return out;
}

static const char *
first_reason(void)
{
        for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                if (!j.clients[k].accepted)
                        return j.clients[k].reason;
        return "";
}

/* A self-signed leaf, vouched for by 3 1 1 at HOST: who refuses it, and what they say. */
static void
check_self(const struct test_spec *spec, unsigned who, const char *says)
{
        X509 *x = test_x509(spec);

        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_ACCEPTED);
        assert_int_equal(refusing(), who);
        assert_non_null(strstr(first_reason(), says));
        X509_free(x);
}

static struct test_spec
good_spec(void)
{
        static const char *const dns[] = {HOST, NULL};

        return (struct test_spec){.cn = HOST, .dns = dns, .bc = TEST_BC_FALSE, .eku = "serverAuth"};
}

static void
good(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        check_self(&spec, NOBODY, "");
        assert_int_equal(j.decision, PDANE_REASON_ACCEPTED);
        assert_false(j.by_authority);
        assert_int_equal(j.n_names, 1);
        assert_string_equal(j.names[0].name, HOST);
        assert_true(j.names[0].covered);
        spec.bc = TEST_BC_NONE;
        check_self(&spec, NOBODY, "");
}

static void
ca_true(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        spec.bc = TEST_BC_TRUE;
        check_self(&spec, FIREFOX | OPENSSL, "CA:TRUE: Firefox");
}

static void
dates(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        spec.not_after = TEST_NOW;
        check_self(&spec, NOBODY, "");
        spec.not_after = TEST_NOW - 1;
        check_self(&spec, EVERYBODY, "expired on 2027-01-15 07:59:59 UTC");
        spec = good_spec();
        spec.not_before = TEST_NOW;
        check_self(&spec, NOBODY, "");
        spec.not_before = TEST_NOW + 1;
        check_self(&spec, EVERYBODY, "not valid before 2027-01-15 08:00:01 UTC");
}

static void
names_in_the_certificate(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        spec.dns = NULL;
        check_self(&spec, FIREFOX | CHROMIUM, "no subjectAltName");
        spec.cn = "Router 42";
        check_self(&spec, EVERYBODY, "names no host");
        spec = good_spec();
        spec.dns = TEST_LIST("other.example");
        spec.cn = "other.example";
        check_self(&spec, EVERYBODY, "name not covered: other.example");
        spec = good_spec();
        spec.ip = TEST_LIST("192.0.2.1");
        check_self(&spec, EVERYBODY, "names an IP address: 192.0.2.1");
        assert_int_equal(j.n_names, 1);
        assert_string_equal(j.names[0].name, "192.0.2.1");
        assert_false(j.names[0].covered);
}

/* RFC 7671 section 5.1: no names for DANE-EE. Clients look at them all the same. */
static void
host_not_named(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x = test_x509(&spec);

        (void)state;
        judge(&x, 1, TEST_LIST("other.example", HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_ACCEPTED);
        assert_int_equal(j.decision, PDANE_REASON_ACCEPTED);
        assert_int_equal(refusing(), EVERYBODY);
        assert_string_equal(first_reason(), "the certificate does not name other.example");
        X509_free(x);
}

static void
empty_issuer(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        spec.cn = NULL;
        check_self(&spec, FIREFOX, "issuer's name is empty");
}

static void
version_1(void **state)
{
        (void)state;
        check_self(&(struct test_spec){.cn = HOST, .version = 1}, EVERYBODY, "not X.509 version 3");
}

static void
usages(void **state)
{
        struct test_spec spec = good_spec();

        (void)state;
        spec.eku = "clientAuth";
        check_self(&spec, EVERYBODY & ~OPENSSL, "serverAuth");
        spec.eku = "anyExtendedKeyUsage";
        check_self(&spec, FIREFOX | NSS, "serverAuth");
        spec.eku = NULL;
        check_self(&spec, NOBODY, "");
}

/* keyUsage as a whole extension: BIT STRING with its one octet. */
static void
check_key_usage(unsigned char bits, EVP_PKEY *key, unsigned who)
{
        unsigned char value[] = {0x03, 0x02, 0x00, bits};
        struct test_spec spec = good_spec();
        X509 *x;

        while (!(bits >> value[2] & 1))
                value[2]++;
        spec.key = key;
        x = test_x509(&spec);
        test_add_extension(x, "2.5.29.15", true, value, sizeof(value), key);
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), who);
        X509_free(x);
}

static void
key_usage(void **state)
{
        (void)state;
        check_key_usage(0x80, test_key(0), NOBODY);
        check_key_usage(0xa0, test_key_rsa(), NOBODY);
        check_key_usage(0x20, test_key_rsa(), CHROMIUM | GNUTLS);
        check_key_usage(0x20, test_key(0), EVERYBODY & ~FIREFOX);
        check_key_usage(0x04, test_key(0), EVERYBODY);
}

/* Who looks at the leaf's bytes alone does not mind. */
static void
critical_extension(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x = test_x509(&spec);

        (void)state;
        test_add_extension(x, "1.3.6.1.4.1.99999.1", false, "\5", 2, test_key(0));
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        test_add_extension(x, "1.3.6.1.4.1.99999.2", true, "\5", 2, test_key(0));
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), FIREFOX | CHROMIUM | OPENSSL);
        X509_free(x);
        spec.bc = TEST_BC_NONE;
        x = test_x509(&spec);
        test_add_extension(x, "1.3.6.1.4.1.99999.2", true, "\5", 2, test_key(0));
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), EVERYBODY & ~NSS);
        X509_free(x);
}

static void
must_staple(void **state)
{
        static const unsigned char status[] = {0x30, 0x03, 0x02, 0x01, 0x05};
        static const unsigned char other[] = {0x30, 0x03, 0x02, 0x01, 0x11};
        struct test_spec spec = good_spec();

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                X509 *x = test_x509(&spec);

                test_add_extension(x, "1.3.6.1.5.5.7.1.24", false, i ? other : status,
                                   sizeof(status), test_key(0));
                judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 3, 1, 1));
                assert_int_equal(refusing(), i ? NOBODY : FIREFOX | GNUTLS);
                X509_free(x);
        }
}

static void
check_key_of(EVP_PKEY *key, unsigned who, bool take)
{
        struct test_spec spec = good_spec();

        assert_non_null(key);
        spec.key = key;
        check_self(&spec, who, "");
        if (take)
                EVP_PKEY_free(key);
}

static void
keys(void **state)
{
        (void)state;
        check_key_of(test_key_rsa(), NOBODY, false);
        check_key_of(EVP_RSA_gen(2047), OPENSSL, true);
        check_key_of(EVP_RSA_gen(1024), OPENSSL, true);
        check_key_of(EVP_RSA_gen(1023), EVERYBODY, true);
        check_key_of(EVP_EC_gen("P-384"), NOBODY, true);
        check_key_of(EVP_EC_gen("P-521"), CHROMIUM, true);
        check_key_of(EVP_EC_gen("secp256k1"), EVERYBODY, true);
}

static void
coverage(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x;

        (void)state;
        spec.dns = TEST_LIST(HOST, "also.example");
        check_self(&spec, EVERYBODY, "name not covered: also.example");
        assert_int_equal(j.n_names, 2);
        assert_true(j.names[0].covered);
        assert_false(j.names[1].covered);
        assert_int_equal(j.decision, PDANE_REASON_NOT_COVERED);
        x = test_x509(&spec);
        judge(&x, 1, TEST_LIST(HOST, "also.example", HOST), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        assert_true(j.names[1].covered);
        X509_free(x);
}

/* GnuTLS has no exact way to be told of a wildcard unless the leaf says CA:FALSE. */
static void
wildcards(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x;

        (void)state;
        spec.dns = TEST_LIST(HOST, "*.host.example");
        check_self(&spec, EVERYBODY, "name not covered: *.host.example");
        for (unsigned i = 0; i < 2; i++) {
                spec.bc = i ? TEST_BC_NONE : TEST_BC_FALSE;
                x = test_x509(&spec);
                judge(&x, 1, TEST_LIST(HOST, "*.host.example"), test_tlsa(x, 3, 1, 1));
                assert_int_equal(refusing(), i ? GNUTLS : NOBODY);
                judge(&x, 1, TEST_LIST(HOST, "www.host.example"), test_tlsa(x, 3, 1, 1));
                assert_int_equal(refusing(), EVERYBODY);
                X509_free(x);
        }
}

/* A wildcard as long as names get: one letter is all there is room for below it. */
static void
longest_wildcard(void **state)
{
        char name[PDANE_NAME_MAX + 1], san[PDANE_NAME_MAX + 1];
        struct test_spec spec = good_spec();
        X509 *x;

        (void)state;
        memset(name, 'a', sizeof(name));
        name[0] = '*';
        for (size_t i = 1; i < PDANE_NAME_MAX; i += 60)
                name[i] = '.';
        name[PDANE_NAME_MAX] = '\0';
        memcpy(san, name, sizeof(san));
        spec.dns = TEST_LIST(HOST, san);
        x = test_x509(&spec);
        judge(&x, 1, TEST_LIST(HOST, name), test_tlsa(x, 3, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        X509_free(x);
}

/* ---- below a CA ---- */

struct family {
        X509 *ca, *leaf;
};

static struct family
family_new(enum test_bc bc, const char *const *dns)
{
        struct test_spec ca = {.cn = "CA", .bc = TEST_BC_TRUE, .key_id = true, .key = test_key(1)};
        struct family f = {.ca = test_x509(&ca)};
        struct test_spec leaf = good_spec();

        leaf.bc = bc;
        leaf.dns = dns;
        leaf.signer = f.ca;
        leaf.signer_key = test_key(1);
        f.leaf = test_x509(&leaf);
        return f;
}

static void
family_free(struct family *f)
{
        X509_free(f->ca);
        X509_free(f->leaf);
}

static void
issued_by_usage_3(void **state)
{
        (void)state;
        for (unsigned bc = TEST_BC_NONE; bc <= TEST_BC_TRUE; bc++) {
                struct family f = family_new((enum test_bc)bc, TEST_LIST(HOST));

                judge(&f.leaf, 1, TEST_LIST(HOST), test_tlsa(f.leaf, 3, 1, 1));
                assert_int_equal(refusing(), bc == TEST_BC_FALSE ? NOBODY : EVERYBODY);
                if (bc == TEST_BC_FALSE)
                        assert_non_null(strstr(j.clients[PDANE_JUDGE_OPENSSL].reason,
                                               "Python before 3.13 and s_client refuse"));
                family_free(&f);
        }
}

static void
below_authority(void **state)
{
        struct family f = family_new(TEST_BC_FALSE, TEST_LIST(HOST));
        X509 *sent[] = {f.leaf, f.ca};

        (void)state;
        judge(sent, 2, TEST_LIST(HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        assert_true(j.by_authority);
        assert_int_equal(j.dane.depth, 1);
        judge(sent, 2, TEST_LIST("other.example", HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_NAME_MISMATCH);
        assert_int_equal(refusing(), EVERYBODY);
        judge(sent, 1, TEST_LIST(HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_NO_MATCH);
        family_free(&f);
        f = family_new(TEST_BC_TRUE, TEST_LIST(HOST));
        sent[0] = f.leaf;
        sent[1] = f.ca;
        judge(sent, 2, TEST_LIST(HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(refusing(), FIREFOX);
        family_free(&f);
}

/* OpenSSL's programs have the anchor, the others the leaf, unless it could be taken for a CA. */
static void
leaf_and_authority(void **state)
{
        (void)state;
        for (int bc = TEST_BC_NONE; bc <= TEST_BC_FALSE; bc++) {
                struct family f = family_new((enum test_bc)bc, TEST_LIST(HOST));
                X509 *sent[] = {f.leaf, f.ca};
                struct pdane_tlsa_set *set = test_tlsa(f.leaf, 3, 1, 1);

                test_tlsa_add(set, f.ca, 2, 1, 1);
                judge(sent, 2, TEST_LIST(HOST), set);
                assert_int_equal(refusing(), NOBODY);
                for (unsigned k = 0; k < PDANE_JUDGE_KINDS; k++)
                        assert_int_equal(strstr(j.clients[k].reason, "below an authority") != NULL,
                                         bc == TEST_BC_NONE || k == PDANE_JUDGE_OPENSSL);
                family_free(&f);
        }
}

/* Where no anchor would be exact, OpenSSL's programs have the leaf. */
static void
below_authority_nested(void **state)
{
        struct family f = family_new(TEST_BC_FALSE, TEST_LIST(HOST, "www." HOST));
        X509 *sent[] = {f.leaf, f.ca};
        (void)state;
        judge(sent, 2, TEST_LIST(HOST, "www." HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        assert_non_null(strstr(j.clients[PDANE_JUDGE_OPENSSL].reason, "Python before 3.13"));
        family_free(&f);
}

/* ---- whatever DANE says ---- */

static void
no_match_and_unusable(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x = test_x509(&spec);
        struct family f = family_new(TEST_BC_FALSE, TEST_LIST(HOST));

        (void)state;
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(f.ca, 3, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_NO_MATCH);
        assert_int_equal(refusing(), EVERYBODY);
        assert_int_equal(j.decision, PDANE_REASON_UNKNOWN);
        assert_false(j.names[0].covered);
        judge(&x, 1, TEST_LIST(HOST), test_tlsa(x, 1, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_UNUSABLE);
        assert_int_equal(refusing(), EVERYBODY);
        family_free(&f);
        X509_free(x);
}

/* DANE sees every certificate, the daemon only the first PDANE_CHAIN_MAX. */
static void
chains_at_the_limit(void **state)
{
        struct family f = family_new(TEST_BC_FALSE, TEST_LIST(HOST));
        X509 *sent[PDANE_CHAIN_MAX + 1];

        (void)state;
        for (size_t i = 0; i <= PDANE_CHAIN_MAX; i++)
                sent[i] = f.leaf;
        sent[PDANE_CHAIN_MAX - 1] = f.ca;
        judge(sent, PDANE_CHAIN_MAX, TEST_LIST(HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(refusing(), NOBODY);
        sent[PDANE_CHAIN_MAX - 1] = f.leaf;
        sent[PDANE_CHAIN_MAX] = f.ca;
        judge(sent, PDANE_CHAIN_MAX + 1, TEST_LIST(HOST), test_tlsa(f.ca, 2, 1, 1));
        assert_int_equal(j.dane.reason, PDANE_REASON_ACCEPTED);
        assert_int_equal(refusing(), EVERYBODY);
        family_free(&f);
}

static void
reserved_and_invalid_questions(void **state)
{
        struct test_spec spec = good_spec();
        X509 *x = test_x509(&spec);
        struct pdane_name host, wildcard;
        struct pdane_policy strict = {.dn_reserved = all_reserved};
        struct pdane_tlsa_set *set = test_tlsa(x, 3, 1, 1);
        struct pdane_judge_question q = {.certs = &x,
                                         .n_certs = 1,
                                         .hosts = &host,
                                         .n_hosts = 1,
                                         .tlsa = set,
                                         .now = TEST_NOW,
                                         .policy = &strict};

        (void)state;
        assert_int_equal(pdane_name_parse(HOST, strlen(HOST), &host), 0);
        assert_int_equal(pdane_name_parse("*." HOST, strlen("*." HOST), &wildcard), 0);
        pdane_judgement_clear(&j);
        assert_int_equal(pdane_judge(&q, &j), 0);
        assert_int_equal(j.decision, PDANE_REASON_RESERVED_DN);
        assert_int_equal(refusing(), EVERYBODY);
        q.hosts = &wildcard;
        assert_int_equal(pdane_judge(&q, &j), -EINVAL);
        q.hosts = &host;
        q.n_hosts = 0;
        assert_int_equal(pdane_judge(&q, &j), -EINVAL);
        q.n_hosts = 1;
        q.n_certs = 0;
        assert_int_equal(pdane_judge(&q, &j), -EINVAL);
        pdane_tlsa_set_free(set);
        X509_free(x);
}

static void
words(void **state)
{
        (void)state;
        assert_string_equal(pdane_judge_kind_string(PDANE_JUDGE_FIREFOX), "firefox");
        assert_string_equal(pdane_judge_kind_string(PDANE_JUDGE_OPENSSL), "openssl");
        assert_string_equal(pdane_judge_kind_string(PDANE_JUDGE_KINDS), "unknown");
}

static int
clear(void **state)
{
        (void)state;
        pdane_judgement_clear(&j);
        return 0;
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good),
                cmocka_unit_test(ca_true),
                cmocka_unit_test(dates),
                cmocka_unit_test(names_in_the_certificate),
                cmocka_unit_test(host_not_named),
                cmocka_unit_test(empty_issuer),
                cmocka_unit_test(version_1),
                cmocka_unit_test(usages),
                cmocka_unit_test(key_usage),
                cmocka_unit_test(critical_extension),
                cmocka_unit_test(must_staple),
                cmocka_unit_test(keys),
                cmocka_unit_test(coverage),
                cmocka_unit_test(wildcards),
                cmocka_unit_test(longest_wildcard),
                cmocka_unit_test(issued_by_usage_3),
                cmocka_unit_test(below_authority),
                cmocka_unit_test(leaf_and_authority),
                cmocka_unit_test(below_authority_nested),
                cmocka_unit_test(no_match_and_unusable),
                cmocka_unit_test(chains_at_the_limit),
                cmocka_unit_test(reserved_and_invalid_questions),
                cmocka_unit_test(words),
        };

        return cmocka_run_group_tests(tests, NULL, clear);
}
