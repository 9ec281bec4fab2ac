/* SPDX-License-Identifier: BSD-3-Clause */
/* DANE-TA: what is accepted because DNS names the authority above it, and which anchor comes of it.
 */
#include "scene.h"

#define OTHER "other.example"

/* A leaf for HOST and perhaps OTHER under a private CA, which the server sends; "2 1 1" of the CA.
 */
struct below {
        struct scene *s;
        X509 *ca;
        struct pdane_tlsa_set *by_ca, *by_leaf;
};

static void
below_with(struct below *b, const char *const *names)
{
        b->s = scene_with(&(struct test_spec){.cn = HOST,
                                              .dns = names,
                                              .authority_key_id = true,
                                              .signer = b->ca,
                                              .signer_key = test_key(1)});
        assert_int_equal(pdane_cert_new_x509(b->ca, &b->s->chain.certs[b->s->chain.n++]), 0);
        b->by_leaf = b->s->good;
        b->by_ca = b->s->good = test_tlsa(b->ca, 2, 1, 1);
        b->s->proofs[0].tlsa = b->by_ca;
}

static struct below
below_new(const char *const *names)
{
        struct below b = {
                .ca = test_x509(&(struct test_spec){
                        .cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1), .key_id = true})};

        below_with(&b, names);
        return b;
}

static void
below_free(struct below *b)
{
        pdane_tlsa_set_free(b->by_leaf);
        X509_free(b->ca);
        scene_free(b->s);
}

/* Trust by way of an authority ends when that does: its anchor would say something else. */
static void
authority_ends(void **state)
{
        static const int64_t left[] = {1, 600, 3599, 3600, 86400};

        (void)state;
        for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
                struct below b = {
                        .ca = test_x509(&(struct test_spec){.cn = "CA",
                                                            .bc = TEST_BC_TRUE,
                                                            .key = test_key(1),
                                                            .key_id = true,
                                                            .not_after = TEST_NOW + left[i]})};

                below_with(&b, TEST_LIST(HOST));
                accepted(b.s);
                assert_int_equal(b.s->d.not_after, TEST_NOW + (left[i] < 3600 ? left[i] : 3600));
                below_free(&b);
        }
}

/* One of which there is only the key has no end of its own. */
static void
key_has_no_end(void **state)
{
        struct below b = below_new(TEST_LIST(HOST));
        struct pdane_tlsa_set *set = test_tlsa(b.ca, 2, 1, 0);

        (void)state;
        pdane_cert_unref(b.s->chain.certs[--b.s->chain.n]);
        b.s->proofs[0].tlsa = set;
        b.s->proofs[0].not_after = TEST_NOW + INT64_C(3000000000);
        judge(b.s);
        assert_non_null(b.s->d.authority);
        assert_int_equal(b.s->d.not_after, TEST_NOW + INT64_C(3000000000));
        pdane_tlsa_set_free(set);
        below_free(&b);
}

static void
every_form_of_record(void **state)
{
        struct below b = below_new(TEST_LIST(HOST));

        (void)state;
        for (uint8_t selector = 0; selector <= 1; selector++) {
                for (uint8_t matching = 0; matching <= 2; matching++) {
                        struct pdane_tlsa_set *set = test_tlsa(b.ca, 2, selector, matching);

                        b.s->proofs[0].tlsa = set;
                        accepted(b.s);
                        assert_int_equal(b.s->d.match.depth, 1);
                        assert_non_null(b.s->d.authority);
                        assert_true(pdane_bytes_equal(pdane_cert_der(b.s->d.authority),
                                                      pdane_cert_der(b.s->chain.certs[1])));
                        pdane_tlsa_set_free(set);
                }
        }
        b.s->proofs[0].tlsa = b.s->wrong;
        check(b.s, PDANE_REASON_NO_MATCH, HOST);
        below_free(&b);
}

/* The server sends the leaf alone: a digest cannot be compared with anything, the data itself can.
 */
static void
authority_not_sent(void **state)
{
        struct below b = below_new(TEST_LIST(HOST));

        (void)state;
        pdane_cert_unref(b.s->chain.certs[--b.s->chain.n]);
        check(b.s, PDANE_REASON_NO_MATCH, HOST);
        for (uint8_t selector = 0; selector <= 1; selector++) {
                struct pdane_tlsa_set *set = test_tlsa(b.ca, 2, selector, 0);
                struct pdane_cert *ca = test_cert_take(X509_dup(b.ca));

                b.s->proofs[0].tlsa = set;
                judge(b.s);
                assert_int_equal(b.s->d.reason, PDANE_REASON_ACCEPTED);
                assert_non_null(b.s->d.authority);
                assert_true(pdane_bytes_equal(pdane_cert_subject(b.s->d.authority),
                                              pdane_cert_subject(ca)));
                assert_true(
                        pdane_bytes_equal(pdane_cert_spki(b.s->d.authority), pdane_cert_spki(ca)));
                assert_true(pdane_cert_has_key_id(b.s->d.authority));
                assert_true(pdane_bytes_equal(pdane_cert_key_id(b.s->d.authority),
                                              pdane_cert_key_id(ca)));
                pdane_cert_unref(ca);
                pdane_tlsa_set_free(set);
        }
        below_free(&b);
}

/* DANE-TA checks what DANE-EE does not: the name and the dates (RFC 7671 section 5.2). */
static void
name_and_dates(void **state)
{
        struct below b = below_new(TEST_LIST(OTHER));
        X509 *ca = b.ca;
        struct scene *late;

        (void)state;
        check(b.s, PDANE_REASON_NAME_MISMATCH, HOST);
        late = scene_with(&(struct test_spec){.cn = HOST,
                                              .dns = TEST_LIST(HOST),
                                              .not_before = TEST_NOW - 2 * TEST_DAY,
                                              .not_after = TEST_NOW - 1,
                                              .signer = ca,
                                              .signer_key = test_key(1)});
        assert_int_equal(pdane_cert_new_x509(ca, &late->chain.certs[late->chain.n++]), 0);
        accepted(late); /* by DANE-EE */
        late->proofs[0].tlsa = b.by_ca;
        check(late, PDANE_REASON_CHAIN_ERROR, HOST);
        scene_free(late);
        below_free(&b);
}

/* Every name needs records of its own, and they must vouch for the same thing. */
static void
every_name(void **state)
{
        struct below b = below_new(TEST_LIST(HOST, OTHER));
        struct pdane_proof *p;

        (void)state;
        check(b.s, PDANE_REASON_NOT_COVERED, OTHER);
        p = add_proof(b.s, OTHER, OTHER);
        accepted(b.s);
        p->tlsa = b.by_leaf; /* DANE-EE: that vouches for the leaf, not for its CA */
        check(b.s, PDANE_REASON_NOT_COVERED, OTHER);
        b.s->proofs[0].tlsa = b.by_leaf;
        judge(b.s);
        assert_int_equal(b.s->d.reason, PDANE_REASON_ACCEPTED);
        assert_null(b.s->d.authority);
        p->tlsa = b.by_ca;
        check(b.s, PDANE_REASON_NOT_COVERED, OTHER);
        p->tlsa = b.by_ca;
        b.s->proofs[0].tlsa = b.by_ca;
        p->tlsa_verdict = PDANE_DNS_INSECURE;
        check(b.s, PDANE_REASON_NOT_COVERED, OTHER);
        p->tlsa_verdict = PDANE_DNS_SECURE;
        p->not_after = TEST_NOW + 10;
        accepted(b.s);
        assert_int_equal(b.s->d.not_after, TEST_NOW + 10);
        below_free(&b);
}

/* One that bears another CA's key identifier would be tried in that one's place. */
static void
authority_with_foreign_key_id(void **state)
{
        static const uint8_t foreign[] = {0x04, 4, 1, 2, 3, 4};
        const struct test_spec of_ca = {.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)};
        (void)state;
        for (int is_foreign = 0; is_foreign <= 1; is_foreign++) {
                X509 *ca = test_x509(&of_ca);
                if (is_foreign)
                        test_add_extension(ca, "2.5.29.14", false, foreign, sizeof foreign,
                                           test_key(1));
                struct scene *s = scene_with(&(struct test_spec){.cn = HOST,
                                                                 .dns = TEST_LIST(HOST),
                                                                 .signer = ca,
                                                                 .signer_key = test_key(1)});
                struct pdane_tlsa_set *set = test_tlsa(ca, 2, 1, 1);
                assert_int_equal(pdane_cert_new_x509(ca, &s->chain.certs[s->chain.n++]), 0);
                s->proofs[0].tlsa = set;
                if (is_foreign)
                        check(s, PDANE_REASON_FOREIGN_KEY_ID, "");
                else
                        accepted(s);
                scene_free(s);
                pdane_tlsa_set_free(set);
                X509_free(ca);
        }
}

/* An anchor with a subject of the system's store would sit among the real ones. */
static void
reserved_authority(void **state)
{
        struct below b = below_new(TEST_LIST(HOST));
        X509 *inter = test_x509(&(struct test_spec){.cn = "Intermediate",
                                                    .bc = TEST_BC_TRUE,
                                                    .key = test_key(2),
                                                    .signer = b.ca,
                                                    .signer_key = test_key(1)});
        struct scene *s = scene_with(&(struct test_spec){
                .cn = HOST, .dns = TEST_LIST(HOST), .signer = inter, .signer_key = test_key(2)});

        (void)state;
        assert_int_equal(pdane_cert_new_x509(inter, &s->chain.certs[s->chain.n++]), 0);
        assert_int_equal(pdane_cert_new_x509(b.ca, &s->chain.certs[s->chain.n++]), 0);
        s->proofs[0].tlsa = b.by_ca;
        accepted(s);
        assert_int_equal(s->d.match.depth, 2);
        s->reserved = pdane_cert_subject(s->chain.certs[2]);
        check(s, PDANE_REASON_RESERVED_DN, "");
        /* The authority is an intermediate below a root of the system's. */
        struct pdane_tlsa_set *by_inter = test_tlsa(inter, 2, 1, 1);
        s->proofs[0].tlsa = by_inter;
        check(s, PDANE_REASON_RESERVED_DN, "");
        pdane_cert_unref(s->chain.certs[--s->chain.n]);
        struct pdane_bytes root = pdane_cert_issuer(s->chain.certs[1]);
        s->reserved = root;
        check(s, PDANE_REASON_RESERVED_DN, "");
        s->reserved = (struct pdane_bytes){NULL, 0};
        accepted(s);
        pdane_tlsa_set_free(by_inter);
        scene_free(s);
        X509_free(inter);
        below_free(&b);
}

/* Neither the leaf nor the authority says so, but what the server sends above them does: a root of
 * the system's is at the top. */
static void
reserved_further_up(void **state)
{
        X509 *root = test_x509(
                &(struct test_spec){.cn = "Root", .bc = TEST_BC_TRUE, .key = test_key(3)});
        X509 *upper = test_x509(&(struct test_spec){.cn = "Upper",
                                                    .bc = TEST_BC_TRUE,
                                                    .key = test_key(1),
                                                    .signer = root,
                                                    .signer_key = test_key(3)});
        X509 *lower = test_x509(&(struct test_spec){.cn = "Lower",
                                                    .bc = TEST_BC_TRUE,
                                                    .key = test_key(2),
                                                    .signer = upper,
                                                    .signer_key = test_key(1)});
        struct pdane_tlsa_set *by_lower = test_tlsa(lower, 2, 1, 1);
        struct scene *s = scene_with(&(struct test_spec){
                .cn = HOST, .dns = TEST_LIST(HOST), .signer = lower, .signer_key = test_key(2)});

        (void)state;
        assert_int_equal(pdane_cert_new_x509(lower, &s->chain.certs[s->chain.n++]), 0);
        assert_int_equal(pdane_cert_new_x509(upper, &s->chain.certs[s->chain.n++]), 0);
        s->proofs[0].tlsa = by_lower;
        accepted(s);
        assert_int_equal(s->d.match.depth, 1);
        s->reserved = pdane_cert_issuer(s->chain.certs[2]);
        check(s, PDANE_REASON_RESERVED_DN, "");
        pdane_tlsa_set_free(by_lower);
        scene_free(s);
        X509_free(root);
        X509_free(upper);
        X509_free(lower);
}

/* The marks of a public CA; see decide.h. Each alone is enough, and DANE-EE does not mind them. */
static void
public_ca(void **state)
{
        static const unsigned char domain_validated[] = {0x30, 0x0a, 0x30, 0x08, 0x06, 0x06,
                                                         0x67, 0x81, 0x0c, 0x01, 0x02, 0x01};
        static const unsigned char private_policy[] = {0x30, 0x0a, 0x30, 0x08, 0x06, 0x06,
                                                       0x67, 0x81, 0x0d, 0x01, 0x02, 0x01};
        static const unsigned char timestamps[] = {0x04, 0x02, 0x00, 0x00};
        static const struct {
                const char *oid;
                const unsigned char *value;
                size_t len;
                enum pdane_reason reason;
        } cases[] = {
                {"2.5.29.32", domain_validated, sizeof domain_validated, PDANE_REASON_PUBLIC_CA},
                {"2.5.29.32", private_policy, sizeof private_policy, PDANE_REASON_ACCEPTED},
                {"2.5.29.32", private_policy, sizeof private_policy - 1, PDANE_REASON_PUBLIC_CA},
                {"1.3.6.1.4.1.11129.2.4.2", timestamps, sizeof timestamps, PDANE_REASON_PUBLIC_CA},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct below b = below_new(TEST_LIST(HOST));
                X509 *leaf = X509_dup(pdane_cert_x509(b.s->chain.certs[0]));
                struct pdane_tlsa_set *ee;

                test_add_extension(leaf, cases[i].oid, false, cases[i].value, cases[i].len,
                                   test_key(1));
                ee = test_tlsa(leaf, 3, 1, 1);
                pdane_cert_unref(b.s->chain.certs[0]);
                b.s->chain.certs[0] = test_cert_take(leaf);
                check(b.s, cases[i].reason, "");
                b.s->proofs[0].tlsa = ee;
                accepted(b.s);
                pdane_tlsa_set_free(ee);
                below_free(&b);
        }
}

/* A self-signed leaf is not its own authority. */
static void
not_at_depth_0(void **state)
{
        struct scene *s = scene_new(TEST_LIST(HOST));
        struct pdane_tlsa_set *set = test_tlsa(pdane_cert_x509(s->chain.certs[0]), 2, 0, 1);

        (void)state;
        s->proofs[0].tlsa = set;
        judge(s);
        assert_int_not_equal(s->d.reason, PDANE_REASON_ACCEPTED);
        pdane_tlsa_set_free(set);
        scene_free(s);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_form_of_record),
                cmocka_unit_test(authority_ends),
                cmocka_unit_test(key_has_no_end),
                cmocka_unit_test(authority_not_sent),
                cmocka_unit_test(name_and_dates),
                cmocka_unit_test(every_name),
                cmocka_unit_test(authority_with_foreign_key_id),
                cmocka_unit_test(reserved_authority),
                cmocka_unit_test(reserved_further_up),
                cmocka_unit_test(public_ca),
                cmocka_unit_test(not_at_depth_0),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
