/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_user.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static bool
waits_with(const char *a, const char *b)
{
        struct pdane_tls_user u = {0};

        pdane_tls_user_note(&u, a);
        pdane_tls_user_note(&u, b);
        return pdane_tls_user_waits(&u);
}

static void
test_who_waits(void **state)
{
        static const char ssl[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

        (void)state;
        assert_true(waits_with(ssl, NULL));
        assert_true(waits_with("", "libssl.so.1.1"));
        /* curl maps it as well, for LDAP. */
        assert_true(waits_with(ssl, "/usr/lib/x86_64-linux-gnu/libgnutls.so.30"));
        assert_true(waits_with(ssl, "/opt/libnss3.so/libfoo.so"));
        assert_true(waits_with(ssl, "/usr/lib/libxul.so.debug"));
        assert_false(waits_with(NULL, NULL));
        assert_false(waits_with("/usr/lib/libssl3.so", NULL));
        assert_false(waits_with("/usr/lib/libssl.so", NULL));
        assert_false(waits_with("/usr/lib/mylibssl.so.3", NULL));
        assert_false(waits_with("/opt/libssl.so.3/libfoo.so", NULL));
        assert_false(waits_with("/usr/lib/libgnutls.so.30", NULL));
        assert_false(waits_with(ssl, "/usr/lib/x86_64-linux-gnu/libnss3.so"));
        assert_false(waits_with("/usr/lib/firefox-esr/libxul.so", ssl));
}

static void
test_scan(void **state)
{
        struct pdane_tls_user u = pdane_tls_user_scan();
        void *ssl, *nss;

        (void)state;
        assert_false(u.openssl || u.nss);
        ssl = dlopen(PDANE_TEST_MAPPED "/libssl.so.9", RTLD_NOW);
        assert_non_null(ssl);
        u = pdane_tls_user_scan();
        assert_true(u.openssl && !u.nss);
        nss = dlopen(PDANE_TEST_MAPPED "/libnss3.so", RTLD_NOW);
        assert_non_null(nss);
        u = pdane_tls_user_scan();
        assert_true(u.openssl && u.nss);
        dlclose(nss);
        dlclose(ssl);
        u = pdane_tls_user_scan();
        assert_false(u.openssl || u.nss);
}

/* A child must not need a lock that a thread of its parent's may have held. */
static void
test_forked_child_believes_its_parent(void **state)
{
        void *ssl = dlopen(PDANE_TEST_MAPPED "/libssl.so.9", RTLD_NOW);
        int status;
        pid_t pid;

        (void)state;
        assert_non_null(ssl);
        assert_true(pdane_tls_user_scan().openssl);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                dlclose(ssl);
                _exit(pdane_tls_user_scan().openssl ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        dlclose(ssl);
        assert_false(pdane_tls_user_scan().openssl);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_who_waits),
                cmocka_unit_test(test_scan),
                cmocka_unit_test(test_forked_child_believes_its_parent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
