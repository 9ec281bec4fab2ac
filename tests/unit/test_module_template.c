/* SPDX-License-Identifier: BSD-3-Clause */
#include "template.h"

#include <errno.h>
#include <stdlib.h>

#include "module_limits.h"
#include "test_module_fake.h"

static CK_ULONG certificate = CKO_CERTIFICATE, trust = PDANE_CKO_TRUST,
                nss_trust = PDANE_CKO_NSS_TRUST;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static char dn[PDANE_CERT_MAX + 1] = "name";

#define CLASS(variable)                                                                            \
        {                                                                                          \
                CKA_CLASS, &(variable), sizeof(CK_ULONG)                                           \
        }
#define ISSUER                                                                                     \
        {                                                                                          \
                CKA_ISSUER, dn, 4                                                                  \
        }
#define SERIAL                                                                                     \
        {                                                                                          \
                CKA_SERIAL_NUMBER, dn, 3                                                           \
        }
#define SUBJECT                                                                                    \
        {                                                                                          \
                CKA_SUBJECT, dn, 4                                                                 \
        }
#define VALUE                                                                                      \
        {                                                                                          \
                CKA_VALUE, dn, 4                                                                   \
        }
#define TOKEN                                                                                      \
        {                                                                                          \
                CKA_TOKEN, &yes, sizeof(yes)                                                       \
        }
#define TRUSTED                                                                                    \
        {                                                                                          \
                CKA_TRUSTED, &yes, sizeof(yes)                                                     \
        }
#define WORTHWHILE(...)                                                                            \
        read_plan((CK_ATTRIBUTE[]){__VA_ARGS__},                                                   \
                  sizeof((CK_ATTRIBUTE[]){__VA_ARGS__}) / sizeof(CK_ATTRIBUTE))                    \
                .worthwhile

static struct pdane_plan
read_plan(const CK_ATTRIBUTE *t, CK_ULONG n)
{
        struct pdane_plan plan;

        assert_int_equal(pdane_template_read(t, n, &plan), 0);
        return plan;
}

static void
test_what_clients_ask(void **state)
{
        (void)state;
        /* NSS */
        assert_true(WORTHWHILE(TOKEN, CLASS(certificate), ISSUER, SERIAL));
        assert_true(WORTHWHILE(TOKEN, CLASS(certificate), SUBJECT));
        assert_true(WORTHWHILE(TOKEN, CLASS(certificate), VALUE));
        assert_true(WORTHWHILE(TOKEN, CLASS(trust), ISSUER, SERIAL));
        assert_true(WORTHWHILE(TOKEN, CLASS(nss_trust), ISSUER, SERIAL));
        /* GnuTLS */
        assert_true(WORTHWHILE(CLASS(certificate), TRUSTED, {CKA_ID, dn, 4}, SUBJECT));
        assert_true(WORTHWHILE(CLASS(certificate), TRUSTED, SERIAL, ISSUER));
}

static void
test_enumerations_are_not_for_the_daemon(void **state)
{
        CK_ULONG authority = 2;

        (void)state;
        assert_false(read_plan(NULL, 0).worthwhile);
        assert_false(WORTHWHILE(CLASS(certificate)));
        assert_false(WORTHWHILE(TOKEN, CLASS(certificate)));
        assert_false(WORTHWHILE(TOKEN, CLASS(trust)));
        assert_false(WORTHWHILE(CLASS(certificate), TRUSTED,
                                {CKA_CERTIFICATE_CATEGORY, &authority, sizeof(authority)}));
        assert_false(WORTHWHILE(CLASS(certificate), {CKA_ID, dn, 4}));
        assert_false(WORTHWHILE(CLASS(certificate), {CKA_LABEL, dn, 4}));
        assert_false(WORTHWHILE(CLASS(certificate), SERIAL));
        assert_false(WORTHWHILE(CLASS(certificate), SERIAL, SUBJECT));
        assert_false(WORTHWHILE(CLASS(certificate), ISSUER));
        assert_false(WORTHWHILE(CLASS(trust), ISSUER));
        /* Without a class nothing is sought, whatever else there is. */
        assert_false(WORTHWHILE(ISSUER, SERIAL));
        assert_false(WORTHWHILE({CKA_CLASS, &certificate, 4}, ISSUER, SERIAL));
}

static void
test_what_cannot_be_found(void **state)
{
        CK_ULONG key = CKO_PRIVATE_KEY, roots = 0xce534354UL, profile = 9;

        (void)state;
        assert_false(WORTHWHILE(CLASS(key), ISSUER, SERIAL));
        assert_false(WORTHWHILE(CLASS(roots), ISSUER, SERIAL));
        assert_false(WORTHWHILE(CLASS(profile), SUBJECT));
        assert_false(WORTHWHILE(CLASS(certificate), {CKA_TOKEN, &no, 1}, ISSUER, SERIAL));
        assert_false(WORTHWHILE(CLASS(certificate), {CKA_PRIVATE, &yes, 1}, ISSUER, SERIAL));
        assert_false(WORTHWHILE(CLASS(certificate), {0x80001234UL, dn, 4}, ISSUER, SERIAL));
        assert_false(WORTHWHILE(CLASS(trust), ISSUER, SERIAL, SUBJECT));
        assert_false(WORTHWHILE(CLASS(certificate), {CKA_SUBJECT, NULL, 0}));
        assert_false(WORTHWHILE(CLASS(certificate), ISSUER, {CKA_SERIAL_NUMBER, dn, 0}));
}

static void
expect_limit(CK_ATTRIBUTE_TYPE type, CK_ULONG max)
{
        CK_ATTRIBUTE t[4] = {CLASS(certificate), ISSUER, SERIAL, {type, dn, max}};

        /* A second ISSUER or SERIAL stands for the first. */
        assert_true(read_plan(t, 4).worthwhile);
        t[3].ulValueLen = max + 1;
        assert_false(read_plan(t, 4).worthwhile);
        t[3].ulValueLen = (CK_ULONG)-1;
        assert_false(read_plan(t, 4).worthwhile);
}

static void
test_short_class_is_not_read_past_its_end(void **state)
{
        void *four = calloc(1, 4);
        CK_ATTRIBUTE t[] = {{CKA_CLASS, four, 4}, SUBJECT};

        (void)state;
        assert_non_null(four);
        assert_false(read_plan(t, 2).has_class);
        free(four);
}

static void
test_limits(void **state)
{
        CK_ATTRIBUTE t[PDANE_TEMPLATE_MAX + 1];

        (void)state;
        expect_limit(CKA_ISSUER, PDANE_DN_MAX);
        expect_limit(CKA_SUBJECT, PDANE_DN_MAX);
        expect_limit(CKA_SERIAL_NUMBER, PDANE_SERIAL_MAX);
        expect_limit(CKA_VALUE, PDANE_CERT_MAX);
        t[0] = (CK_ATTRIBUTE)CLASS(certificate);
        for (size_t i = 1; i < PDANE_TEMPLATE_MAX + 1; i++)
                t[i] = (CK_ATTRIBUTE)SUBJECT;
        assert_true(read_plan(t, PDANE_TEMPLATE_MAX).worthwhile);
        assert_false(read_plan(t, PDANE_TEMPLATE_MAX + 1).worthwhile);
        /* Not even looked at. */
        assert_false(read_plan(t, (CK_ULONG)-1).worthwhile);
}

static void
test_unreadable(void **state)
{
        CK_ATTRIBUTE t[2] = {CLASS(certificate), {CKA_SUBJECT, NULL, 4}};
        struct pdane_plan plan = {.has_class = true};

        (void)state;
        assert_int_equal(pdane_template_read(NULL, 1, &plan), -EINVAL);
        assert_int_equal(pdane_template_read(t, 2, &plan), -EINVAL);
        assert_true(plan.has_class);
}

static void
test_question_and_gnutls(void **state)
{
        CK_ATTRIBUTE t[] = {CLASS(certificate), TRUSTED, ISSUER, SERIAL, TOKEN};
        struct pdane_plan plan = read_plan(t, 4);

        (void)state;
        assert_true(plan.by_gnutls);
        assert_int_equal(plan.class, CKO_CERTIFICATE);
        assert_ptr_equal(plan.question.issuer.data, dn);
        assert_int_equal(plan.question.issuer.len, 4);
        assert_int_equal(plan.question.serial.len, 3);
        assert_null(plan.question.subject.data);
        assert_null(plan.question.value.data);
        assert_false(read_plan(t, 5).by_gnutls);
        assert_false(read_plan(t, 1).by_gnutls);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_clients_ask),
                cmocka_unit_test(test_enumerations_are_not_for_the_daemon),
                cmocka_unit_test(test_what_cannot_be_found),
                cmocka_unit_test(test_short_class_is_not_read_past_its_end),
                cmocka_unit_test(test_limits),
                cmocka_unit_test(test_unreadable),
                cmocka_unit_test(test_question_and_gnutls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
