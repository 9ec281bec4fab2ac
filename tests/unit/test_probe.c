/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes against servers in this process, on loopback. No descriptor may be left after any of them.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "probe_fixture.h"

static void
assert_cert(const struct run *run, size_t i, const X509 *x)
{
        uint8_t digest[32];
        unsigned len = sizeof digest;
        assert_true(i < run->n);
        assert_int_equal(X509_digest(x, EVP_sha256(), digest, &len), 1);
        assert_memory_equal(run->sha256[i], digest, sizeof digest);
}

static void
assert_contains(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* One address, kept until the next call. */
static struct pdane_probe_request
request_to(struct run *run, const struct tls_server *s)
{
        static struct sockaddr_storage address;
        address = tls_server_address(s);
        return request(run, &address, 1, tls_server_port(s));
}

/* ---- what is taken ---- */

static void
test_chain(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server *s = server(TLS_SERVER_GOOD, 0, 3);
        probe_server(&run, s);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(run.offered, 1);
        assert_string_equal(run.why, "");
        assert_int_equal(run.n, 3);
        for (size_t i = 0; i < 3; i++)
                assert_cert(&run, i, fixture.certs[i]);
        tls_server_join(s);
        assert_string_equal(tls_server_name_seen(s), HOST);
        assert_int_equal(tls_server_connections(s), 1);
        tls_server_free(s);
}

static void
test_chain_limit(void **state)
{
        (void)state;
        for (size_t n = PDANE_CHAIN_MAX - 1; n <= PDANE_CHAIN_MAX + 2; n++) {
                struct run run = {0};
                struct tls_server *s = server(TLS_SERVER_GOOD, 0, n);
                probe_server(&run, s);
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                assert_int_equal(run.n, n < PDANE_CHAIN_MAX ? n : PDANE_CHAIN_MAX);
                assert_cert(&run, run.n - 1, fixture.certs[run.n - 1]);
                tls_server_free(s);
        }
}

/* An extension that makes a certificate large. */
static X509 *
large_cert(size_t size)
{
        struct test_spec spec = {.cn = HOST};
        X509 *x = test_x509(&spec);
        uint8_t *value = calloc(1, size);
        assert_non_null(value);
        value[0] = 0x04;
        test_add_extension(x, "1.3.6.1.4.1.99999.1", false, value, size, test_key(0));
        free(value);
        return x;
}

static void
probe_certs(struct run *run, X509 *const *certs, size_t n)
{
        struct tls_server_options o = {.certs = certs, .n_certs = n, .key = test_key(0)};
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        probe_server(run, s);
        tls_server_free(s);
}

static void
test_large_certificates(void **state)
{
        (void)state;
        X509 *large = large_cert(PDANE_CERT_MAX), *most = large_cert(PDANE_CERT_MAX - 1024);
        X509 *certs[12] = {fixture.certs[0], fixture.certs[1], large, fixture.certs[2]};

        struct run run = {0}; /* the chain ends before it */
        probe_certs(&run, certs, 4);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(run.n, 2);

        run = (struct run){0}; /* and without a leaf there is none */
        probe_certs(&run, certs + 2, 2);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        assert_int_equal(run.offered, 0);
        assert_contains(run.why, "certificate cannot be used");

        for (size_t i = 1; i < 12; i++)
                certs[i] = most;
        run = (struct run){0};
        probe_certs(&run, certs, 8);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(run.n, 8);
        run = (struct run){0}; /* more than a Certificate message may have */
        probe_certs(&run, certs, 12);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        assert_contains(run.why, "tls: ");
        X509_free(large);
        X509_free(most);
}

static void
test_weak_key(void **state)
{
        (void)state;
        struct test_spec spec = {.cn = HOST, .key = test_key_weak()};
        X509 *x = test_x509(&spec);
        struct run run = {0};
        struct tls_server_options o = {
                .certs = &x,
                .n_certs = 1,
                .key = test_key_weak(),
                .max_version = TLS1_2_VERSION, /* 1.3 cannot sign with so short a key */
        };
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        probe_server(&run, s);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_cert(&run, 0, x);
        tls_server_free(s);
        X509_free(x);
}

/* A server with two certificates shows the one that is asked for; one with a single kind may not
 * answer. */
static void
test_key_family(void **state)
{
        (void)state;
        struct test_spec spec = {.cn = HOST, .key = test_key_rsa()};
        X509 *rsa = test_x509(&spec);
        const struct {
                enum pdane_key_family family;
                X509 *other, *expected;
        } cases[] = {
                {PDANE_KEY_RSA, rsa, rsa},
                {PDANE_KEY_ECC, rsa, fixture.certs[0]},
                {PDANE_KEY_ECC, NULL, fixture.certs[0]},
                {PDANE_KEY_RSA, NULL, NULL},
        };
        for (unsigned i = 0; i < 8; i++) {
                struct run run = {0};
                struct tls_server_options o = {
                        .certs = fixture.certs,
                        .n_certs = 1,
                        .key = test_key(0),
                        .other_cert = cases[i / 2].other,
                        .other_key = test_key_rsa(),
                        .max_version = i % 2 ? TLS1_2_VERSION : TLS1_3_VERSION,
                };
                struct tls_server *s = tls_server_start(&o);
                assert_non_null(s);
                struct pdane_probe_request req = request_to(&run, s);
                req.family = cases[i / 2].family;
                finish(&req);
                assert_int_equal(run.offered, cases[i / 2].expected != NULL);
                if (cases[i / 2].expected)
                        assert_cert(&run, 0, cases[i / 2].expected);
                tls_server_free(s);
        }
        X509_free(rsa);
}

static void
test_client_certificate_wanted(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server_options o = {
                .certs = fixture.certs,
                .n_certs = 1,
                .key = test_key(0),
                .want_client_cert = 1,
        };
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        probe_server(&run, s);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        tls_server_free(s);
}

static void
test_old_version(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server_options o = {
                .certs = fixture.certs,
                .n_certs = 1,
                .key = test_key(0),
                .max_version = TLS1_1_VERSION,
        };
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        probe_server(&run, s);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        assert_int_equal(run.offered, 0);
        tls_server_free(s);
}

/* ---- several addresses ---- */

static void
test_next_address(void **state)
{
        (void)state;
        struct tls_server *a = server(TLS_SERVER_GOOD, 0, 1);
        struct tls_server *b = beside(a, "127.0.0.2", TLS_SERVER_GOOD, 1);
        struct sockaddr_storage both[] = {tls_server_address(a), tls_server_address(b)};
        static const enum pdane_outcome outcomes[] = {
                PDANE_OUTCOME_ACCEPTED, PDANE_OUTCOME_ACCEPTED, PDANE_OUTCOME_REFUSED};
        for (unsigned refuse = 0; refuse < 3; refuse++) {
                struct run run = {.take_from = refuse};
                struct pdane_probe_request req = request(&run, both, 2, tls_server_port(a));
                finish(&req);
                assert_int_equal(run.outcome, outcomes[refuse]);
                assert_int_equal(run.offered, refuse < 2 ? refuse + 1 : 2);
                assert_int_equal(run.n, 1);
                assert_cert(&run, 0, fixture.certs[refuse == 0 ? 0 : 1]);
        }
        tls_server_join(a);
        tls_server_join(b);
        assert_int_equal(tls_server_connections(a), 3);
        assert_int_equal(tls_server_connections(b), 2);
        tls_server_free(a);
        tls_server_free(b);
}

static void
test_first_address_fails(void **state)
{
        (void)state;
        static const enum tls_server_kind kinds[] = {TLS_SERVER_SILENT, TLS_SERVER_PLAIN,
                                                     TLS_SERVER_FLOOD};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                struct run run = {0};
                struct tls_server *good = server(TLS_SERVER_GOOD, 0, 1);
                struct tls_server *other = beside(good, "127.0.0.3", kinds[i], 1);
                struct sockaddr_storage both[] = {tls_server_address(other),
                                                  tls_server_address(good)};
                struct pdane_probe_request req = request(&run, both, 2, tls_server_port(good));
                finish(&req);
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                assert_cert(&run, 0, fixture.certs[0]);
                if (kinds[i] == TLS_SERVER_SILENT)
                        assert_in_range(run.ms, 240, 8000);
                tls_server_free(good);
                tls_server_free(other);
        }
}

static void
test_v6(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server_options o = {
                .address = "::1", .certs = fixture.certs, .n_certs = 1, .key = test_key(0)};
        struct tls_server *s = tls_server_start(&o);
        if (!s) {
                print_message("no IPv6 loopback here\n");
                skip();
        }
        probe_server(&run, s);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        tls_server_free(s);
}

/* ---- what does not work ---- */

static void
test_silent(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server *s = server(TLS_SERVER_SILENT, 0, 1);
        struct pdane_probe_request req = request_to(&run, s);
        req.deadline_ms = 300;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_TIMEOUT);
        assert_int_equal(run.n, 0);
        assert_in_range(run.ms, 290, 5000);
        tls_server_free(s);
}

/* A chain that was not taken is what there is to tell when the other address stays silent. */
static void
test_refused_then_silent(void **state)
{
        (void)state;
        struct run run = {.take_from = 1};
        struct tls_server *a = server(TLS_SERVER_GOOD, 0, 1);
        struct tls_server *b = beside(a, "127.0.0.2", TLS_SERVER_SILENT, 1);
        struct sockaddr_storage both[] = {tls_server_address(a), tls_server_address(b)};
        struct pdane_probe_request req = request(&run, both, 2, tls_server_port(a));
        req.deadline_ms = 1000;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_REFUSED);
        assert_cert(&run, 0, fixture.certs[0]);
        tls_server_free(a);
        tls_server_free(b);
}

static void
test_closed_port(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server *s = server(TLS_SERVER_GOOD, 0, 1);
        struct sockaddr_storage address = tls_server_address(s);
        uint16_t port = tls_server_port(s);
        tls_server_free(s);
        struct pdane_probe_request req = request(&run, &address, 1, port);
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
        assert_contains(run.why, "127.0.0.1: ");
        assert_contains(run.why, strerror(ECONNREFUSED));
}

static void
test_not_tls(void **state)
{
        (void)state;
        static const enum tls_server_kind kinds[] = {TLS_SERVER_PLAIN, TLS_SERVER_FLOOD};
        static const char *const whys[] = {"tls: ", "too much data"};
        for (size_t i = 0; i < 2; i++) {
                struct run run = {0};
                struct tls_server *s = server(kinds[i], 0, 1);
                probe_server(&run, s);
                assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
                assert_int_equal(run.offered, 0);
                assert_contains(run.why, whys[i]);
                tls_server_free(s);
        }
}

/* In TLS 1.2 the whole first flight holds the certificate but no proof of its key in a finished
 * handshake. */
static void
test_closed_midway(void **state)
{
        (void)state;
        static const size_t lengths[] = {0, 3, 60, 200, 400, SIZE_MAX};
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                struct run run = {0};
                struct tls_server_options o = {
                        .kind = TLS_SERVER_TRUNCATE,
                        .certs = fixture.certs,
                        .n_certs = 1,
                        .key = test_key(0),
                        .max_version = TLS1_2_VERSION,
                        .truncate = lengths[i],
                };
                struct tls_server *s = tls_server_start(&o);
                assert_non_null(s);
                probe_server(&run, s);
                assert_int_equal(run.outcome, PDANE_OUTCOME_SERVER_UNREACHABLE);
                assert_int_equal(run.offered, 0);
                assert_int_equal(run.n, 0);
                assert_contains(run.why, "tls: ");
                tls_server_free(s);
        }
}

/* ---- policy ---- */

static struct sockaddr_storage
v4_address(const char *text)
{
        struct sockaddr_storage ss = {.ss_family = AF_INET};
        assert_int_equal(inet_pton(AF_INET, text, &((struct sockaddr_in *)&ss)->sin_addr), 1);
        return ss;
}

static void
test_policy(void **state)
{
        (void)state;
        struct tls_server *s = server(TLS_SERVER_GOOD, 0, 1);
        struct sockaddr_storage addresses[] = {v4_address("224.0.0.1"), v4_address("0.0.0.0"),
                                               tls_server_address(s)};
        for (unsigned loopback = 0; loopback < 2; loopback++) {
                struct run run = {0};
                struct pdane_probe_request req = request(&run, addresses, 3, tls_server_port(s));
                req.allow_loopback = loopback;
                finish(&req);
                assert_int_equal(run.outcome, loopback ? PDANE_OUTCOME_ACCEPTED
                                                       : PDANE_OUTCOME_SERVER_UNREACHABLE);
                assert_string_equal(run.why, loopback ? "" : "address-refused");
        }
        tls_server_join(s);
        assert_int_equal(tls_server_connections(s), 1);
        tls_server_free(s);
}

static void
assert_invalid(const struct pdane_probe_request *req)
{
        struct pdane_probe *probe = NULL;
        assert_int_equal(pdane_probe_start(fixture.prober, req, &probe), -EINVAL);
        assert_null(probe);
}

static void
test_request_limits(void **state)
{
        (void)state;
        struct run run = {0};
        char name[PDANE_NAME_MAX + 2];
        struct sockaddr_storage addresses[PDANE_ADDRESSES_MAX + 1];
        for (size_t i = 0; i <= PDANE_ADDRESSES_MAX; i++)
                addresses[i] = v4_address("224.0.0.1");
        memset(name, 'a', sizeof name);
        name[PDANE_NAME_MAX + 1] = '\0';
        struct pdane_probe_request most = request(&run, addresses, PDANE_ADDRESSES_MAX, 443), req;
        most.host = name + 1;
        finish(&most);
        assert_string_equal(run.why, "address-refused");

        req = most;
        req.host = name;
        assert_invalid(&req);
        req = most;
        req.host = "";
        assert_invalid(&req);
        req = most;
        req.n_addresses = PDANE_ADDRESSES_MAX + 1;
        assert_invalid(&req);
        req = most;
        req.n_addresses = 0;
        assert_invalid(&req);
        req = most;
        req.port = 0;
        assert_invalid(&req);
        req = most;
        req.take = NULL;
        assert_invalid(&req);
        req = most;
        req.done = NULL;
        assert_invalid(&req);
}

static void
test_probe_limit(void **state)
{
        (void)state;
        static struct run runs[PDANE_PROBES_MAX + 1];
        struct sockaddr_storage address = v4_address("127.0.0.1");
        for (size_t i = 0; i < PDANE_PROBES_MAX; i++) {
                struct pdane_probe_request req = request(&runs[i], &address, 1, 1);
                start(&req);
        }
        struct pdane_probe_request more = request(&runs[PDANE_PROBES_MAX], &address, 1, 1);
        struct pdane_probe *probe = NULL;
        assert_int_equal(pdane_probe_start(fixture.prober, &more, &probe), -EBUSY);
        pdane_probe_cancel(runs[0].probe);
        start(&more);
        pdane_probe_cancel(more.arg ? runs[PDANE_PROBES_MAX].probe : NULL);
        for (size_t i = 1; i < PDANE_PROBES_MAX; i++)
                pdane_probe_cancel(runs[i].probe);
        event_base_loop(fixture.base, EVLOOP_NONBLOCK);
        for (size_t i = 0; i <= PDANE_PROBES_MAX; i++)
                assert_int_equal(runs[i].finished, 0);
}

/* ---- cancelling ---- */

static void
test_cancel(void **state)
{
        (void)state;
        pdane_probe_cancel(NULL);
        static const unsigned after_ms[] = {0, 20, 300};
        for (size_t i = 0; i < sizeof after_ms / sizeof *after_ms; i++) {
                struct run run = {0};
                struct tls_server *s = server(TLS_SERVER_SILENT, 0, 1);
                struct pdane_probe_request req = request_to(&run, s);
                req.deadline_ms = 400;
                start(&req);
                if (after_ms[i])
                        loop_for_ms(after_ms[i]);
                pdane_probe_cancel(run.probe);
                loop_for_ms(450);
                assert_int_equal(run.finished, 0);
                assert_int_equal(run.offered, 0);
                tls_server_free(s);
        }
}

static struct run victim;

static void
done_and_cancel_other(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain,
                      const char *why)
{
        pdane_probe_cancel(victim.probe);
        request_done(arg, outcome, chain, why);
}

static void
test_cancel_from_another(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server *a = server(TLS_SERVER_GOOD, 0, 1);
        struct tls_server *b = server(TLS_SERVER_SILENT, 0, 1);
        struct sockaddr_storage good = tls_server_address(a), silent = tls_server_address(b);
        struct pdane_probe_request req = request(&victim, &silent, 1, tls_server_port(b));
        start(&req);
        req = request(&run, &good, 1, tls_server_port(a));
        req.done = done_and_cancel_other;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(victim.finished, 0);
        tls_server_free(a);
        tls_server_free(b);
}

/* Freeing the prober ends what is under way, without a word. */
static void
test_free_under_way(void **state)
{
        (void)state;
        struct run run = {0};
        struct tls_server *s = server(TLS_SERVER_SILENT, 0, 1);
        struct pdane_probe_request req = request_to(&run, s);
        start(&req);
        loop_for_ms(50);
        pdane_prober_free(fixture.prober);
        fixture.prober = NULL;
        event_base_loop(fixture.base, EVLOOP_NONBLOCK);
        assert_int_equal(run.finished, 0);
        tls_server_free(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(test_chain),
                TEST(test_chain_limit),
                TEST(test_large_certificates),
                TEST(test_weak_key),
                TEST(test_key_family),
                TEST(test_client_certificate_wanted),
                TEST(test_old_version),
                TEST(test_next_address),
                TEST(test_first_address_fails),
                TEST(test_v6),
                TEST(test_silent),
                TEST(test_refused_then_silent),
                TEST(test_closed_port),
                TEST(test_not_tls),
                TEST(test_closed_midway),
                TEST(test_policy),
                TEST(test_request_limits),
                TEST(test_probe_limit),
                TEST(test_cancel),
                TEST(test_cancel_from_another),
                TEST(test_free_under_way),
        };
        return cmocka_run_group_tests(tests, fixture_make_certs, fixture_free_certs);
}
