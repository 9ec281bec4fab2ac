/* SPDX-License-Identifier: BSD-3-Clause */
/* Leaf and authority vouched for by records of their own: both are said, where both are right. */
#include "scene.h"

#define OTHER "other.example"

/* A leaf for names below a private CA below a root, all sent. */
struct both {
        struct scene *s;
        X509 *root, *ca;
        struct pdane_tlsa_set *leaf, *ca_only, *all, *of_root;
};

static struct pdane_tlsa_set *
and_leaf(const struct both *b, const X509 *authority)
{
        struct pdane_tlsa_set *set = test_tlsa(authority, 2, 1, 1);

        test_tlsa_add(set, pdane_cert_x509(b->s->chain.certs[0]), 3, 1, 1);
        return set;
}

static struct both
both_with(struct test_spec leaf)
{
        struct both b = {.root = test_x509(&(struct test_spec){
                                 .cn = "Root", .bc = TEST_BC_TRUE, .key = test_key(2)})};

        b.ca = test_x509(&(struct test_spec){.cn = "CA",
                                             .bc = TEST_BC_TRUE,
                                             .key = test_key(1),
                                             .signer = b.root,
                                             .signer_key = test_key(2)});
        leaf.cn = HOST;
        leaf.bc = TEST_BC_FALSE;
        leaf.signer = b.ca;
        leaf.signer_key = test_key(1);
        b.s = scene_with(&leaf);
        assert_int_equal(pdane_cert_new_x509(b.ca, &b.s->chain.certs[b.s->chain.n++]), 0);
        assert_int_equal(pdane_cert_new_x509(b.root, &b.s->chain.certs[b.s->chain.n++]), 0);
        b.leaf = test_tlsa(pdane_cert_x509(b.s->chain.certs[0]), 3, 1, 1);
        b.ca_only = test_tlsa(b.ca, 2, 1, 1);
        b.all = and_leaf(&b, b.ca);
        b.of_root = and_leaf(&b, b.root);
        b.s->proofs[0].tlsa = b.all;
        return b;
}

static struct both
both_new(const char *const *names)
{
        return both_with((struct test_spec){.dns = names});
}

static void
both_free(struct both *b)
{
        pdane_tlsa_set_free(b->leaf);
        pdane_tlsa_set_free(b->ca_only);
        pdane_tlsa_set_free(b->all);
        pdane_tlsa_set_free(b->of_root);
        X509_free(b->ca);
        X509_free(b->root);
        scene_free(b->s);
}

static void
says(struct both *b, bool leaf, const X509 *authority)
{
        const struct pdane_decision *d = &b->s->d;

        judge(b->s);
        assert_string_equal(pdane_reason_string(d->reason), "accepted");
        assert_int_equal(d->match.depth == 0, leaf);
        assert_int_equal(d->leaf_too, leaf && authority);
        assert_int_equal(d->authority != NULL, authority != NULL);
        if (authority)
                assert_int_equal(X509_cmp(pdane_cert_x509(d->authority), authority), 0);
}

static void
either_and_both(void **state)
{
        struct both b = both_new(TEST_LIST(HOST));

        (void)state;
        says(&b, true, b.ca);
        b.s->proofs[0].tlsa = b.of_root;
        says(&b, true, b.root);
        b.s->proofs[0].tlsa = b.leaf;
        says(&b, true, NULL);
        b.s->proofs[0].tlsa = b.ca_only;
        says(&b, false, b.ca);
        test_tlsa_add(b.leaf, pdane_cert_x509(b.s->chain.certs[0]), 2, 1, 1); /* no authority */
        b.s->proofs[0].tlsa = b.leaf;
        says(&b, true, NULL);
        both_free(&b);
}

/* One authority under every name, or it is not said; and nothing is accepted for it. */
static void
every_name(void **state)
{
        struct both b = both_new(TEST_LIST(HOST, OTHER));
        struct pdane_proof *p = add_proof(b.s, OTHER, OTHER);

        (void)state;
        p->tlsa = b.all;
        says(&b, true, b.ca);
        p->tlsa = b.leaf;
        says(&b, true, NULL);
        p->tlsa = b.of_root;
        says(&b, true, NULL);
        p->tlsa = b.ca_only;
        check(b.s, PDANE_REASON_NOT_COVERED, OTHER);
        both_free(&b);
}

/* What DANE-TA wants of names and dates it wants here, too. */
static void
name_and_dates(void **state)
{
        struct both late = both_with((struct test_spec){.dns = TEST_LIST(HOST),
                                                        .not_before = TEST_NOW - 2 * TEST_DAY,
                                                        .not_after = TEST_NOW - 1});
        struct both other = both_new(TEST_LIST(OTHER));

        (void)state;
        says(&late, true, NULL);
        add_proof(other.s, OTHER, OTHER)->tlsa = other.all;
        says(&other, true, NULL);
        both_free(&late);
        both_free(&other);
}

/* All that is refused of an authority is not said: a name of the system's store above it, the marks
 * of a public CA. The leaf itself stays as it was. */
static void
refusals(void **state)
{
        static const unsigned char timestamps[] = {0x04, 0x02, 0x00, 0x00};
        struct both b = both_new(TEST_LIST(HOST));
        X509 *leaf;

        (void)state;
        b.s->reserved = pdane_cert_subject(b.s->chain.certs[2]);
        says(&b, true, NULL);
        b.s->reserved = (struct pdane_bytes){NULL, 0};
        says(&b, true, b.ca);

        leaf = X509_dup(pdane_cert_x509(b.s->chain.certs[0]));
        test_add_extension(leaf, "1.3.6.1.4.1.11129.2.4.2", false, timestamps, sizeof timestamps,
                           test_key(1));
        pdane_cert_unref(b.s->chain.certs[0]);
        b.s->chain.certs[0] = test_cert_take(leaf);
        says(&b, true, NULL);
        both_free(&b);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(either_and_both),
                cmocka_unit_test(every_name),
                cmocka_unit_test(name_and_dates),
                cmocka_unit_test(refusals),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
