/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>

#include "test_nsswitch_fake.h"

static char buffer[512];
static struct hostent host;

enum function { BYNAME4, BYNAME3, BYNAME2, BYNAME };

static enum nss_status
call(enum function which, const char *name, int af, int *errnop, int *h_errnop)
{
        struct gaih_addrtuple *at = NULL;
        char *canon = NULL;
        int32_t ttl = 0;

        switch (which) {
        case BYNAME4:
                return _nss_dane_gethostbyname4_r(name, &at, buffer, sizeof(buffer), errnop,
                                                  h_errnop, &ttl);
        case BYNAME3:
                return _nss_dane_gethostbyname3_r(name, af, &host, buffer, sizeof(buffer), errnop,
                                                  h_errnop, &ttl, &canon);
        case BYNAME2:
                return _nss_dane_gethostbyname2_r(name, af, &host, buffer, sizeof(buffer), errnop,
                                                  h_errnop);
        case BYNAME:
                break;
        }
        return _nss_dane_gethostbyname_r(name, &host, buffer, sizeof(buffer), errnop, h_errnop);
}

static void
test_every_function_tells(void **state)
{
        static const char *const names[] = {"four.example", "three.example", "two.example",
                                            "one.example"};
        struct fake_daemon f;
        int error = 0, herror = 0;

        (void)state;
        fake_daemon_start(&f);
        for (int i = BYNAME4; i <= BYNAME; i++) {
                assert_int_equal(call((enum function)i, names[i], AF_INET, &error, &herror),
                                 NSS_STATUS_UNAVAIL);
                assert_int_equal(fake_daemon_sync(&f), i + 1);
                assert_string_equal(f.last, names[i]);
        }
        fake_daemon_stop(&f);
}

static void
test_families(void **state)
{
        struct fake_daemon f;
        int error = 0, herror = 0;

        (void)state;
        fake_daemon_start(&f);
        for (int i = BYNAME3; i <= BYNAME2; i++) {
                assert_int_equal(call((enum function)i, "unix.example", AF_UNIX, &error, &herror),
                                 NSS_STATUS_UNAVAIL);
                assert_int_equal(call((enum function)i, "x.example", 99, &error, &herror),
                                 NSS_STATUS_UNAVAIL);
        }
        assert_int_equal(fake_daemon_sync(&f), 0);
        assert_int_equal(call(BYNAME2, "a.example", AF_INET6, &error, &herror), NSS_STATUS_UNAVAIL);
        assert_int_equal(call(BYNAME2, "b.example", AF_UNSPEC, &error, &herror),
                         NSS_STATUS_UNAVAIL);
        assert_int_equal(call(BYNAME3, "c.example", AF_INET, &error, &herror), NSS_STATUS_UNAVAIL);
        assert_int_equal(fake_daemon_sync(&f), 3);
        fake_daemon_stop(&f);
}

static void
test_errors_are_kept(void **state)
{
        static const char *const names[] = {"a.example", "b.example", "1.2.3.4", "c.local"};
        static const int values[] = {NETDB_INTERNAL, NETDB_SUCCESS, HOST_NOT_FOUND,
                                     TRY_AGAIN,      NO_RECOVERY,   NO_DATA};
        struct fake_daemon f;

        (void)state;
        /* Nobody there: connect() fails. */
        fake_daemon_start_stopped(&f, 1);
        fake_daemon_stop(&f);
        for (int i = BYNAME4; i <= BYNAME; i++)
                for (size_t v = 0; v < 6; v++)
                        for (size_t n = 0; n < 4; n++) {
                                int error = EXDEV, herror = values[v];

                                errno = ENOTTY;
                                h_errno = values[v];
                                call((enum function)i, names[n], AF_INET, &error, &herror);
                                assert_int_equal(errno, ENOTTY);
                                assert_int_equal(h_errno, values[v]);
                                assert_int_equal(error, EXDEV);
                                assert_int_equal(herror, values[v]);
                        }
}

/* As getaddrinfo() calls. */
static void
test_errors_of_getaddrinfo(void **state)
{
        static const struct {
                int errno_before, h_errno_before, errno_after, h_errno_after;
        } cases[] = {
                {EXDEV, NETDB_INTERNAL, EXDEV, HOST_NOT_FOUND},
                {EXDEV, HOST_NOT_FOUND, 0, HOST_NOT_FOUND},
                {EXDEV, TRY_AGAIN, EXDEV, TRY_AGAIN},
                {EXDEV, NO_DATA, EXDEV, NO_DATA},
                {EXDEV, NETDB_SUCCESS, EXDEV, NETDB_SUCCESS},
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                for (int which = BYNAME4; which <= BYNAME2; which++) {
                        errno = cases[i].errno_before;
                        h_errno = cases[i].h_errno_before;
                        call((enum function)which, "a.example", AF_INET6, &errno, &h_errno);
                        assert_int_equal(errno, which == BYNAME4 ? cases[i].errno_before
                                                                 : cases[i].errno_after);
                        assert_int_equal(h_errno, which == BYNAME4 ? cases[i].h_errno_before
                                                                   : cases[i].h_errno_after);
                }
}

/* The library as it is built: loaded by its name, called by its symbols, unloaded. */
static void
test_library(void **state)
{
        static const char *const symbols[] = {
                "_nss_dane_gethostbyname4_r", "_nss_dane_gethostbyname3_r",
                "_nss_dane_gethostbyname2_r", "_nss_dane_gethostbyname_r"};
        enum nss_status (*by_name)(const char *, struct hostent *, char *, size_t, int *, int *);
        struct fake_daemon f;
        int error = 0, herror = 0;
        void *library;

        (void)state;
        fake_daemon_start(&f);
        for (int i = 0; i < 3; i++) {
                library = dlopen(PDANE_TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
                assert_non_null(library);
                for (size_t s = 0; s < 4; s++)
                        assert_non_null(dlsym(library, symbols[s]));
                assert_null(dlsym(library, "pdane_observe"));
                *(void **)&by_name = dlsym(library, symbols[3]);
                assert_int_equal(
                        by_name("a.example", &host, buffer, sizeof(buffer), &error, &herror),
                        NSS_STATUS_UNAVAIL);
                assert_int_equal(dlclose(library), 0);
        }
        assert_int_equal(fake_daemon_sync(&f), 3);
        fake_daemon_stop(&f);
}

/* The call is no place to be cancelled in: its descriptor would stay open. */
static void *
call_cancelled(void *arg)
{
        int error = 0, herror = 0, was;

        pthread_cancel(pthread_self());
        call(BYNAME4, "cancelled.example", AF_INET, &error, &herror);
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
        /* But after it the thread may be. */
        *(bool *)arg = was == PTHREAD_CANCEL_ENABLE;
        return arg;
}

static void
test_cancellation(void **state)
{
        struct fake_daemon f;
        bool restored = false;
        pthread_t thread;
        void *end;

        (void)state;
        fake_daemon_start(&f);
        assert_int_equal(pthread_create(&thread, NULL, call_cancelled, &restored), 0);
        pthread_join(thread, &end);
        assert_ptr_equal(end, &restored);
        assert_true(restored);
        assert_int_equal(fake_daemon_sync(&f), 1);
        fake_daemon_stop(&f);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_function_tells),
                cmocka_unit_test(test_families),
                cmocka_unit_test(test_errors_are_kept),
                cmocka_unit_test(test_errors_of_getaddrinfo),
                cmocka_unit_test(test_library),
                cmocka_unit_test(test_cancellation),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
