/* SPDX-License-Identifier: BSD-3-Clause */
/* Which servers a resolver asks, and what it is made from. */
#include "test.h"

#include <errno.h>
#include <openssl/pem.h>

#include "certs.h"
#include "daemon/resolver_impl.h"
#include "resolver_fixture.h"

/* ---- upstream ---- */

static void
test_auto_passes(void **state)
{
        (void)state;
        struct asked a;
        fixture.cfg.forward = PDANE_FORWARD_AUTO;
        make_resolver();
        assert_string_equal(pdane_resolver_upstream(fixture.resolver), "checking");
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
        assert_string_equal(pdane_resolver_upstream(fixture.resolver), "forward 127.0.0.1");
        assert_int_equal(fixture.other.queries, 0);
}

static void
test_auto_fails(void **state)
{
        (void)state;
        pdane_resolver_system.check_ms = 300;
        for (unsigned silent = 0; silent < 2; silent++) {
                struct asked a, b;
                fixture.server.strips_dnssec = !silent;
                fixture.server.silent = silent;
                fixture.cfg.forward = PDANE_FORWARD_AUTO;
                make_resolver();
                ask(&b, "broken.example", DNS_A, 20000);
                ask_and_wait(&a, "www.example", DNS_A);
                /* Recursion starts at a root that does not know its own servers. */
                assert_nothing(&a, PDANE_DNS_UNREACHABLE);
                assert_string_equal(pdane_resolver_upstream(fixture.resolver), "recursion");
                assert_true(fixture.other.queries > 0);
                wait_for(&b);
                assert_nothing(&b, PDANE_DNS_UNREACHABLE);
                free_resolver();
        }
}

static void
test_auto_waits(void **state)
{
        (void)state;
        struct asked a, b, c;
        fixture.server.silent = true;
        fixture.cfg.forward = PDANE_FORWARD_AUTO;
        make_resolver();
        ask(&a, "www.example", DNS_A, 100); /* a deadline holds while waiting, too */
        ask(&b, "www.example", DNS_A, 20000);
        ask(&c, "www.example", DNS_A, 20000);
        pdane_query_cancel(c.query);
        wait_for(&a);
        assert_nothing(&a, PDANE_DNS_TIMEOUT);
        assert_string_equal(pdane_resolver_upstream(fixture.resolver), "checking");
        free_resolver();
        loop_for_ms(50);
        assert_int_equal(b.answers, 0);
        assert_int_equal(c.answers, 0);
}

/* Recursion may turn out to be impossible only when the check is over. */
static void
test_auto_ends_in_nothing(void **state)
{
        (void)state;
        struct asked a;
        fixture.server.strips_dnssec = true;
        fixture.cfg.forward = PDANE_FORWARD_AUTO;
        make_resolver();
        ask(&a, "www.example", DNS_A, 20000);
        write_file(fixture.anchor_file, "this is not a key\n");
        wait_for(&a);
        assert_nothing(&a, PDANE_DNS_UNREACHABLE);
        assert_string_equal(pdane_resolver_upstream(fixture.resolver), "none");
        ask_and_wait(&a, "www.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_UNREACHABLE);
}

static void
test_no_resolv_conf(void **state)
{
        (void)state;
        struct asked a;
        fixture.cfg.forward = PDANE_FORWARD_AUTO;
        pdane_resolver_system.resolv_conf = "/nonexistent/resolv.conf";
        make_resolver();
        assert_string_equal(pdane_resolver_upstream(fixture.resolver), "recursion");
        ask_and_wait(&a, "www.example", DNS_A);
        assert_nothing(&a, PDANE_DNS_UNREACHABLE);
        assert_int_equal(fixture.server.queries, 0);
        assert_true(fixture.other.queries > 0);
}

/* A forward-zone for the root in the administrator's file goes before forward=. */
static void
test_conf_forwards(void **state)
{
        (void)state;
        static const enum pdane_forward forwards[] = {PDANE_FORWARD_NONE, PDANE_FORWARD_ADDRESS};
        char text[512];
        snprintf(text, sizeof text,
                 "server:\n"
                 "  do-not-query-localhost: no\n"
                 "  aggressive-nsec: no\n"
                 "forward-zone:\n"
                 "  name: \".\"\n"
                 "  forward-addr: 127.0.0.1@%u\n",
                 dns_server_port(fixture.other.dns));
        write_file(fixture.unbound_conf, text);
        for (size_t i = 0; i < 2; i++) {
                struct asked a;
                fixture.cfg.forward = forwards[i];
                make_resolver();
                ask_and_wait(&a, "www.example", DNS_A);
                assert_address(&a);
                assert_int_equal(fixture.server.queries, 0);
                free_resolver();
        }
}

/* DNS over TLS that does not work is not replaced by DNS without. */
static void
test_tls_forward(void **state)
{
        (void)state;
        static char forward_to[64];
        char bundle[128], conf[256];
        struct asked a;
        struct test_spec spec = {.cn = "ca.example"};
        X509 *x = test_x509(&spec);
        snprintf(bundle, sizeof bundle, "%s/bundle", fixture.directory);
        FILE *f = fopen(bundle, "w");
        assert_non_null(f);
        assert_int_equal(PEM_write_X509(f, x), 1);
        fclose(f);
        X509_free(x);
        snprintf(conf, sizeof conf, "  tls-cert-bundle: \"%s\"\n", bundle);
        use_conf(conf);
        snprintf(forward_to, sizeof forward_to, "127.0.0.1@%u#dns.example",
                 dns_server_port(fixture.server.dns));
        fixture.cfg.forward_to = forward_to;
        fixture.cfg.forward_tls = true;
        char *error = NULL;
        if (try_resolver(&error) < 0) { /* a libunbound without TLS says so */
                assert_non_null(strstr(error, "DNS over TLS"));
                free(error);
                return;
        }
        ask(&a, "www.example", DNS_A, 1000);
        wait_for(&a);
        assert_int_not_equal(a.verdict, PDANE_DNS_SECURE);
        assert_int_equal(a.n_rdata, 0);
        assert_int_equal(fixture.server.queries, 0);
}

/* ---- what a resolver is made from ---- */

static void
assert_error(int expected, const char *part)
{
        char *error = NULL;
        assert_int_equal(try_resolver(&error), expected);
        assert_null(fixture.resolver);
        assert_non_null(error);
        if (!strstr(error, part) || strchr(error, '\n'))
                fail_msg("\"%s\" is not in \"%s\"", part, error);
        free(error);
}

static void
test_wrong_files(void **state)
{
        (void)state;
        static char missing[] = "/nonexistent/file", nowhere[] = "192.0.2";
        struct pdane_config cfg = fixture.cfg;
        fixture.cfg.trust_anchor_file = missing;
        assert_error(-ENOENT, missing);
        fixture.cfg = cfg;
        fixture.cfg.unbound_conf = missing;
        assert_error(-ENOENT, missing);
        fixture.cfg = cfg;
        write_file(fixture.unbound_conf, "server:\n  no-such-option: yes\n");
        assert_error(-EINVAL, fixture.unbound_conf);
        use_conf("");
        fixture.cfg.forward_to = nowhere;
        assert_error(-EINVAL, nowhere);
        fixture.cfg = cfg;
        write_file(fixture.anchor_file, "this is not a key\n");
        assert_error(-EIO, fixture.anchor_file);
        write_file(fixture.anchor_file, "");
        assert_error(-EMSGSIZE, fixture.anchor_file);
}

/* RFC 5011 state is made from a seed, and libunbound writes it. */
static void
test_tracked_anchor(void **state)
{
        (void)state;
        static char empty[] = "";
        const char *const seeds[] = {"/nonexistent/root.key", fixture.anchor_file, NULL};
        struct asked a;
        char path[128], text[4096] = "";
        snprintf(path, sizeof path, "%s/root.key", fixture.directory);
        pdane_resolver_system.root_key_seeds = seeds;
        fixture.cfg.trust_anchor_file = empty;
        make_resolver();
        ask_and_wait(&a, "www.example", DNS_A);
        assert_address(&a);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
        assert_non_null(strstr(text, "autotrust"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_auto_passes),    TEST(test_auto_fails),
                TEST(test_auto_waits),     TEST(test_auto_ends_in_nothing),
                TEST(test_no_resolv_conf), TEST(test_conf_forwards),
                TEST(test_tls_forward),    TEST(test_wrong_files),
                TEST(test_tracked_anchor),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
