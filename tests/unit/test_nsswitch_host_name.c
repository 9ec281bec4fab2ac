/* SPDX-License-Identifier: BSD-3-Clause */
#include "host_name.h"

#include <arpa/inet.h>

#include "nsswitch_limits.h"
#include "test.h"

static void
test_worthwhile(void **state)
{
        static const char *const names[] = {
                "a.b",
                "www.example.org",
                "www.example.org.",
                "WWW.Example.ORG",
                "_443._tcp.example.org",
                "xn--bcher-kva.example",
                "b\xc3\xbc\x63her.example",
                "1.example",
                "1.2.3.example",
                "10.in-addr.arpa",
                "nas.home.arpa",
                "www.test",
                "www.example",
                "local.example",
                "onion.example",
                "localx.xlocal",
                "a.locals",
                "a.loca",
                "a.lo",
                "a.xlocal",
                "a.0x1g",
                "a.1a",
                "a.x1",
                "0x1.a",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (!pdane_host_name_worthwhile(names[i]))
                        fail_msg("%s", names[i]);
}

static void
test_not_worthwhile(void **state)
{
        static const char *const names[] = {
                "",
                ".",
                "..",
                "www",
                "www.",
                "localhost",
                "localhost.",
                ".a.b",
                "a..b",
                "a.b..",
                "printer.local",
                "printer.local.",
                "printer.LoCaL",
                "a.b.local",
                "a.localhost",
                "abcdefgh.onion",
                "www.abcdefgh.ONION",
                "a.invalid",
                "a b.example",
                "a.example ",
                "a/b.example",
                "a.example\n",
                "a:b.example",
                "*.example.org",
                "a@b.example",
                "1.2.3.4",
                "1.2.3.4.",
                "127.1",
                "1.2.3",
                "0x7f.0.0.0x1",
                "0177.0.0.01",
                "1.0X1",
                "a.0x",
                "999.999.999.999",
                "::1",
                "fe80::1%eth0",
                "fe80::1%1.2",
                "::ffff:1.2.3.4",
                "2001:db8::1.2.3.4%lo",
                "1.2.3.4%eth0.1x",
        };

        (void)state;
        assert_false(pdane_host_name_worthwhile(NULL));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                if (pdane_host_name_worthwhile(names[i]))
                        fail_msg("%s", names[i]);
}

/* Whatever libc takes for an address is none of ours: every form of four parts, and of fewer. */
static void
test_addresses_as_libc_sees_them(void **state)
{
        static const char *const parts[] = {"0", "255", "0x7F", "0Xa", "017", "65535", "0xffffff"};
        const size_t n = sizeof(parts) / sizeof(parts[0]);
        char name[64];

        (void)state;
        for (size_t i = 0; i < n * n * n; i++)
                for (int dots = 1; dots <= 3; dots++) {
                        struct in_addr a;

                        snprintf(name, sizeof(name), "%s%s%s%s%s.%s", dots > 2 ? "1." : "",
                                 dots > 1 ? parts[i % n] : "", dots > 1 ? "." : "",
                                 parts[i / n % n], "", parts[i / n / n]);
                        if (inet_aton(name, &a) && pdane_host_name_worthwhile(name))
                                fail_msg("%s", name);
                }
}

static void
test_length(void **state)
{
        char name[PDANE_HINT_NAME_MAX + 2];

        (void)state;
        memset(name, 'a', sizeof(name));
        name[1] = '.';
        name[PDANE_HINT_NAME_MAX] = '\0';
        assert_true(pdane_host_name_worthwhile(name));
        name[PDANE_HINT_NAME_MAX] = 'a';
        name[PDANE_HINT_NAME_MAX + 1] = '\0';
        assert_false(pdane_host_name_worthwhile(name));
        name[PDANE_HINT_NAME_MAX] = '.';
        assert_false(pdane_host_name_worthwhile(name));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_worthwhile),
                cmocka_unit_test(test_not_worthwhile),
                cmocka_unit_test(test_addresses_as_libc_sees_them),
                cmocka_unit_test(test_length),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
