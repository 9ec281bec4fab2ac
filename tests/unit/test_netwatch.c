/* SPDX-License-Identifier: BSD-3-Clause */
/* Another network is noticed, and the same one told of again is not. What interfaces there are is
 * the test's to say. */
#include "daemon/netwatch.h"

#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define MAX 4

static struct ifaddrs interfaces[MAX];
static struct sockaddr_in addresses[MAX];
static size_t n_interfaces;
static bool fails;

/* In glibc's place. */
int
getifaddrs(struct ifaddrs **ret)
{
        if (fails) {
                errno = EMFILE;
                return -1;
        }
        *ret = n_interfaces ? interfaces : NULL;
        return 0;
}

void
freeifaddrs(struct ifaddrs *all)
{
        (void)all;
}

static void
add(const char *name, uint32_t address, unsigned flags)
{
        static char names[MAX][IF_NAMESIZE];
        size_t i = n_interfaces++;
        snprintf(names[i], sizeof names[i], "%s", name);
        addresses[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(address)}};
        interfaces[i] = (struct ifaddrs){.ifa_name = names[i],
                                         .ifa_flags = flags,
                                         .ifa_addr = (struct sockaddr *)(void *)&addresses[i]};
        if (i)
                interfaces[i - 1].ifa_next = &interfaces[i];
}

static struct event_base *base;
static struct pdane_netwatch *watch;
static char directory[] = "/tmp/p11-dane-test-XXXXXX", path[64];
static unsigned changes;

static void
on_changed(void *arg)
{
        (void)arg;
        changes++;
}

static void
write_servers(const char *text)
{
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static int
setup(void **state)
{
        (void)state;
        n_interfaces = 0;
        changes = 0;
        fails = false;
        add("eth0", 0xc0000201, IFF_UP);
        write_servers("nameserver 192.0.2.53\n");
        base = event_base_new();
        return pdane_netwatch_new(base, path, on_changed, NULL, &watch);
}

static int
teardown(void **state)
{
        (void)state;
        pdane_netwatch_free(watch);
        event_base_free(base);
        unlink(path);
        return 0;
}

static unsigned
changes_now(void)
{
        pdane_netwatch_check(watch);
        return changes;
}

static void
nothing_changed(void **state)
{
        (void)state;
        assert_int_equal(changes_now(), 0);
        write_servers("nameserver 192.0.2.53\n"); /* written again by whoever manages it */
        assert_int_equal(changes_now(), 0);
        add("lo", 0x7f000002, IFF_UP | IFF_LOOPBACK);
        add("eth1", 0xc0000209, 0); /* not up */
        assert_int_equal(changes_now(), 0);
}

static void
other_servers(void **state)
{
        (void)state;
        write_servers("nameserver 198.51.100.53\n");
        assert_int_equal(changes_now(), 1);
        assert_int_equal(changes_now(), 1);
        unlink(path);
        assert_int_equal(changes_now(), 2);
        assert_int_equal(mkfifo(path, 0600), 0); /* does not stop us, and names none */
        assert_int_equal(changes_now(), 3);
        unlink(path);
        write_servers("nameserver 192.0.2.53\n");
        assert_int_equal(changes_now(), 4);
}

/* A byte that counts, or does not, is another one. */
static unsigned
changes_with(size_t size, char last)
{
        static char text[PDANE_RESOLV_CONF_MAX + 2];
        memset(text, '#', sizeof text);
        text[size - 1] = last;
        text[size] = '\0';
        write_servers(text);
        return changes_now();
}

static void
a_long_file(void **state)
{
        (void)state;
        assert_int_equal(changes_with(PDANE_RESOLV_CONF_MAX, '1'), 1);
        assert_int_equal(changes_with(PDANE_RESOLV_CONF_MAX, '2'), 2);
        assert_int_equal(changes_with(PDANE_RESOLV_CONF_MAX, '2'), 2);
        assert_int_equal(changes_with(PDANE_RESOLV_CONF_MAX + 1, '3'), 3); /* '2' became '#' */
        assert_int_equal(changes_with(PDANE_RESOLV_CONF_MAX + 1, '4'), 3);
}

static void
other_addresses(void **state)
{
        (void)state;
        add("wlan0", 0xc6336401, IFF_UP);
        assert_int_equal(changes_now(), 1);
        n_interfaces = 0;
        add("wlan0", 0xc6336401, IFF_UP); /* the same, told in another order */
        add("eth0", 0xc0000201, IFF_UP);
        assert_int_equal(changes_now(), 1);
        n_interfaces = 0;
        add("eth0", 0xc6336401, IFF_UP); /* the same addresses, at each other's places */
        add("wlan0", 0xc0000201, IFF_UP);
        assert_int_equal(changes_now(), 2);
        n_interfaces = 0;
        assert_int_equal(changes_now(), 3);
}

static void
cannot_be_told(void **state)
{
        (void)state;
        fails = true;
        assert_int_equal(changes_now(), 0);
        write_servers("nameserver 198.51.100.53\n");
        assert_int_equal(changes_now(), 1);
        fails = false;
        assert_int_equal(changes_now(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {TEST(nothing_changed), TEST(other_servers),
                                           TEST(a_long_file), TEST(other_addresses),
                                           TEST(cannot_be_told)};
        if (!mkdtemp(directory))
                return 1;
        snprintf(path, sizeof path, "%s/resolv.conf", directory);
        int failed = cmocka_run_group_tests(tests, NULL, NULL);
        rmdir(directory);
        return failed;
}
