/* SPDX-License-Identifier: BSD-3-Clause */
/* Which names a certificate has: all that any client could match, or a reason why there is no list.
 */
#include <errno.h>
#include <openssl/x509v3.h>

#include "certs.h"
#include "test.h"

#define BUCHER                                                                                     \
        "b\xc3\xbc"                                                                                \
        "cher.example"
#define REVERSED                                                                                   \
        "\xe2\x80\xae"                                                                             \
        "bank.example" /* right-to-left override */

static void
check_refused(struct pdane_cert *c, enum pdane_reason reason, const char *text)
{
        const char *why = "unset";

        assert_string_equal(pdane_reason_string(pdane_cert_names_reason(c, &why)),
                            pdane_reason_string(reason));
        assert_int_equal(pdane_cert_n_names(c), 0);
        assert_false(pdane_cert_name(c, 0, &(struct pdane_name){0}));
        if (text)
                assert_string_equal(why, text);
        pdane_cert_unref(c);
}

/* names: as they are to be shown, in order. */
static void
check_names(struct pdane_cert *c, const char *const *names)
{
        struct pdane_name all[PDANE_CERT_NAMES_MAX], name;
        char shown[PDANE_NAME_MAX + 3];
        const char *why = "unset";
        size_t n = pdane_cert_names(c, all), i = 0;

        assert_string_equal(pdane_reason_string(pdane_cert_names_reason(c, &why)), "accepted");
        assert_null(why);
        for (; names[i]; i++) {
                assert_true(pdane_cert_name(c, i, &name));
                assert_string_equal(pdane_name_format(&name, shown), names[i]);
                assert_true(pdane_cert_has_name(c, &name));
                assert_true(i < n && pdane_name_equal(&all[i], &name));
                name.wildcard = !name.wildcard;
                for (size_t k = 0; k < n && !pdane_name_equal(&all[k], &name); k++)
                        assert_false(k + 1 == n && pdane_cert_has_name(c, &name));
        }
        assert_int_equal(pdane_cert_n_names(c), i);
        assert_int_equal(n, i);
        assert_false(pdane_cert_name(c, i, &name));
        pdane_cert_unref(c);
}

static struct pdane_cert *
with(const char *cn, const char *const *dns)
{
        return test_cert(&(struct test_spec){.cn = cn, .dns = dns});
}

static void
dns_names(void **state)
{
        (void)state;
        check_names(with("h.example", TEST_LIST("H.Example", "*.h.example", "h.example.")),
                    TEST_LIST("h.example", "*.h.example"));
        check_names(with(NULL, TEST_LIST("localhost")), TEST_LIST("localhost"));
        check_names(with(NULL, TEST_LIST("xn--bcher-kva.example", "a_b.example")),
                    TEST_LIST("xn--bcher-kva.example", "a_b.example"));
        check_refused(with(NULL, TEST_LIST("h.example", "192.0.2.1")), PDANE_REASON_IP_NAME,
                      "192.0.2.1");
        check_refused(with(NULL, TEST_LIST("h.example", "::1")), PDANE_REASON_IP_NAME, "::1");
        check_refused(with(NULL, TEST_LIST("h.example", "f*.example")), PDANE_REASON_MALFORMED,
                      "f*.example");
        check_refused(with(NULL, TEST_LIST("h.example", ".example")), PDANE_REASON_MALFORMED,
                      ".example");
        check_refused(with(NULL, TEST_LIST("h.example", "*")), PDANE_REASON_MALFORMED, "*");
        check_refused(with(NULL, TEST_LIST("h.example", "")), PDANE_REASON_MALFORMED, NULL);
        check_refused(with(NULL, TEST_LIST("h.example", "a b.example")), PDANE_REASON_MALFORMED,
                      "a\\x20b.example");
        check_refused(with(NULL, TEST_LIST(BUCHER)), PDANE_REASON_MALFORMED,
                      "b\\xc3\\xbccher.example");
}

static void
addresses(void **state)
{
        (void)state;
        check_refused(test_cert(&(struct test_spec){.dns = TEST_LIST("h.example"),
                                                    .ip = TEST_LIST("192.0.2.1")}),
                      PDANE_REASON_IP_NAME, "192.0.2.1");
        check_refused(test_cert(&(struct test_spec){.dns = TEST_LIST("h.example"),
                                                    .ip = TEST_LIST("2001:db8::1")}),
                      PDANE_REASON_IP_NAME, "2001:db8::1");
        check_refused(
                test_cert(&(struct test_spec){.cn = "h.example", .ip = TEST_LIST("192.0.2.1")}),
                PDANE_REASON_IP_NAME, "192.0.2.1");
        /* An iPAddress of no length that an address has. */
        check_refused(test_cert(&(struct test_spec){
                              .cn = "h.example", .san = "\x30\x03\x87\x01\x7f", .san_len = 5}),
                      PDANE_REASON_IP_NAME, NULL);
}

static void
other_types_are_ignored(void **state)
{
        const char *const *more =
                TEST_LIST("email:a@bank.example", "URI:https://bank.example/", "RID:1.2.3");

        (void)state;
        check_names(test_cert(&(struct test_spec){.dns = TEST_LIST("h.example"), .more = more}),
                    TEST_LIST("h.example"));
        check_names(test_cert(&(struct test_spec){.cn = "h", .more = more}), TEST_LIST("h"));
        check_refused(test_cert(&(struct test_spec){.more = more}), PDANE_REASON_NO_NAMES, NULL);
}

static void
common_names(void **state)
{
        const char *const *dns = TEST_LIST("h.example");

        (void)state;
        check_names(with("h.example", NULL), TEST_LIST("h.example"));
        check_names(with("bank.example", dns), TEST_LIST("h.example", "bank.example"));
        check_names(with("*.bank.example", dns), TEST_LIST("h.example", "*.bank.example"));
        check_names(with("*.bank", dns), TEST_LIST("h.example", "*.bank"));
        check_names(with(BUCHER, dns), TEST_LIST("h.example", "xn--bcher-kva.example"));
        /* One label counts only where a client would look at the commonName. */
        check_names(with("router", NULL), TEST_LIST("router"));
        check_names(with("router", dns), TEST_LIST("h.example"));
        check_names(with("12345", dns), TEST_LIST("h.example"));
        check_refused(with("12345", NULL), PDANE_REASON_IP_NAME, "12345");
        check_refused(with("192.0.2.1", dns), PDANE_REASON_IP_NAME, "192.0.2.1");
        check_refused(with("::1", dns), PDANE_REASON_IP_NAME, "::1");
        /* Text that nobody takes for a host. */
        check_names(with("Router 42", dns), TEST_LIST("h.example"));
        check_names(with("Example, Inc.", dns), TEST_LIST("h.example"));
        check_names(with("M\xc3\xbcller GmbH & Co. KG", dns), TEST_LIST("h.example"));
        check_names(with("user@bank.example", dns), TEST_LIST("h.example"));
        check_refused(with("Router 42", NULL), PDANE_REASON_NO_NAMES, NULL);
        check_refused(with(NULL, NULL), PDANE_REASON_NO_NAMES, NULL);
}

static void
common_names_that_resemble_hosts(void **state)
{
        static const char *const bad[] = {"f*.bank.example",
                                          "bank..example",
                                          "-x.bank.example",
                                          ".bank.example",
                                          "*",
                                          "*.*.example",
                                          " bank.example",
                                          "bank.example ",
                                          "bank.example\r\n",
                                          "bank\texample",
                                          "bank.123",
                                          "\x7f",
                                          REVERSED};

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
                check_refused(with(bad[i], TEST_LIST("h.example")), PDANE_REASON_MALFORMED, NULL);
}

static void
every_common_name_counts(void **state)
{
        X509_NAME *dn = test_dn(TEST_LIST("CN", "one.example", "O", "three.example", "CN",
                                          "Acme Ltd", "CN", "two.example"));
        X509_NAME *bad = test_dn(TEST_LIST("CN", "one.example", "CN", "f*.two.example"));

        (void)state;
        check_names(test_cert(&(struct test_spec){.subject = dn}),
                    TEST_LIST("one.example", "two.example"));
        check_refused(test_cert(&(struct test_spec){.subject = bad}), PDANE_REASON_MALFORMED, NULL);
        X509_NAME_free(dn);
        X509_NAME_free(bad);
}

static struct pdane_cert *
with_typed_cn(int type, const void *data, size_t len)
{
        X509_NAME *dn = test_dn_typed("CN", type, data, len);
        struct pdane_cert *c =
                test_cert(&(struct test_spec){.subject = dn, .dns = TEST_LIST("h.example")});

        X509_NAME_free(dn);
        return c;
}

static void
common_name_string_types(void **state)
{
        static const char bmp[] = "\0b\0.\0e"; /* with the final NUL */
        const char *const *both = TEST_LIST("h.example", "b.e");

        (void)state;
        check_names(with_typed_cn(V_ASN1_PRINTABLESTRING, "b.e", 3), both);
        check_names(with_typed_cn(V_ASN1_IA5STRING, "b.e", 3), both);
        check_names(with_typed_cn(V_ASN1_T61STRING, "b.e", 3), both);
        check_names(with_typed_cn(V_ASN1_BMPSTRING, bmp, 6), both);
        check_names(with_typed_cn(V_ASN1_UNIVERSALSTRING, "\0\0\0b\0\0\0.\0\0\0e", 12), both);
        check_refused(with_typed_cn(V_ASN1_UTF8STRING, "b.e\0.x", 6), PDANE_REASON_MALFORMED,
                      "b.e\\x00.x");
        /* Chinese as text, "bank.org" to a program that compares the octets. */
        check_refused(with_typed_cn(V_ASN1_BMPSTRING, "bank.org", 8), PDANE_REASON_MALFORMED,
                      "bank.org");
        check_refused(with_typed_cn(V_ASN1_BIT_STRING, "b.e", 3), PDANE_REASON_MALFORMED, NULL);
}

/* OpenSSL takes no such certificate; whatever it would make of the name does not matter. */
static void
common_name_not_utf8(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "b.e?", .dns = TEST_LIST("h.example")});
        struct pdane_cert *c = NULL;
        unsigned char *der = NULL, *at;
        int len = i2d_X509(x, &der);

        (void)state;
        assert_true(len > 0);
        assert_int_equal(pdane_cert_new(der, (size_t)len, &c), 0);
        pdane_cert_unref(c);
        c = NULL;
        while ((at = memmem(der, (size_t)len, "b.e?", 4)))
                at[3] = 0xff;
        assert_int_equal(pdane_cert_new(der, (size_t)len, &c), -EBADMSG);
        assert_null(c);
        OPENSSL_free(der);
        X509_free(x);
}

static void
check_raw(const void *san, size_t len, enum pdane_reason reason)
{
        check_refused(test_cert(&(struct test_spec){.cn = "h.example", .san = san, .san_len = len}),
                      reason, NULL);
}

static void
malformed_extension(void **state)
{
        struct pdane_cert *good = test_cert(&(struct test_spec){.cn = "h.example",
                                                                .san = "\x30\x05\x82\x03"
                                                                       "b.e",
                                                                .san_len = 7});

        (void)state;
        check_names(good, TEST_LIST("b.e", "h.example"));
        check_raw("\x30\x00", 2, PDANE_REASON_MALFORMED);
        check_raw("", 0, PDANE_REASON_MALFORMED);
        check_raw("\x04\x00", 2, PDANE_REASON_MALFORMED);
        check_raw("\x30\x05\x82\x03"
                  "b.e\0",
                  8, PDANE_REASON_MALFORMED); /* trailing octet */
        check_raw("\x30\x05\x82\x04"
                  "b.e",
                  7, PDANE_REASON_MALFORMED); /* cut short */
        check_raw("\x30\x81\x05\x82\x03"
                  "b.e",
                  8, PDANE_REASON_MALFORMED); /* long length */
        check_raw("\x30\x80\x82\x03"
                  "b.e\0\0",
                  9, PDANE_REASON_MALFORMED); /* indefinite */
        check_raw("\x30\x07\x82\x05"
                  "b.e\0x",
                  9, PDANE_REASON_MALFORMED); /* NUL in the name */
        check_raw("\x30\x06\x82\x04"
                  "b.\xc3\xa9",
                  8, PDANE_REASON_MALFORMED); /* not ASCII */
}

static void
repeated_extensions(void **state)
{
        static const char san[] = "\x30\x05\x82\x03"
                                  "b.e";
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example", .dns = TEST_LIST("h.example")});

        (void)state;
        test_add_extension(x, "1.3.6.1.4.1.55555.1", false, "x", 1, test_key(0));
        check_names(test_cert_take(X509_dup(x)), TEST_LIST("h.example"));
        test_add_extension(x, "1.3.6.1.4.1.55555.1", false, "y", 1, test_key(0));
        check_refused(test_cert_take(x), PDANE_REASON_MALFORMED, NULL);
        x = test_x509(&(struct test_spec){.cn = "h.example", .dns = TEST_LIST("h.example")});
        test_add_extension(x, "2.5.29.17", false, san, sizeof(san) - 1, test_key(0));
        check_refused(test_cert_take(x), PDANE_REASON_MALFORMED, NULL);
}

/* Any of the standard extensions that does not parse: clients would differ. */
static void
broken_extension(void **state)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example", .dns = TEST_LIST("h.example")});

        (void)state;
        test_add_extension(x, "2.5.29.15", true, "\x03\x02\x05\xa0", 4, test_key(0));
        check_names(test_cert_take(x), TEST_LIST("h.example"));
        x = test_x509(&(struct test_spec){.cn = "h.example", .dns = TEST_LIST("h.example")});
        test_add_extension(x, "2.5.29.15", true, "\x04\x02\x05\xa0", 4, test_key(0));
        check_refused(test_cert_take(x), PDANE_REASON_MALFORMED, NULL);
}

static void
check_basic_constraints(const void *value, size_t len, bool sound)
{
        X509 *x = test_x509(&(struct test_spec){.cn = "h.example"});

        test_add_extension(x, "2.5.29.19", true, value, len, test_key(0));
        if (sound)
                check_names(test_cert_take(x), TEST_LIST("h.example"));
        else
                check_refused(test_cert_take(x), PDANE_REASON_MALFORMED, NULL);
}

static void
basic_constraints_read_one_way(void **state)
{
        (void)state;
        check_basic_constraints("\x30\x00", 2, true);
        check_basic_constraints("\x30\x03\x01\x01\xff", 5, true);
        check_basic_constraints("\x30\x03\x01\x01\x00", 5, true); /* explicit FALSE: common */
        check_basic_constraints("\x30\x03\x01\x01\x01", 5, false);
        check_basic_constraints("\x30\x00\x30\x03\x01\x01\xff", 7, false);
        check_basic_constraints("\x30\x80\x00\x00", 4, false);
        check_basic_constraints("", 0, false);
}

/* A SAN of n names "N.example". */
static struct pdane_cert *
with_many(size_t n, bool twice, const char *cn)
{
        char **dns = calloc(2 * n + 1, sizeof(*dns));
        struct pdane_cert *c;

        assert_non_null(dns);
        for (size_t i = 0; i < (twice ? 2 * n : n); i++)
                assert_true(asprintf(&dns[i], "%zu.e", i % n) > 0);
        c = test_cert(&(struct test_spec){.cn = cn, .dns = (const char *const *)dns});
        for (size_t i = 0; i < 2 * n; i++)
                free(dns[i]);
        free(dns);
        return c;
}

static void
number_limit(void **state)
{
        const char *text;
        struct pdane_cert *c = with_many(PDANE_CERT_NAMES_MAX, true, "7.e");

        (void)state;
        assert_int_equal(pdane_cert_names_reason(c, &text), PDANE_REASON_ACCEPTED);
        assert_int_equal(pdane_cert_n_names(c), PDANE_CERT_NAMES_MAX);
        pdane_cert_unref(c);
        check_refused(with_many(PDANE_CERT_NAMES_MAX + 1, false, NULL), PDANE_REASON_TOO_LARGE,
                      NULL);
        check_refused(with_many(PDANE_CERT_NAMES_MAX, false, "h.example"), PDANE_REASON_TOO_LARGE,
                      NULL);
        check_refused(with_many(1800, false, NULL), PDANE_REASON_TOO_LARGE, NULL);
}

static size_t
hosts_of(const X509_NAME *dn, struct pdane_name *ret, size_t max)
{
        unsigned char *der = NULL;
        int len = i2d_X509_NAME(dn, &der);
        size_t n;

        assert_true(len > 0);
        n = pdane_dn_hosts((struct pdane_bytes){der, (size_t)len}, ret, max);
        OPENSSL_free(der);
        return n;
}

static void
check_hosts(const char *const *pairs, const char *const *hosts)
{
        X509_NAME *dn = test_dn(pairs);
        struct pdane_name found[8];
        char shown[PDANE_NAME_MAX + 3];
        size_t n = hosts_of(dn, found, 8), i = 0;

        for (; hosts[i]; i++) {
                assert_true(i < n);
                assert_string_equal(pdane_name_format(&found[i], shown), hosts[i]);
        }
        assert_int_equal(n, i);
        X509_NAME_free(dn);
}

static void
hosts_in_a_name(void **state)
{
        (void)state;
        check_hosts(TEST_LIST("CN", "Host.Example"), TEST_LIST("host.example"));
        check_hosts(TEST_LIST("CN", "*.host.example"), TEST_LIST("*.host.example"));
        check_hosts(TEST_LIST("O", "x.example", "CN", "a.example", "CN", "b.example", "CN",
                              "A.example"),
                    TEST_LIST("a.example", "b.example"));
        check_hosts(TEST_LIST("DC", "com", "DC", "example", "CN", "Private CA"),
                    TEST_LIST("example.com"));
        check_hosts(TEST_LIST("DC", "com", "DC", "example", "CN", "www.example.com"),
                    TEST_LIST("www.example.com", "example.com"));
        check_hosts(TEST_LIST("CN", BUCHER), TEST_LIST("xn--bcher-kva.example"));
        check_hosts(TEST_LIST("CN", "router"), TEST_LIST(NULL));
        check_hosts(TEST_LIST("CN", "192.0.2.1"), TEST_LIST(NULL));
        check_hosts(TEST_LIST("CN", "Router 42", "DC", "local"), TEST_LIST(NULL));
        check_hosts(TEST_LIST("DC", "com", "DC", "a.b"), TEST_LIST(NULL));
        check_hosts(NULL, TEST_LIST(NULL));
}

static void
hosts_limits_and_garbage(void **state)
{
        X509_NAME *dn =
                test_dn(TEST_LIST("CN", "a.example", "CN", "b.example", "DC", "com", "DC", "c"));
        struct pdane_name found[3];
        static const uint8_t garbage[] = {0x30, 0x05, 0x31, 0x80, 0xff, 0xff, 0xff};
        static uint8_t large[PDANE_DN_MAX + 1];

        (void)state;
        memset(found, 0xee, sizeof(found));
        assert_int_equal(hosts_of(dn, found, 3), 3);
        memset(found, 0xee, sizeof(found));
        assert_int_equal(hosts_of(dn, found, 2), 2);
        assert_int_equal((unsigned char)found[2].text[0], 0xee);
        assert_int_equal(hosts_of(dn, found, 0), 0);
        for (size_t len = 0; len <= sizeof(garbage); len++)
                assert_int_equal(pdane_dn_hosts((struct pdane_bytes){garbage, len}, found, 3), 0);
        assert_int_equal(pdane_dn_hosts((struct pdane_bytes){NULL, 0}, found, 3), 0);
        assert_int_equal(pdane_dn_hosts((struct pdane_bytes){large, sizeof(large)}, found, 3), 0);
        X509_NAME_free(dn);
}

/* Domain components that spell more than a name can hold. */
static void
long_domain_components(void **state)
{
        X509_NAME *dn = X509_NAME_new();
        struct pdane_name found[1];

        (void)state;
        for (int i = 0; i < 200; i++)
                assert_true(X509_NAME_add_entry_by_txt(dn, "DC", V_ASN1_IA5STRING,
                                                       (const unsigned char *)"ab", 2, -1, 0));
        assert_int_equal(hosts_of(dn, found, 1), 0);
        X509_NAME_free(dn);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(dns_names),
                cmocka_unit_test(addresses),
                cmocka_unit_test(other_types_are_ignored),
                cmocka_unit_test(common_names),
                cmocka_unit_test(common_names_that_resemble_hosts),
                cmocka_unit_test(every_common_name_counts),
                cmocka_unit_test(common_name_string_types),
                cmocka_unit_test(common_name_not_utf8),
                cmocka_unit_test(malformed_extension),
                cmocka_unit_test(repeated_extensions),
                cmocka_unit_test(broken_extension),
                cmocka_unit_test(basic_constraints_read_one_way),
                cmocka_unit_test(number_limit),
                cmocka_unit_test(hosts_in_a_name),
                cmocka_unit_test(hosts_limits_and_garbage),
                cmocka_unit_test(long_domain_components),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
