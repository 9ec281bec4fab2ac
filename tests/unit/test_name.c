/* SPDX-License-Identifier: BSD-3-Clause */
/* Host names: one form for each, and nothing taken for a name that is none. */
#include <errno.h>

#include "test.h"
#include "trust/name.h"

#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"
#define BUCHER                                                                                     \
        "b\xc3\xbc"                                                                                \
        "cher.example"
#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
        const char *in, *text;
        bool wildcard;
} names[] = {
        {"example.com", "example.com", false},
        {"EXAMPLE.Com", "example.com", false},
        {"example.com.", "example.com", false},
        {"localhost", "localhost", false},
        {"a", "a", false},
        {"*.example.com", "example.com", true},
        {"*.EXAMPLE.com.", "example.com", true},
        {"*.com", "com", true},
        {"_443._tcp.example.com", "_443._tcp.example.com", false},
        {"a_b.example", "a_b.example", false},
        {"3com.example", "3com.example", false},
        {"10.example", "10.example", false},
        {"r4---sn-x.example", "r4---sn-x.example", false},
        {"ab--cd.example", "ab--cd.example", false},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example", false},
        {"B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example", false},
        {"*.b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example", true},
        {"XN--BCHER-KVA.example", "xn--bcher-kva.example", false},
        {"fa\xc3\x9f.example", "xn--fa-hia.example", false}, /* IDNA 2008: sharp s stays */
        {"b\xc3\xbc"
         "cher\xe3\x80\x82"
         "example",
         "xn--bcher-kva.example", false},                    /* U+3002 */
        {"xn--zzzzzz-.example0", NULL, false},               /* ends with a hyphen */
        {"xn--zzzzzz.example", "xn--zzzzzz.example", false}, /* compared as it stands */
        {LABEL63 ".example", LABEL63 ".example", false},
        {LABEL63 "4.example", NULL, false},
        {"", NULL, false},
        {".", NULL, false},
        {"..", NULL, false},
        {"example..com", NULL, false},
        {"example.com..", NULL, false},
        {".example.com", NULL, false},
        {"*", NULL, false},
        {"*.", NULL, false},
        {"*.*.example.com", NULL, false},
        {"f*.example.com", NULL, false},
        {"*f.example.com", NULL, false},
        {"a.*.example.com", NULL, false},
        {"*example.com", NULL, false},
        {"\xef\xbc\x8a.example.com", NULL, false}, /* fullwidth asterisk */
        {"-a.example", NULL, false},
        {"a-.example", NULL, false},
        {"a.-.example", NULL, false},
        {"a b.example", NULL, false},
        {" example.com", NULL, false},
        {"example.com ", NULL, false},
        {"example.com\n", NULL, false},
        {"exa/mple.com", NULL, false},
        {"user@example.com", NULL, false},
        {"example.com:443", NULL, false},
        {"1.2.3.4", NULL, false},
        {"1.2.3", NULL, false},
        {"example.123", NULL, false},
        {"example.0x1f", NULL, false},
        {"example.0x", NULL, false},
        {"example.0xyz", "example.0xyz", false},
        {"123", NULL, false},
        {"*.123", NULL, false},
        {"::1", NULL, false},
        {"\xff.example", NULL, false},
        {"b\xc3.example", NULL, false},
        {"\xe2\x80\x8b"
         "bank.example\xe2\x80\x8b",
         "bank.example", false}, /* zero width: mapped away */
};

static void
parse_table(void **state)
{
        (void)state;
        for (size_t i = 0; i < N(names); i++) {
                struct pdane_name n = {.text = "untouched"};
                int r = pdane_name_parse(names[i].in, strlen(names[i].in), &n);

                if (!names[i].text) {
                        if (r != -EINVAL || strcmp(n.text, "untouched") != 0)
                                fail_msg("taken: \"%s\" as \"%s\"", names[i].in, n.text);
                        continue;
                }
                if (r != 0)
                        fail_msg("not taken: \"%s\"", names[i].in);
                assert_string_equal(n.text, names[i].text);
                assert_int_equal(n.wildcard, names[i].wildcard);
        }
}

static void
parse_needs_no_nul(void **state)
{
        struct pdane_name n;

        (void)state;
        assert_int_equal(pdane_name_parse("example.com/path", 11, &n), 0);
        assert_string_equal(n.text, "example.com");
        assert_int_equal(pdane_name_parse("bank.example\0.evil.example", 26, &n), -EINVAL);
        assert_int_equal(pdane_name_parse("bank.example\0", 13, &n), -EINVAL);
        assert_int_equal(pdane_name_parse(NULL, 0, &n), -EINVAL);
}

/* A name of exactly len characters, len >= 192. */
static void
long_name(char *out, size_t len)
{
        snprintf(out, len + 1, "%s.%s.%s.", LABEL63, LABEL63, LABEL63);
        memset(out + 192, 'b', len - 192);
        out[len] = '\0';
}

static void
length_limit(void **state)
{
        char text[300];
        struct pdane_name n;

        (void)state;
        long_name(text, PDANE_NAME_MAX);
        assert_int_equal(pdane_name_parse(text, strlen(text), &n), 0);
        assert_int_equal(strlen(n.text), PDANE_NAME_MAX);
        strcat(text, ".");
        assert_int_equal(pdane_name_parse(text, strlen(text), &n), 0);
        long_name(text, PDANE_NAME_MAX + 1);
        assert_int_equal(pdane_name_parse(text, strlen(text), &n), -EINVAL);
        strcpy(text, "*.");
        long_name(text + 2, PDANE_NAME_MAX - 2);
        assert_int_equal(pdane_name_parse(text, strlen(text), &n), 0);
        assert_true(n.wildcard);
        long_name(text + 2, PDANE_NAME_MAX - 1);
        assert_int_equal(pdane_name_parse(text, strlen(text), &n), -EINVAL);
}

static void
long_input_is_refused(void **state)
{
        static char text[100000];
        struct pdane_name n;

        (void)state;
        for (size_t i = 0; i + 1 < sizeof(text); i += 2)
                memcpy(text + i, "\xc3\xbc", 2);
        assert_int_equal(pdane_name_parse(text, sizeof(text), &n), -EINVAL);
        memset(text, 'a', sizeof(text));
        assert_int_equal(pdane_name_parse(text, sizeof(text), &n), -EINVAL);
}

static void
hosts(void **state)
{
        struct pdane_name n = {.text = "untouched"};

        (void)state;
        assert_int_equal(pdane_host_parse("Example.com.", 12, &n), 0);
        assert_string_equal(n.text, "example.com");
        assert_int_equal(pdane_host_parse("localhost", 9, &n), -EINVAL);
        assert_int_equal(pdane_host_parse("localhost.", 10, &n), -EINVAL);
        assert_int_equal(pdane_host_parse("*.example.com", 13, &n), -EINVAL);
        assert_int_equal(pdane_host_parse("192.0.2.1", 9, &n), -EINVAL);
        assert_string_equal(n.text, "example.com");
}

static void
addresses(void **state)
{
        static const char *const yes[] = {
                "192.0.2.1",      "192.0.2.1.",  "1.2.3",        "12345",
                "0x7f000001",     "0x7f.1",      "0177.0.0.1",   "::1",
                "2001:db8::1",    "[::1]",       "fe80::1%eth0", "::192.0.2.1",
                "[fe80::1%eth0]", "2001:DB8::A",
        };
        static const char *const no[] = {
                "",    "example.com",     "1.2.3.4.5", "256.1.1.1", "1.2.3.4 x", " 1.2.3.4",
                "a.1", "1 Infinite Loop", "::g",       "[::1",      "0xg",       "08",
        };

        (void)state;
        for (size_t i = 0; i < N(yes); i++)
                if (!pdane_name_is_address(yes[i], strlen(yes[i])))
                        fail_msg("no address: \"%s\"", yes[i]);
        for (size_t i = 0; i < N(no); i++)
                if (strcmp(no[i], "[::1") != 0 && pdane_name_is_address(no[i], strlen(no[i])))
                        fail_msg("an address: \"%s\"", no[i]);
        assert_false(pdane_name_is_address("192.0.2.1\0", 10));
        assert_true(pdane_name_is_address("192.0.2.10", 9));
}

static void
host_like(void **state)
{
        static const char *const yes[] = {"example.com", "localhost", "*.example.com",
                                          "192.0.2.1",   "::1",       BUCHER};
        static const char *const no[] = {"Router 42", "Example, Inc.", "", "user@example.com",
                                         "a/b"};

        (void)state;
        for (size_t i = 0; i < N(yes); i++)
                assert_true(pdane_name_is_host_like(yes[i], strlen(yes[i])));
        for (size_t i = 0; i < N(no); i++)
                assert_false(pdane_name_is_host_like(no[i], strlen(no[i])));
}

static void
covers(void **state)
{
        const struct pdane_name wild = {.text = "example.com", .wildcard = true};
        const struct pdane_name plain = {.text = "example.com"};

        (void)state;
        assert_true(pdane_name_covers(&plain, "example.com"));
        assert_false(pdane_name_covers(&plain, "www.example.com"));
        assert_false(pdane_name_covers(&plain, "xexample.com"));
        assert_true(pdane_name_covers(&wild, "www.example.com"));
        assert_false(pdane_name_covers(&wild, "example.com"));
        assert_false(pdane_name_covers(&wild, "a.www.example.com"));
        assert_false(pdane_name_covers(&wild, ".example.com"));
        assert_false(pdane_name_covers(&wild, "wwwexample.com"));
        assert_false(pdane_name_covers(&wild, "*.example.com"));
        assert_false(pdane_name_covers(&wild, "www.example.org"));
        assert_false(pdane_name_covers(&wild, ""));
}

static void
equal_and_format(void **state)
{
        struct pdane_name a, b;
        char text[PDANE_NAME_MAX + 3];

        (void)state;
        assert_int_equal(pdane_name_parse("*.Example.com", 13, &a), 0);
        assert_int_equal(pdane_name_parse("example.com", 11, &b), 0);
        assert_false(pdane_name_equal(&a, &b));
        assert_string_equal(pdane_name_format(&a, text), "*.example.com");
        assert_string_equal(pdane_name_format(&b, text), "example.com");
        a.wildcard = false;
        assert_true(pdane_name_equal(&a, &b));
        a.wildcard = true;
        long_name(a.text, PDANE_NAME_MAX);
        assert_int_equal(strlen(pdane_name_format(&a, text)), PDANE_NAME_MAX + 2);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(parse_table),
                cmocka_unit_test(parse_needs_no_nul),
                cmocka_unit_test(length_limit),
                cmocka_unit_test(long_input_is_refused),
                cmocka_unit_test(hosts),
                cmocka_unit_test(addresses),
                cmocka_unit_test(host_like),
                cmocka_unit_test(covers),
                cmocka_unit_test(equal_and_format),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
