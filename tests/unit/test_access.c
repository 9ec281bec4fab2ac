/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/access.h"
#include "daemon/landlock.h"
#include "test.h"

static struct pdane_access *
access_of(char **allow, char **deny, char **programs)
{
        struct pdane_config cfg = {
                .allow_domains = allow, .deny_domains = deny, .deny_programs = programs};
        struct pdane_access *a = NULL;
        char *error = NULL;
        assert_int_equal(pdane_access_new(&cfg, "x.conf", &a, &error), 0);
        return a;
}

static char *none[] = {NULL};

static void
domains(void **state)
{
        char *allow[] = {(char[]){"A.test."}, (char[]){"b.test"}, NULL},
             *deny[] = {(char[]){"x.a.test"}, NULL};
        struct pdane_access *a = access_of(none, none, none);
        (void)state;
        assert_true(pdane_access_domain(a, "any.test"));
        pdane_access_free(a);
        a = access_of(allow, deny, none);
        assert_true(pdane_access_domain(a, "a.test"));
        assert_true(pdane_access_domain(a, "www.a.test"));
        assert_true(pdane_access_domain(a, "b.test"));
        assert_false(pdane_access_domain(a, "aa.test"));
        assert_false(pdane_access_domain(a, "test"));
        assert_false(pdane_access_domain(a, "x.a.test"));
        assert_false(pdane_access_domain(a, "y.x.a.test"));
        assert_true(pdane_access_domain(a, "yx.a.test"));
        pdane_access_free(a);
        pdane_access_free(NULL);
}

/* What a certificate is good for is more than what it spells. */
static void
wildcards(void **state)
{
        char *deny[] = {(char[]){"x.a.test"}, NULL};
        struct pdane_access *a = access_of(none, deny, none);
        static const struct {
                struct pdane_name name;
                bool allowed;
        } cases[] = {
                {{"a.test", false}, true},    {{"a.test", true}, false},  {{"test", true}, false},
                {{"x.a.test", true}, false},  {{"y.a.test", true}, true}, {{"b.test", true}, true},
                {{"yx.a.test", false}, true},
        };
        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                assert_int_equal(pdane_access_name(a, &cases[i].name), cases[i].allowed);
        pdane_access_free(a);
}

static void
bad_domain(void **state)
{
        char *bad[] = {(char[]){"a b"}, NULL};
        struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = bad, .deny_programs = none};
        struct pdane_access *a = NULL;
        char *error = NULL;
        (void)state;
        assert_int_equal(pdane_access_new(&cfg, "x.conf", &a, &error), -EINVAL);
        assert_non_null(strstr(error, "deny-domains"));
        assert_non_null(strstr(error, "a\\x20b"));
        free(error);
}

static void
programs(void **state)
{
        char exe[PATH_MAX] = "";
        (void)state;
        assert_true(readlink("/proc/self/exe", exe, sizeof exe - 1) > 0);
        char *mine[] = {strrchr(exe, '/') + 1, NULL}, *other[] = {(char[]){"other"}, NULL};
        struct pdane_access *a = access_of(none, none, mine);
        assert_false(pdane_access_program(a, getpid()));
        pdane_access_free(a);
        a = access_of(none, none, other);
        assert_true(pdane_access_program(a, getpid()));
        assert_false(pdane_access_program(a, -1)); /* nobody's */
        pdane_access_free(a);
        a = access_of(none, none, none);
        assert_true(pdane_access_program(a, -1));
        pdane_access_free(a);
}

/* Asked by one who cannot see our executable, as the daemon cannot: about us. */
static bool
hidden_allowed(char *denied)
{
        char *list[] = {denied, NULL};
        struct pdane_access *a = access_of(none, none, list);
        int status = 0;
        pid_t us = getpid(), child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                char exe[PATH_MAX], link[64];
                snprintf(link, sizeof link, "/proc/%d/exe", us);
                if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                    pdane_landlock_restrict(NULL, 0, NULL) < 0)
                        _exit(77);
                if (readlink(link, exe, sizeof exe) >= 0)
                        _exit(78);
                _exit(pdane_access_program(a, us));
        }
        pdane_access_free(a);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
                skip(); /* this kernel has no Landlock */
        assert_in_range(WEXITSTATUS(status), 0, 1);
        return WEXITSTATUS(status);
}

static void
hidden_programs(void **state)
{
        (void)state;
        assert_true(hidden_allowed((char[]){"other"}));
        assert_true(hidden_allowed((char[]){"test_acces"}));
        assert_false(hidden_allowed((char[]){"test_access"}));
        /* by its first argument alone */
        assert_int_equal(prctl(PR_SET_NAME, "fifteen-letters", 0, 0, 0), 0);
        assert_false(hidden_allowed((char[]){"test_access"}));
        /* by its name alone, of which the kernel keeps the start */
        assert_false(hidden_allowed((char[]){"fifteen-letters-and-more"}));
        assert_true(hidden_allowed((char[]){"fifteen-letter"}));
}

int
main(void)
{
        const struct CMUnitTest tests[] = {cmocka_unit_test(domains), cmocka_unit_test(wildcards),
                                           cmocka_unit_test(bad_domain), cmocka_unit_test(programs),
                                           cmocka_unit_test(hidden_programs)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
