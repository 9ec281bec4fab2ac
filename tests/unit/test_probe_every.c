/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes that want what every address has. */
#include "test.h"

#include "probe_fixture.h"

/* Far more than the moment that the others have, far less than the probe's deadline. */
#define SOON_MS 4000
#define DEADLINE_MS 20000

struct pair {
        struct tls_server *a, *b;
        struct sockaddr_storage both[2];
};

static struct pair
pair_new(enum tls_server_kind other)
{
        struct pair p = {.a = server(TLS_SERVER_GOOD, 0, 1)};
        p.b = beside(p.a, "127.0.0.2", other, 1);
        p.both[0] = tls_server_address(p.a);
        p.both[1] = tls_server_address(p.b);
        return p;
}

static void
pair_free(const struct pair *p)
{
        tls_server_free(p->a);
        tls_server_free(p->b);
}

static struct pdane_probe_request
request_every(struct run *run, const struct pair *p)
{
        struct pdane_probe_request req = request(run, p->both, 2, tls_server_port(p->a));
        req.every = true;
        req.deadline_ms = DEADLINE_MS;
        return req;
}

static void
both_are_shown(void **state)
{
        struct pair p = pair_new(TLS_SERVER_GOOD);
        int64_t least = INT64_MAX;
        (void)state;
        for (unsigned i = 0; i < 12; i++) {
                unsigned refuse = i % 3;
                struct run run = {.take_from = refuse};
                struct pdane_probe_request req = request_every(&run, &p);
                finish(&req);
                assert_int_equal(run.offered, 2);
                assert_int_equal(run.n, 1);
                assert_int_equal(run.outcome,
                                 refuse < 2 ? PDANE_OUTCOME_ACCEPTED : PDANE_OUTCOME_REFUSED);
                if (refuse == 0 && run.ms < least)
                        least = run.ms;
        }
        assert_true(least < PDANE_PROBE_OTHERS_MS); /* all have answered: nobody is waited for */
        tls_server_join(p.a);
        tls_server_join(p.b);
        assert_int_equal(tls_server_connections(p.a), 12);
        assert_int_equal(tls_server_connections(p.b), 12);
        pair_free(&p);
}

/* An address that does not answer costs a moment once another one has. */
static void
silent_one_costs_a_moment(void **state)
{
        struct pair p = pair_new(TLS_SERVER_SILENT);
        struct run run = {0};
        struct pdane_probe_request req = request_every(&run, &p);
        (void)state;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_int_equal(run.offered, 1);
        assert_in_range(run.ms, PDANE_PROBE_OTHERS_MS - 10, SOON_MS);
        pair_free(&p);
}

/* The same whichever comes first; and nobody waits for its turn. */
static void
silent_one_first(void **state)
{
        struct pair p = pair_new(TLS_SERVER_SILENT);
        struct sockaddr_storage first = p.both[0];
        struct run run = {0};
        (void)state;
        p.both[0] = p.both[1];
        p.both[1] = first;
        struct pdane_probe_request req = request_every(&run, &p);
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
        assert_in_range(run.ms, PDANE_PROBE_OTHERS_MS - 10, SOON_MS);
        pair_free(&p);
}

/* What was not taken ends nobody's time: the other one may be slow and right. */
static void
wrong_one_hurries_nobody(void **state)
{
        struct pair p = pair_new(TLS_SERVER_SILENT);
        struct run run = {.take_from = 1};
        struct pdane_probe_request req = request_every(&run, &p);
        (void)state;
        req.deadline_ms = 3 * PDANE_PROBE_OTHERS_MS;
        finish(&req);
        assert_int_equal(run.outcome, PDANE_OUTCOME_REFUSED);
        assert_in_range(run.ms, 3 * PDANE_PROBE_OTHERS_MS - 10, 30000);
        pair_free(&p);
}

/* A chain that was not taken does not stand in the place of one that was. */
static void
taken_one_is_told(void **state)
{
        struct pair p = pair_new(TLS_SERVER_GOOD);
        struct run run = {0};
        struct pdane_probe_request req = request_every(&run, &p);
        uint8_t digest[32];
        (void)state;
        for (int i = 0; i < 8; i++) { /* either may be first */
                run = (struct run){.take_only = fixture.certs[i % 2]};
                finish(&req);
                assert_int_equal(run.offered, 2);
                assert_int_equal(run.outcome, PDANE_OUTCOME_ACCEPTED);
                assert_int_equal(X509_digest(run.take_only, EVP_sha256(), digest, NULL), 1);
                assert_memory_equal(run.sha256[0], digest, sizeof digest);
        }
        pair_free(&p);
}

static void
cancelled(void **state)
{
        struct pair p = pair_new(TLS_SERVER_SILENT);
        struct run run = {0};
        struct pdane_probe_request req = request_every(&run, &p);
        (void)state;
        start(&req);
        for (int i = 0; i < 1000 && run.offered == 0; i++)
                loop_for_ms(10);
        assert_int_equal(run.finished, 0);
        pdane_probe_cancel(run.probe);
        loop_for_ms(PDANE_PROBE_OTHERS_MS + 50);
        assert_int_equal(run.finished, 0);
        pair_free(&p);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int
main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(both_are_shown),    TEST(silent_one_costs_a_moment),
                TEST(silent_one_first),  TEST(wrong_one_hurries_nobody),
                TEST(taken_one_is_told), TEST(cancelled),
        };
        return cmocka_run_group_tests(tests, fixture_make_certs, fixture_free_certs);
}
