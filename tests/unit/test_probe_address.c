/* SPDX-License-Identifier: BSD-3-Clause */
/* Which addresses may be connected to: the edges of every block, in every disguise. */
#include "test.h"

#include <arpa/inet.h>

#include "daemon/probe.h"
#include "daemon/probe_address.h"

enum expected { NEVER, LOCAL, ANY };

static struct sockaddr_storage
address(const char *text)
{
        struct sockaddr_storage ss = {0};
        struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
        if (strchr(text, ':')) {
                v6->sin6_family = AF_INET6;
                assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
        } else {
                v4->sin_family = AF_INET;
                assert_int_equal(inet_pton(AF_INET, text, &v4->sin_addr), 1);
        }
        return ss;
}

static void
check(const char *text, enum expected e)
{
        struct sockaddr_storage ss = address(text);
        const struct sockaddr *sa = (const struct sockaddr *)&ss;
        bool allowed = pdane_address_allowed(sa, false), local = pdane_address_allowed(sa, true);
        if (allowed != (e == ANY) || local != (e != NEVER))
                fail_msg("%s: allowed %d, with loopback %d", text, allowed, local);
        assert_int_equal(pdane_address_refused(sa), !allowed);
}

static void
test_v4(void **state)
{
        (void)state;
        check("0.0.0.0", NEVER);
        check("0.255.255.255", NEVER);
        check("1.0.0.0", ANY);
        check("10.0.0.1", ANY);
        check("126.255.255.255", ANY);
        check("127.0.0.0", LOCAL);
        check("127.0.0.1", LOCAL);
        check("127.255.255.255", LOCAL);
        check("128.0.0.0", ANY);
        check("169.253.255.255", ANY);
        check("169.254.0.0", LOCAL);
        check("169.254.255.255", LOCAL);
        check("169.255.0.0", ANY);
        check("172.16.0.1", ANY);
        check("192.168.1.1", ANY);
        check("223.255.255.255", ANY);
        check("224.0.0.0", NEVER);
        check("239.255.255.255", NEVER);
        check("240.0.0.0", NEVER);
        check("255.255.255.254", NEVER);
        check("255.255.255.255", NEVER);
}

static void
test_v6(void **state)
{
        (void)state;
        check("::", NEVER);
        check("::1", LOCAL);
        check("2001:db8::1", ANY);
        check("fd00::1", ANY);
        check("fe7f::1", ANY);
        check("fe80::", LOCAL);
        check("fe80::1", LOCAL);
        check("febf:ffff::1", LOCAL);
        check("fec0::1", ANY);
        check("feff::1", ANY);
        check("ff00::", NEVER);
        check("ff02::1", NEVER);
        check("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NEVER);
}

static void
test_v4_inside_v6(void **state)
{
        (void)state;
        static const char *const prefixes[] = {
                "::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::", "64:ff9b:1:ffff::"};
        static const struct {
                const char *v4;
                enum expected e;
        } hosts[] = {
                {"127.0.0.1", LOCAL}, {"169.254.1.1", LOCAL},     {"0.1.2.3", NEVER},
                {"224.0.0.1", NEVER}, {"255.255.255.255", NEVER}, {"192.0.2.1", ANY},
        };
        for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
                for (size_t j = 0; j < sizeof hosts / sizeof *hosts; j++) {
                        char text[64];
                        snprintf(text, sizeof text, "%s%s", prefixes[i], hosts[j].v4);
                        check(text, hosts[j].e);
                }
        check("64:ff9b:2::127.0.0.1", ANY);
        check("2002:7f00:1::1", LOCAL);
        check("2002:e000:1::1", NEVER);
        check("2002:c000:201::1", ANY);
        check("2003:7f00:1::1", ANY);
}

static void
test_family(void **state)
{
        (void)state;
        struct sockaddr_storage ss = {.ss_family = AF_UNIX};
        assert_true(pdane_address_refused((const struct sockaddr *)&ss));
        assert_false(pdane_address_allowed((const struct sockaddr *)&ss, true));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_v4),
                cmocka_unit_test(test_v6),
                cmocka_unit_test(test_v4_inside_v6),
                cmocka_unit_test(test_family),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
