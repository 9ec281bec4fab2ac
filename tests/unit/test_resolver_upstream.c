/* SPDX-License-Identifier: BSD-3-Clause */
/* Server addresses from the configuration and from resolv.conf. */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "daemon/resolver_upstream.h"

static void
good(const char *in, const char *out, bool tls, bool loopback)
{
        struct pdane_forwarders f = {.n = 0};
        assert_int_equal(pdane_forwarders_add(&f, in), 0);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.text[0], out);
        assert_int_equal(f.tls, tls);
        assert_int_equal(f.loopback, loopback);
}

static void
bad(const char *in)
{
        struct pdane_forwarders f = {.n = 0};
        if (pdane_forwarders_add(&f, in) != -EINVAL || f.n != 0)
                fail_msg("\"%s\" was taken", in);
}

static void
test_add(void **state)
{
        (void)state;
        good("192.0.2.1", "192.0.2.1@53", false, false);
        good("192.0.2.1@5353", "192.0.2.1@5353", false, false);
        good("192.0.2.1@65535", "192.0.2.1@65535", false, false);
        good("192.0.2.1#dns.example", "192.0.2.1@853#dns.example", true, false);
        good("192.0.2.1@443#dns.example", "192.0.2.1@443#dns.example", true, false);
        good("2001:db8::1", "2001:db8::1@53", false, false);
        good("fe80::1%eth0", "fe80::1%eth0@53", false, false);
        good("fe80::1%eth0@53#x", "fe80::1%eth0@53#x", true, false);
        good("127.0.0.53", "127.0.0.53@53", false, true);
        good("::1", "::1@53", false, true);
        bad("");
        bad("@53");
        bad("#x");
        bad("192.0.2");
        bad("192.0.2.1.");
        bad("192.0.2.1 ");
        bad("dns.example");
        bad("192.0.2.1@");
        bad("192.0.2.1@0");
        bad("192.0.2.1@65536");
        bad("192.0.2.1@5x");
        bad("192.0.2.1@ 53");
        bad("192.0.2.1@000053");
        bad("192.0.2.1#");
        bad("192.0.2.1#a b");
        bad("192.0.2.1#a\n");
        bad("192.0.2.1@53@53");
        bad("192.0.2.1%eth0");
        bad("fe80::1%");
        bad("fe80::1%eth0\n");
        bad("fe80::1%a/b");
        bad("fe80::1%a%b");
        bad("fe80::1%an-interface-name-that-is-too-long-for-any-system-xxxxxxxxxxxxxxx");
        bad("[2001:db8::1]");
}

static void
test_add_limits(void **state)
{
        (void)state;
        struct pdane_forwarders f = {.n = 0};
        char text[512] = "192.0.2.1#";
        memset(text + 10, 'a', 255);
        text[265] = '\0';
        for (size_t i = 0; i < PDANE_FORWARDERS_MAX; i++)
                assert_int_equal(pdane_forwarders_add(&f, text), 0);
        assert_int_equal(pdane_forwarders_add(&f, text), -E2BIG);
        assert_int_equal(f.n, PDANE_FORWARDERS_MAX);
        strcat(text, "a");
        bad(text);
}

static void
with_file(const char *content, struct pdane_forwarders *ret)
{
        char path[] = "/tmp/pdane-resolv-XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
        close(fd);
        *ret = (struct pdane_forwarders){.n = 0};
        assert_int_equal(pdane_forwarders_read(ret, path, 53), 0);
        unlink(path);
}

static void
test_read(void **state)
{
        (void)state;
        struct pdane_forwarders f;
        with_file("# nameserver 192.0.2.9\n"
                  "search example\n"
                  "nameserver 192.0.2.1\n"
                  "  nameserver\t2001:db8::1 # the second\n"
                  "nameserver fe80::1%eth0;x\n"
                  "nameservers 192.0.2.8\n"
                  "nameserver192.0.2.8\n"
                  "nameserver 192.0.2.8@54\n"
                  "nameserver dns.example\n"
                  "nameserver\n"
                  "nameserver 192.0.2.2\r\n"
                  "nameserver 127.0.0.53",
                  &f);
        assert_int_equal(f.n, 5);
        assert_string_equal(f.text[0], "192.0.2.1@53");
        assert_string_equal(f.text[1], "2001:db8::1@53");
        assert_string_equal(f.text[2], "fe80::1%eth0@53");
        assert_string_equal(f.text[3], "192.0.2.2@53");
        assert_string_equal(f.text[4], "127.0.0.53@53");
        assert_true(f.loopback);
        assert_false(f.tls);
}

static void
test_read_limits(void **state)
{
        (void)state;
        struct pdane_forwarders f = {.n = 0};
        char many[4096] = "", deep[4096];
        for (unsigned i = 0; i <= PDANE_FORWARDERS_MAX; i++)
                strcat(many, "nameserver 192.0.2.1\n");
        with_file(many, &f);
        assert_int_equal(f.n, PDANE_FORWARDERS_MAX);
        memset(deep, '\n', sizeof deep);
        strcpy(deep + sizeof deep - 30, "nameserver 192.0.2.1\n");
        with_file(deep, &f);
        assert_int_equal(f.n, 0); /* past the last line that is looked at */
        with_file("", &f);
        assert_int_equal(f.n, 0);
        assert_int_equal(pdane_forwarders_read(&f, "/nonexistent/resolv.conf", 53), -ENOENT);
        assert_true(pdane_forwarders_read(&f, "/tmp", 53) < 0);
        assert_int_equal(f.n, 0);
}

static void
test_format(void **state)
{
        (void)state;
        struct pdane_forwarders f = {.n = 0};
        char buf[64];
        assert_int_equal(pdane_forwarders_add(&f, "192.0.2.1@53"), 0);
        pdane_forwarders_format(&f, buf, sizeof buf);
        assert_string_equal(buf, "forward 192.0.2.1");
        assert_int_equal(pdane_forwarders_add(&f, "2001:db8::1#dns.example"), 0);
        pdane_forwarders_format(&f, buf, sizeof buf);
        assert_string_equal(buf, "forward 192.0.2.1,2001:db8::1");
        pdane_forwarders_format(&f, buf, 20);
        assert_string_equal(buf, "forward 192.0.2.1,2");
        pdane_forwarders_format(&f, buf, 4);
        assert_string_equal(buf, "for");
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_add),    cmocka_unit_test(test_add_limits),
                cmocka_unit_test(test_read),   cmocka_unit_test(test_read_limits),
                cmocka_unit_test(test_format),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
