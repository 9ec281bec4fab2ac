/* SPDX-License-Identifier: BSD-3-Clause */
/* What a service manager is told, byte for byte, and what of its environment is believed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/notify.h"
#include "test.h"

static char path[128];

/* The manager's end, at the name given (its first byte may be NUL). */
static int
manager(const char *name, size_t len)
{
        struct sockaddr_un sun = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        memcpy(sun.sun_path, name, len);
        assert_int_equal(bind(fd, (struct sockaddr *)&sun,
                              (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                         0);
        return fd;
}

static int
manager_at_path(void)
{
        snprintf(path, sizeof path, "/tmp/pdane-notify-%d", getpid());
        unlink(path);
        return manager(path, strlen(path) + 1);
}

static const char *
next(int fd)
{
        static char text[256];
        ssize_t n = recv(fd, text, sizeof text - 1, 0);
        if (n < 0)
                return "";
        text[n] = '\0';
        return text;
}

static void
environment(const char *address, const char *usec, const char *pid)
{
        setenv("NOTIFY_SOCKET", address, 1);
        usec ? setenv("WATCHDOG_USEC", usec, 1) : unsetenv("WATCHDOG_USEC");
        pid ? setenv("WATCHDOG_PID", pid, 1) : unsetenv("WATCHDOG_PID");
}

static void
test_words(void **state)
{
        (void)state;
        int fd = manager_at_path();
        environment(path, NULL, NULL);
        assert_int_equal(pdane_notify_open(), 0);
        pdane_notify_ready();
        assert_string_equal(next(fd), "READY=1");
        pdane_notify_alive();
        assert_string_equal(next(fd), "WATCHDOG=1");
        pdane_notify_stopping();
        assert_string_equal(next(fd), "STOPPING=1");
        pdane_notify_close();
        pdane_notify_ready();
        assert_string_equal(next(fd), "");
        close(fd);
        unlink(path);
}

static uint64_t
now_us(void)
{
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* systemd takes a reload for ours only if its time is not before the signal's. */
static void
test_reloading_has_the_time(void **state)
{
        static const char said[] = "RELOADING=1\nMONOTONIC_USEC=";
        uint64_t before = now_us(), told;
        (void)state;
        int fd = manager_at_path();
        environment(path, NULL, NULL);
        assert_int_equal(pdane_notify_open(), 0);
        pdane_notify_reloading();
        const char *text = next(fd);
        char *end;
        assert_int_equal(strncmp(text, said, strlen(said)), 0);
        told = strtoull(text + strlen(said), &end, 10);
        assert_string_equal(end, "");
        assert_true(told >= before && told <= now_us());
        pdane_notify_close();
        close(fd);
        unlink(path);
}

static void
test_abstract_name(void **state)
{
        char name[64];
        (void)state;
        snprintf(name, sizeof name, "@pdane-notify-%d", getpid());
        environment(name, NULL, NULL);
        name[0] = '\0';
        int fd = manager(name, 1 + strlen(name + 1));
        assert_int_equal(pdane_notify_open(), 0);
        pdane_notify_ready();
        assert_string_equal(next(fd), "READY=1");
        pdane_notify_close();
        close(fd);
}

static void
test_environment_is_taken(void **state)
{
        (void)state;
        int fd = manager_at_path();
        environment(path, "1000", NULL);
        assert_int_equal(pdane_notify_open(), 0);
        assert_null(getenv("NOTIFY_SOCKET"));
        assert_null(getenv("WATCHDOG_USEC"));
        assert_null(getenv("WATCHDOG_PID"));
        pdane_notify_close();
        close(fd);
        unlink(path);
}

static void
test_nobody(void **state)
{
        (void)state;
        unsetenv("NOTIFY_SOCKET");
        assert_int_equal(pdane_notify_open(), 0);
        pdane_notify_ready(); /* and nothing happens */
        environment("", NULL, NULL);
        assert_int_equal(pdane_notify_open(), 0);
        assert_int_equal(pdane_notify_watchdog_us(), 0);
}

static void
test_bad_addresses(void **state)
{
        char longest[120];
        (void)state;
        memset(longest, 'x', sizeof longest);
        longest[0] = '/';
        longest[108] = '\0'; /* one more than sun_path holds with its NUL */
        static const struct {
                const char *text;
                int error;
        } bad[] = {{"relative", -EAFNOSUPPORT},
                   {"vsock:2:1234", -EAFNOSUPPORT},
                   {"/", -EINVAL},
                   {"@", -EINVAL},
                   {"/tmp/pdane-nobody-is-here", -ENOENT}};
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                environment(bad[i].text, NULL, NULL);
                assert_int_equal(pdane_notify_open(), bad[i].error);
                pdane_notify_ready();
        }
        environment(longest, NULL, NULL);
        assert_int_equal(pdane_notify_open(), -EINVAL);
}

static void
test_watchdog(void **state)
{
        char us[16];
        (void)state;
        snprintf(us, sizeof us, "%d", getpid());
        const struct {
                const char *usec, *pid;
                uint64_t expected;
        } cases[] = {{"30000000", NULL, 15000000},
                     {"30000000", us, 15000000},
                     {"30000000", "1", 0},
                     {"30000000", "", 0},
                     {"-5", NULL, 0},
                     {"30s", NULL, 0},
                     {"", NULL, 0},
                     {"99999999999999999999999", NULL, 0},
                     {NULL, NULL, 0}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                int fd = manager_at_path();
                environment(path, cases[i].usec, cases[i].pid);
                assert_int_equal(pdane_notify_open(), 0);
                assert_int_equal(pdane_notify_watchdog_us(), cases[i].expected);
                pdane_notify_close();
                close(fd);
        }
        unlink(path);
}

/* A manager that has gone, or reads nothing, holds nobody up. */
static void
test_deaf_manager(void **state)
{
        (void)state;
        int fd = manager_at_path();
        environment(path, NULL, NULL);
        assert_int_equal(pdane_notify_open(), 0);
        for (int i = 0; i < 5000; i++)
                pdane_notify_alive();
        close(fd);
        pdane_notify_alive();
        pdane_notify_close();
        unlink(path);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words),         cmocka_unit_test(test_reloading_has_the_time),
                cmocka_unit_test(test_abstract_name), cmocka_unit_test(test_environment_is_taken),
                cmocka_unit_test(test_nobody),        cmocka_unit_test(test_bad_addresses),
                cmocka_unit_test(test_watchdog),      cmocka_unit_test(test_deaf_manager),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
