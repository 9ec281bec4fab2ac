/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config.h"
#include "test.h"

static char path[] = "/tmp/pdane-test-config-XXXXXX";
static char *error;

static int
load_bytes(const char *bytes, size_t len, struct pdane_config **ret)
{
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(bytes, 1, len, f), len);
        fclose(f);
        free(error);
        error = NULL;
        return pdane_config_load(path, ret, &error);
}

static int
load(const char *text, struct pdane_config **ret)
{
        return load_bytes(text, strlen(text), ret);
}

static void
defaults(void **state)
{
        struct pdane_config *c = NULL;
        (void)state;
        assert_int_equal(pdane_config_load("/nonexistent/p11-dane.conf", &c, &error), 0);
        assert_string_equal(c->socket, "/run/p11-dane/socket");
        assert_string_equal(c->user, "p11-dane");
        assert_string_equal(c->state_dir, "/var/lib/p11-dane");
        assert_string_equal(c->unbound_conf, "");
        assert_int_equal(c->log_level, PDANE_LOG_INFO);
        assert_int_equal(c->forward, PDANE_FORWARD_AUTO);
        assert_true(c->tlsa_ahead);
        assert_int_equal(c->n_ports, 1);
        assert_int_equal(c->ports[0], 443);
        assert_int_equal(c->deadline_ms, 4000);
        assert_int_equal(c->name_deadline_ms, 1500);
        assert_int_equal(c->hint_deadline_ms, 250);
        assert_false(c->allow_loopback);
        assert_true(c->sandbox);
        pdane_config_free(c);
}

static void
every_key(void **state)
{
        struct pdane_config *c = NULL;
        (void)state;
        assert_int_equal(
                load("# comment\n[daemon]\nsocket=/a/b\nlog-level=debug\nuser=\nstate-dir=/s\n"
                     "sandbox=no\n"
                     "[dns]\nunbound-conf=/u\ntrust-anchor-file=/"
                     "t\nforward=9.9.9.9@853#dns.example\ntlsa-ahead=no\n"
                     "[lookup]\nports=443, "
                     "8443\ndeadline-ms=5000\nname-deadline-ms=1\nhint-deadline-ms=600000\n"
                     "watch=a.test, b.test\nwatch=c.test\nallow-loopback=yes\n",
                     &c),
                0);
        assert_string_equal(c->socket, "/a/b");
        assert_int_equal(c->log_level, PDANE_LOG_DEBUG);
        assert_string_equal(c->user, "");
        assert_false(c->sandbox);
        assert_string_equal(c->forward_to, "9.9.9.9@853#dns.example");
        assert_int_equal(c->forward, PDANE_FORWARD_ADDRESS);
        assert_true(c->forward_tls);
        assert_false(c->tlsa_ahead);
        assert_int_equal(c->n_ports, 2);
        assert_int_equal(c->ports[1], 8443);
        assert_int_equal(c->hint_deadline_ms, 600000);
        assert_int_equal(c->n_watch, 3);
        assert_string_equal(c->watch[2], "c.test");
        assert_int_equal(c->watch_lines[0], 18);
        assert_int_equal(c->watch_lines[2], 19);
        assert_true(c->allow_loopback);
        assert_true(c->legacy_sha1);
        assert_string_equal(c->certs_dir, "/run/p11-dane/certs");
        assert_null(c->deny_programs[0]);
        pdane_config_free(c);
        c = NULL;
        assert_int_equal(load("[policy]\nallow-domains=a.test "
                              "b.test\ndeny-domains=c.a.test\ndeny-programs=wget\n"
                              "allow-domains=d.test\nlegacy-sha1=no\n[openssl]\ndirectory=\n",
                              &c),
                         0);
        assert_string_equal(c->allow_domains[0], "a.test");
        assert_string_equal(c->allow_domains[2], "d.test");
        assert_null(c->allow_domains[3]);
        assert_string_equal(c->deny_domains[0], "c.a.test");
        assert_string_equal(c->deny_programs[0], "wget");
        assert_false(c->legacy_sha1);
        assert_int_equal(c->min_ttl_s, 10);
        assert_int_equal(c->max_ttl_s, 86400);
        assert_string_equal(c->certs_dir, "");
        pdane_config_free(c);
}

/* Each is refused, and the message names the line and the word at fault. */
static void
ttls(void **state)
{
        struct pdane_config *c = NULL;
        (void)state;
        assert_int_equal(load("[policy]\nmin-ttl=3600\nmax-ttl=604800\n", &c), 0);
        assert_int_equal(c->min_ttl_s, 3600);
        assert_int_equal(c->max_ttl_s, 604800);
        pdane_config_free(c);
        c = NULL;
        assert_int_equal(load("[policy]\nmax-ttl=60\nmin-ttl=60\n", &c), 0);
        assert_int_equal(c->min_ttl_s, 60);
        pdane_config_free(c);
        c = NULL;
        assert_int_equal(load("[policy]\nmax-ttl=\nmin-ttl=10\n", &c), 0);
        assert_int_equal(c->min_ttl_s, 10);
        assert_int_equal(c->max_ttl_s, 86400);
        pdane_config_free(c);
}

static void
errors(void **state)
{
        static const struct {
                const char *text, *line, *word;
        } bad[] = {
                {"[daemon]\nsockt=/a\n", ":2: ", "sockt"},
                {"[policy]\nx=1\n", ":2: ", "[policy]"},
                {"[policy]\nlegacy-sha1=maybe\n", ":2: ", "yes or no"},
                {"[policy]\nmin-ttl=9\n", ":2: ", "10 to 3600"},
                {"[policy]\nmin-ttl=3601\n", ":2: ", "10 to 3600"},
                {"[policy]\nmax-ttl=59\n", ":2: ", "60 to 604800"},
                {"[policy]\nmax-ttl=604801\n", ":2: ", "60 to 604800"},
                {"[policy]\nmax-ttl=1d\n", ":2: ", "60 to 604800"},
                {"[policy]\nmin-ttl=61\nmax-ttl=60\n", ":3: ", "min-ttl"},
                {"[policy]\nmax-ttl=60\nmin-ttl=61\n", ":3: ", "max-ttl"},
                {"[openssl]\ndirectory=certs\n", ":2: ", "absolute path"},
                {"socket=/a\n", ":1: ", "socket"},
                {"[daemon]\nsocket=run/x\n", ":2: ", "absolute path"},
                {"[daemon]\nsocket=\n", ":2: ", "absolute path"},
                {"[daemon]\nsocket=/a\nsocket=/b\n", ":3: ", "twice"},
                {"[daemon]\nlog-level=loud\n", ":2: ", "loud"},
                {"[daemon]\nuser=a b\n", ":2: ", "user name"},
                {"[lookup]\nports=0\n", ":2: ", "65535"},
                {"[lookup]\nports=65536\n", ":2: ", "65535"},
                {"[lookup]\nports=443,443\n", ":2: ", "different"},
                {"[lookup]\nports=1,2,3,4,5,6,7,8,9\n", ":2: ", "1 to 8"},
                {"[lookup]\nports=\n", ":2: ", "1 to 8"},
                {"[lookup]\ndeadline-ms=0\n", ":2: ", "milliseconds"},
                {"[lookup]\ndeadline-ms=600001\n", ":2: ", "milliseconds"},
                {"[lookup]\ndeadline-ms=-1\n", ":2: ", "milliseconds"},
                {"[lookup]\ndeadline-ms=4 s\n", ":2: ", "milliseconds"},
                {"[lookup]\nallow-loopback=true\n", ":2: ", "yes or no"},
                {"[dns]\nforward=dns.example\n", ":2: ", "ADDRESS"},
                {"[dns]\nforward=9.9.9.9@0\n", ":2: ", "ADDRESS"},
                {"[dns]\nforward=9.9.9.9#\n", ":2: ", "ADDRESS"},
                {"[dns]\ntlsa-ahead=1\n", ":2: ", "yes or no"},
                {"[dns]\n\nnonsense\n", ":3: ", "[section]"},
                {"[dns\nforward=none\n", ":1: ", "[section]"},
        };
        (void)state;
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                struct pdane_config *c = NULL;
                assert_int_equal(load(bad[i].text, &c), -EINVAL);
                assert_null(c);
                assert_non_null(error);
                assert_memory_equal(error, path, strlen(path));
                assert_non_null(strstr(error, bad[i].line));
                assert_non_null(strstr(error, bad[i].word));
        }
}

static void
odd_files(void **state)
{
        struct pdane_config *c = NULL;
        char line[5000] = "[lookup]\nwatch=";
        (void)state;
        memset(line + strlen(line), 'a', 4200);
        assert_int_equal(load(line, &c), -EINVAL);
        assert_non_null(strstr(error, "longer than"));
        assert_int_equal(load_bytes("[daemon]\nuser=a\0b\n", 18, &c), -EINVAL);
        assert_non_null(strstr(error, "NUL"));
        free(error);
        error = NULL;
        assert_int_equal(pdane_config_load("/dev/null", &c, &error), -EINVAL);
        assert_non_null(strstr(error, "/dev/null"));
        assert_null(c);
        assert_int_equal(load("\xef\xbb\xbf[daemon]\r\nuser=\r\n", &c), 0);
        assert_string_equal(c->user, "");
        pdane_config_free(c);
}

static void
watch_limit(void **state)
{
        struct pdane_config *c = NULL;
        char *text = calloc(PDANE_WATCH_MAX + 2, 16), *at = text;
        (void)state;
        assert_non_null(text);
        at += sprintf(at, "[lookup]\n");
        for (unsigned i = 0; i < PDANE_WATCH_MAX; i++)
                at += sprintf(at, "watch=h%u.test\n", i);
        assert_int_equal(load(text, &c), 0);
        assert_int_equal(c->n_watch, PDANE_WATCH_MAX);
        pdane_config_free(c);
        c = NULL;
        sprintf(at, "watch=x.test\n");
        assert_int_equal(load(text, &c), -EINVAL);
        assert_non_null(strstr(error, "1024"));
        free(text);
}

static void
policy_limit(void **state)
{
        struct pdane_config *c = NULL;
        char *text = calloc(PDANE_POLICY_MAX + 2, 32), *at = text;
        (void)state;
        assert_non_null(text);
        at += sprintf(at, "[policy]\n");
        for (unsigned i = 0; i < PDANE_POLICY_MAX; i++)
                at += sprintf(at, "deny-domains=h%u.test\n", i);
        assert_int_equal(load(text, &c), 0);
        pdane_config_free(c);
        c = NULL;
        sprintf(at, "deny-domains=x.test\n");
        assert_int_equal(load(text, &c), -EINVAL);
        assert_non_null(strstr(error, "256"));
        free(text);
}

static int
make_file(void **state)
{
        (void)state;
        int fd = mkstemp(path);
        return fd < 0 ? -1 : close(fd);
}

static int
remove_file(void **state)
{
        (void)state;
        free(error);
        return unlink(path);
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults),     cmocka_unit_test(every_key),
                cmocka_unit_test(ttls),         cmocka_unit_test(errors),
                cmocka_unit_test(odd_files),    cmocka_unit_test(watch_limit),
                cmocka_unit_test(policy_limit),
        };
        return cmocka_run_group_tests(tests, make_file, remove_file);
}
