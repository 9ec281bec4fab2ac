/* SPDX-License-Identifier: BSD-3-Clause */
#include "observer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "nsswitch_limits.h"
#include "test_nsswitch_fake.h"

/* The linker sends the plugin's calls here (-Wl,--wrap): time passes when a test says so. */
static atomic_long passed_s;
static atomic_int socket_calls;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
        (void)id;
        *ts = (struct timespec){.tv_sec = 1000 + atomic_load(&passed_s)};
        return 0;
}

int
__wrap_socket(int domain, int type, int protocol)
{
        atomic_fetch_add(&socket_calls, 1);
        return __real_socket(domain, type, protocol);
}

/* What was waited for in vain has passed. */
int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
        int r = __real_poll(fds, n, timeout_ms);

        if (r == 0)
                atomic_fetch_add(&passed_s, (timeout_ms + 999) / 1000);
        return r;
}

static void *
map_libssl(void)
{
        void *library = dlopen(PDANE_TEST_MAPPED "/libssl.so.9", RTLD_NOW);

        assert_non_null(library);
        return library;
}

static void
test_a_name_is_told(void **state)
{
        struct fake_daemon f;

        (void)state;
        fake_daemon_start(&f);
        pdane_observe("WWW.Example.org.");
        assert_int_equal(fake_daemon_sync(&f), 1);
        /* As the program wrote it. */
        assert_string_equal(f.last, "WWW.Example.org.");
        assert_int_equal(atomic_load(&f.waits), 0);
        fake_daemon_stop(&f);
}

static void
test_special_names_cost_nothing(void **state)
{
        static const char *const names[] = {"www",       "1.2.3.4", "::1",       "fe80::1%lo",
                                            "a.local",   "a.onion", "localhost", "a.localhost.",
                                            "a.invalid", ""};
        struct fake_daemon f;
        int before;

        (void)state;
        fake_daemon_start(&f);
        before = atomic_load(&socket_calls);
        pdane_observe(NULL);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                pdane_observe(names[i]);
        assert_int_equal(atomic_load(&socket_calls), before);
        assert_int_equal(fake_daemon_sync(&f), 0);
        fake_daemon_stop(&f);
}

static void
test_repeats(void **state)
{
        struct fake_daemon f;

        (void)state;
        fake_daemon_start(&f);
        pdane_observe("www.example");
        pdane_observe("www.example");
        pdane_observe("WWW.example.");
        assert_int_equal(fake_daemon_sync(&f), 1);
        pdane_observe("www.example.org");
        assert_int_equal(fake_daemon_sync(&f), 2);
        atomic_fetch_add(&passed_s, 1);
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 3);
        fake_daemon_stop(&f);
}

static void
test_who_waits_waits_once(void **state)
{
        struct fake_daemon f;
        void *ssl;

        (void)state;
        fake_daemon_start(&f);
        fake_daemon_says_done(&f);
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 1);
        /* It was not waited for yet. */
        ssl = map_libssl();
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 2);
        assert_int_equal(atomic_load(&f.waits), 1);
        pdane_observe("www.example");
        dlclose(ssl);
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 2);
        fake_daemon_stop(&f);
}

static void
test_browsers_never_wait(void **state)
{
        void *ssl = map_libssl(), *nss = dlopen(PDANE_TEST_MAPPED "/libnss3.so", RTLD_NOW);
        struct fake_daemon f;

        (void)state;
        assert_non_null(nss);
        fake_daemon_start(&f);
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 1);
        assert_int_equal(atomic_load(&f.waits), 0);
        dlclose(nss);
        dlclose(ssl);
        fake_daemon_stop(&f);
}

static void
test_a_hang_up_is_forgotten(void **state)
{
        struct fake_daemon f;
        void *ssl = map_libssl();

        (void)state;
        fake_daemon_start(&f);
        pdane_observe("www.example");
        pdane_observe("www.example");
        /* The daemon hung up without a word: next time it may do better. */
        assert_int_equal(atomic_load(&f.waits), 2);
        dlclose(ssl);
        fake_daemon_stop(&f);
}

/* Fills the queue until the plugin has met silence; the queue of one takes a few. */
static void
meet_silence(struct fake_daemon *f)
{
        char name[32];

        fake_daemon_start_stopped(f, 0);
        for (int i = 0; i < 4; i++) {
                snprintf(name, sizeof(name), "n%d.example", i);
                pdane_observe(name);
        }
}

static void
test_a_silent_daemon_is_left_alone(void **state)
{
        struct fake_daemon f;
        int before;

        (void)state;
        meet_silence(&f);
        before = atomic_load(&socket_calls);
        pdane_observe("other.example");
        atomic_fetch_add(&passed_s, PDANE_PAUSE_MIN_MS / 1000 - 1);
        pdane_observe("other.example");
        assert_int_equal(atomic_load(&socket_calls), before);
        atomic_fetch_add(&passed_s, 1);
        pdane_observe("other.example");
        assert_int_equal(atomic_load(&socket_calls), before + 1);
        /* Silent again: twice as long. */
        atomic_fetch_add(&passed_s, PDANE_PAUSE_MIN_MS / 1000);
        pdane_observe("other.example");
        assert_int_equal(atomic_load(&socket_calls), before + 1);
        fake_daemon_stop(&f);
}

/* Takes one hint, as a daemon does that has come back. */
static void *
take_one(void *arg)
{
        uint8_t buf[PDANE_HINT_NAME_MAX];
        int fd = accept4(*(int *)arg, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
                (void)recv(fd, buf, sizeof(buf), 0);
                close(fd);
        }
        return NULL;
}

static void
test_patience_returns(void **state)
{
        struct fake_daemon f;
        pthread_t thread;
        int before;

        (void)state;
        meet_silence(&f);
        atomic_fetch_add(&passed_s, PDANE_PAUSE_MIN_MS / 1000);
        /* What waits in the queue is read by hand, so that the next one is accepted. */
        for (int fd; (fd = accept4(f.listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0; close(fd))
                if (fcntl(f.listen_fd, F_SETFL, O_NONBLOCK) < 0)
                        break;
        assert_int_equal(fcntl(f.listen_fd, F_SETFL, 0), 0);
        assert_int_equal(pthread_create(&thread, NULL, take_one, &f.listen_fd), 0);
        pdane_observe("first.example");
        pthread_join(thread, NULL);
        before = atomic_load(&socket_calls);
        pdane_observe("second.example");
        assert_int_equal(atomic_load(&socket_calls), before + 1);
        /* That silence counts as the first. */
        pdane_observe("third.example");
        atomic_fetch_add(&passed_s, PDANE_PAUSE_MIN_MS / 1000);
        before = atomic_load(&socket_calls);
        pdane_observe("fourth.example");
        assert_int_equal(atomic_load(&socket_calls), before + 1);
        fake_daemon_stop(&f);
}

/* One that takes connections and nothing from them is silent, too: it does not know the name yet.
 */
static void
test_a_hint_is_to_be_taken(void **state)
{
        struct fake_daemon f;
        int before;

        (void)state;
        fake_daemon_start_stopped(&f, 512);
        before = (int)atomic_load(&passed_s);
        pdane_observe("first.example");
        assert_true(atomic_load(&passed_s) - before >= PDANE_TAKEN_MS / 1000);
        before = atomic_load(&socket_calls);
        pdane_observe("second.example");
        assert_int_equal(atomic_load(&socket_calls), before);
        fake_daemon_stop(&f);
}

static void
test_no_daemon(void **state)
{
        struct fake_daemon f;
        int before;

        (void)state;
        fake_daemon_start_stopped(&f, 1);
        fake_daemon_stop(&f);
        before = atomic_load(&socket_calls);
        pdane_observe("www.example");
        assert_int_equal(atomic_load(&socket_calls), before + 1);
        /* It may be started at any time. */
        pdane_observe("www.example");
        assert_int_equal(atomic_load(&socket_calls), before + 2);
}

static void
test_a_path_that_is_too_long(void **state)
{
        char path[200];
        int before = atomic_load(&socket_calls);

        (void)state;
        memset(path, 'x', sizeof(path) - 1);
        path[sizeof(path) - 1] = '\0';
        setenv("P11_DANE_SOCKET", path, 1);
        pdane_observer_forget();
        pdane_observe("www.example");
        assert_int_equal(atomic_load(&socket_calls), before);
}

static void
test_the_daemon_itself(void **state)
{
        static char daemon_name[] = "p11-daned";
        char *name = program_invocation_short_name;
        struct fake_daemon f;

        (void)state;
        fake_daemon_start(&f);
        program_invocation_short_name = daemon_name;
        pdane_observe("www.example");
        program_invocation_short_name = name;
        assert_int_equal(fake_daemon_sync(&f), 0);
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 1);
        fake_daemon_stop(&f);
}

static void
test_no_descriptors_left(void **state)
{
        struct rlimit old, none;
        struct fake_daemon f;

        (void)state;
        fake_daemon_start(&f);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
        none = old;
        none.rlim_cur = 3;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        pdane_observe("www.example");
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_equal(fake_daemon_sync(&f), 0);
        /* It has not been told, so it is told now. */
        pdane_observe("www.example");
        assert_int_equal(fake_daemon_sync(&f), 1);
        fake_daemon_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_a_name_is_told),
                cmocka_unit_test(test_special_names_cost_nothing),
                cmocka_unit_test(test_repeats),
                cmocka_unit_test(test_who_waits_waits_once),
                cmocka_unit_test(test_browsers_never_wait),
                cmocka_unit_test(test_a_hang_up_is_forgotten),
                cmocka_unit_test(test_a_silent_daemon_is_left_alone),
                cmocka_unit_test(test_patience_returns),
                cmocka_unit_test(test_a_hint_is_to_be_taken),
                cmocka_unit_test(test_no_daemon),
                cmocka_unit_test(test_a_path_that_is_too_long),
                cmocka_unit_test(test_the_daemon_itself),
                cmocka_unit_test(test_no_descriptors_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
