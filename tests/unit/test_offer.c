/* SPDX-License-Identifier: BSD-3-Clause */
/* What each verifier is handed: every cell of the table, and nothing outside it. */
#include "certs.h"
#include "test.h"
#include "trust/offer.h"

#define HOST "host.example"
#define NOTHING                                                                                    \
        {                                                                                          \
                0                                                                                  \
        }
#define LEAF_C                                                                                     \
        {                                                                                          \
                .leaf_trust = PDANE_TRUST_ANCHOR                                                   \
        }
#define LEAF_P                                                                                     \
        {                                                                                          \
                .leaf_trust = PDANE_TRUST_PEER                                                     \
        }
#define OBJ_P                                                                                      \
        {                                                                                          \
                .leaf_flags = PDANE_ITEM_CERTIFICATE, .leaf_trust = PDANE_TRUST_PEER               \
        }
#define OBJ_P_A                                                                                    \
        {                                                                                          \
                PDANE_ITEM_CERTIFICATE, PDANE_TRUST_PEER,                                          \
                        PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY, PDANE_TRUST_ANCHOR          \
        }
#define ANCHOR                                                                                     \
        {                                                                                          \
                .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_AUTHORITY \
        }
#define EXACT                                                                                      \
        {                                                                                          \
                .leaf_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_EXACT       \
        }
#define EXACT_A                                                                                    \
        {                                                                                          \
                .leaf_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_EXACT,      \
                .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_TRUSTED | PDANE_ITEM_AUTHORITY \
        }
#define P_A                                                                                        \
        {                                                                                          \
                .leaf_trust = PDANE_TRUST_PEER,                                                    \
                .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY,                     \
                .anchor_trust = PDANE_TRUST_ANCHOR                                                 \
        }
#define OBJ_A                                                                                      \
        {                                                                                          \
                .anchor_flags = PDANE_ITEM_CERTIFICATE | PDANE_ITEM_AUTHORITY,                     \
                .anchor_trust = PDANE_TRUST_ANCHOR                                                 \
        }

enum {
        SELF,
        SELF_NESTED,
        SELF_WILD,
        ISSUED,
        BELOW,
        BELOW_NESTED,
        BELOW_WILD,
        BOTH,
        BOTH_NESTED,
        BOTH_WILD,
        KINDS
};

/* By kind of leaf and basicConstraints (none, FALSE, TRUE): Firefox, NSS, Chromium, GnuTLS. */
static const struct pdane_offer expected[KINDS][3][4] = {
        [SELF] = {{LEAF_C, LEAF_P, OBJ_P_A, ANCHOR},
                  {LEAF_C, LEAF_P, OBJ_P_A, EXACT},
                  {NOTHING, LEAF_P, OBJ_P_A, ANCHOR}},
        [SELF_NESTED] = {{LEAF_C, LEAF_P, OBJ_P, NOTHING},
                         {LEAF_C, LEAF_P, OBJ_P, EXACT},
                         {NOTHING, LEAF_P, OBJ_P, NOTHING}},
        [SELF_WILD] = {{LEAF_C, LEAF_P, OBJ_P, NOTHING},
                       {LEAF_C, LEAF_P, OBJ_P, EXACT},
                       {NOTHING, LEAF_P, OBJ_P, NOTHING}},
        [ISSUED] = {{NOTHING, NOTHING, NOTHING, NOTHING},
                    {LEAF_C, LEAF_P, OBJ_P, EXACT},
                    {NOTHING, NOTHING, NOTHING, NOTHING}},
        [BELOW] = {{OBJ_A, OBJ_A, OBJ_A, ANCHOR},
                   {OBJ_A, P_A, OBJ_A, EXACT_A},
                   {OBJ_A, OBJ_A, OBJ_A, ANCHOR}},
        [BELOW_NESTED] = {{NOTHING, NOTHING, NOTHING, NOTHING},
                          {LEAF_C, LEAF_P, OBJ_P, EXACT},
                          {NOTHING, NOTHING, NOTHING, NOTHING}},
        [BELOW_WILD] = {{NOTHING, NOTHING, NOTHING, NOTHING},
                        {LEAF_C, LEAF_P, OBJ_P, EXACT},
                        {NOTHING, NOTHING, NOTHING, NOTHING}},
        [BOTH] = {{OBJ_A, OBJ_A, OBJ_A, ANCHOR},
                  {LEAF_C, LEAF_P, OBJ_P, EXACT},
                  {OBJ_A, OBJ_A, OBJ_A, ANCHOR}},
        [BOTH_NESTED] = {{NOTHING, NOTHING, NOTHING, NOTHING},
                         {LEAF_C, LEAF_P, OBJ_P, EXACT},
                         {NOTHING, NOTHING, NOTHING, NOTHING}},
        [BOTH_WILD] = {{NOTHING, NOTHING, NOTHING, NOTHING},
                       {LEAF_C, LEAF_P, OBJ_P, EXACT},
                       {NOTHING, NOTHING, NOTHING, NOTHING}},
};

static enum pdane_vouched
vouched(int kind)
{
        if (kind < BELOW)
                return PDANE_VOUCHED_LEAF;
        return kind < BOTH ? PDANE_VOUCHED_AUTHORITY : PDANE_VOUCHED_BOTH;
}

static void
assert_offer(struct pdane_offer got, struct pdane_offer want)
{
        assert_int_equal(got.leaf_flags, want.leaf_flags);
        assert_int_equal(got.leaf_trust, want.leaf_trust);
        assert_int_equal(got.anchor_flags, want.anchor_flags);
        assert_int_equal(got.anchor_trust, want.anchor_trust);
}

static struct pdane_cert *
leaf_of_kind(int kind, enum test_bc bc)
{
        X509 *ca =
                test_x509(&(struct test_spec){.cn = "CA", .bc = TEST_BC_TRUE, .key = test_key(1)});
        struct test_spec spec = {.cn = HOST, .dns = TEST_LIST(HOST, "other.example"), .bc = bc};
        const char *const nested[] = {HOST, "www." HOST, NULL}, *const wild[] = {HOST,
                                                                                 "*.other.example",
                                                                                 NULL};
        struct pdane_cert *c;

        if (kind == SELF_NESTED || kind == BELOW_NESTED || kind == BOTH_NESTED)
                spec.dns = nested;
        if (kind == SELF_WILD || kind == BELOW_WILD || kind == BOTH_WILD)
                spec.dns = wild;
        if (kind >= ISSUED) {
                spec.signer = ca;
                spec.signer_key = test_key(1);
        }
        c = test_cert(&spec);
        X509_free(ca);
        return c;
}

static void
every_cell(void **state)
{
        (void)state;
        for (int kind = 0; kind < KINDS; kind++) {
                for (int bc = TEST_BC_NONE; bc <= TEST_BC_TRUE; bc++) {
                        struct pdane_cert *leaf = leaf_of_kind(kind, (enum test_bc)bc);

                        for (int client = 1; client <= PDANE_CLIENT_LAST; client++)
                                assert_offer(pdane_offer((enum pdane_client)client, leaf,
                                                         vouched(kind), false),
                                             expected[kind][bc][client - 1]);
                        pdane_cert_unref(leaf);
                }
        }
}

/* SHA-1 goes with each trust object, and never without one. */
static void
legacy_sha1(void **state)
{
        (void)state;
        for (int kind = 0; kind < KINDS; kind++) {
                for (int bc = TEST_BC_NONE; bc <= TEST_BC_TRUE; bc++) {
                        struct pdane_cert *leaf = leaf_of_kind(kind, (enum test_bc)bc);

                        for (int client = 1; client <= PDANE_CLIENT_LAST; client++) {
                                struct pdane_offer want = expected[kind][bc][client - 1];

                                if (want.leaf_trust)
                                        want.leaf_flags |= PDANE_ITEM_LEGACY_SHA1;
                                if (want.anchor_trust)
                                        want.anchor_flags |= PDANE_ITEM_LEGACY_SHA1;
                                assert_offer(pdane_offer((enum pdane_client)client, leaf,
                                                         vouched(kind), true),
                                             want);
                        }
                        pdane_cert_unref(leaf);
                }
        }
}

static void
unknown_clients(void **state)
{
        static const int clients[] = {0, PDANE_CLIENT_LAST + 1, -1, 1000, INT32_MIN, INT32_MAX};
        const struct pdane_offer nothing = {0};
        struct pdane_cert *leaf = leaf_of_kind(SELF, TEST_BC_FALSE);

        (void)state;
        for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
                assert_offer(pdane_offer((enum pdane_client)clients[i], leaf, false, true),
                             nothing);
        pdane_cert_unref(leaf);
}

/* The same key in the DN of another issuer, or the same DN under another key, is not self-signed.
 */
static void
imitations_of_self_signed(void **state)
{
        const struct pdane_offer nothing = {0};
        X509 *twin = test_x509(&(struct test_spec){.cn = HOST, .key = test_key(1)});
        X509_NAME *issuer = test_dn(TEST_LIST("CN", "issuer"));
        struct pdane_cert *by_twin = test_cert(
                &(struct test_spec){.cn = HOST, .signer = twin, .signer_key = test_key(1)});
        struct pdane_cert *other_issuer =
                test_cert(&(struct test_spec){.cn = HOST, .issuer = issuer});

        (void)state;
        for (int client = 1; client <= PDANE_CLIENT_LAST; client++) {
                assert_offer(pdane_offer((enum pdane_client)client, by_twin, false, true), nothing);
                assert_offer(pdane_offer((enum pdane_client)client, other_issuer, false, true),
                             nothing);
        }
        pdane_cert_unref(by_twin);
        pdane_cert_unref(other_issuer);
        X509_NAME_free(issuer);
        X509_free(twin);
}

/* What pdane_decide refuses by its form gets nothing here either. */
static void
leaves_that_are_never_accepted(void **state)
{
        const struct pdane_offer nothing = {0};
        struct pdane_cert *v1 = test_cert(&(struct test_spec){.cn = HOST, .version = 1});
        struct pdane_cert *ip = test_cert(
                &(struct test_spec){.cn = HOST, .ip = TEST_LIST("192.0.2.1"), .bc = TEST_BC_FALSE});

        (void)state;
        for (int client = 1; client <= PDANE_CLIENT_LAST; client++) {
                assert_offer(pdane_offer((enum pdane_client)client, v1, false, true), nothing);
                assert_offer(pdane_offer((enum pdane_client)client, ip, false, true), nothing);
        }
        pdane_cert_unref(v1);
        pdane_cert_unref(ip);
}

static enum pdane_openssl_offer
openssl_offer(int kind, enum test_bc bc)
{
        struct pdane_cert *leaf = leaf_of_kind(kind, bc);
        enum pdane_openssl_offer o = pdane_offer_openssl(leaf, vouched(kind));

        pdane_cert_unref(leaf);
        return o;
}

/* Without a key id OpenSSL goes by the subject alone: it must not be one that a CA could have. */
static void
openssl_subjects(void **state)
{
        X509_NAME *foreign = test_dn(TEST_LIST("O", "Public", "CN", "Intermediate R3"));
        X509_NAME *mixed = test_dn(TEST_LIST("O", "Public", "CN", HOST));
        const struct {
                struct test_spec spec;
                enum pdane_openssl_offer expected;
        } cases[] = {
                {{.cn = HOST}, PDANE_OPENSSL_LEAF},
                {{.cn = NULL}, PDANE_OPENSSL_LEAF}, /* an empty subject */
                {{.subject = mixed}, PDANE_OPENSSL_LEAF},
                {{.subject = foreign}, PDANE_OPENSSL_NOTHING},
                {{.subject = foreign, .key_id = true}, PDANE_OPENSSL_LEAF},
        };
        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct test_spec spec = cases[i].spec;
                spec.dns = TEST_LIST(HOST);
                spec.bc = TEST_BC_FALSE;
                struct pdane_cert *leaf = test_cert(&spec);
                assert_int_equal(pdane_offer_openssl(leaf, PDANE_VOUCHED_LEAF), cases[i].expected);
                pdane_cert_unref(leaf);
        }
        X509_NAME_free(foreign);
        X509_NAME_free(mixed);
}

static void
openssl_directory(void **state)
{
        (void)state;
        assert_int_equal(openssl_offer(SELF, TEST_BC_FALSE), PDANE_OPENSSL_LEAF);
        assert_int_equal(openssl_offer(SELF, TEST_BC_NONE), PDANE_OPENSSL_LEAF);
        assert_int_equal(openssl_offer(SELF, TEST_BC_TRUE), PDANE_OPENSSL_NOTHING);
        assert_int_equal(openssl_offer(SELF_WILD, TEST_BC_FALSE), PDANE_OPENSSL_LEAF);
        assert_int_equal(openssl_offer(ISSUED, TEST_BC_FALSE), PDANE_OPENSSL_LEAF);
        assert_int_equal(openssl_offer(ISSUED, TEST_BC_NONE), PDANE_OPENSSL_NOTHING);
        assert_int_equal(openssl_offer(ISSUED, TEST_BC_TRUE), PDANE_OPENSSL_NOTHING);
        for (int bc = TEST_BC_NONE; bc <= TEST_BC_TRUE; bc++)
                assert_int_equal(openssl_offer(BELOW, (enum test_bc)bc), PDANE_OPENSSL_ANCHOR);
        for (int kind = BELOW_NESTED; kind <= BELOW_WILD; kind++) {
                assert_int_equal(openssl_offer(kind, TEST_BC_FALSE), PDANE_OPENSSL_LEAF);
                assert_int_equal(openssl_offer(kind, TEST_BC_NONE), PDANE_OPENSSL_NOTHING);
                assert_int_equal(openssl_offer(kind, TEST_BC_TRUE), PDANE_OPENSSL_NOTHING);
        }
}

/* Without basicConstraints, but keyUsage says keyCertSign: OpenSSL would let it sign for anybody.
 */
static void
openssl_takes_it_for_a_ca(void **state)
{
        static const unsigned char sign[] = {0x03, 0x02, 0x02, 0x04};        /* keyCertSign */
        static const unsigned char no_sign[] = {0x03, 0x02, 0x07, 0x80};     /* digitalSignature */
        static const unsigned char netscape_ca[] = {0x03, 0x02, 0x02, 0x04}; /* sslCA */
        static const struct {
                const char *oid;
                const unsigned char *value;
                enum pdane_openssl_offer offer;
        } cases[] = {{"2.5.29.15", sign, PDANE_OPENSSL_NOTHING},
                     {"2.5.29.15", no_sign, PDANE_OPENSSL_LEAF},
                     {"2.16.840.1.113730.1.1", netscape_ca, PDANE_OPENSSL_NOTHING}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                X509 *x = test_x509(&(struct test_spec){.cn = HOST, .dns = TEST_LIST(HOST)});
                struct pdane_cert *c;

                test_add_extension(x, cases[i].oid, true, cases[i].value, 4, test_key(0));
                c = test_cert_take(x);
                assert_int_equal(pdane_offer_openssl(c, false), cases[i].offer);
                pdane_cert_unref(c);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_cell),
                cmocka_unit_test(legacy_sha1),
                cmocka_unit_test(unknown_clients),
                cmocka_unit_test(imitations_of_self_signed),
                cmocka_unit_test(openssl_subjects),
                cmocka_unit_test(openssl_directory),
                cmocka_unit_test(openssl_takes_it_for_a_ca),
                cmocka_unit_test(leaves_that_are_never_accepted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
