/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs probes on a loop of their own and writes down what they call back with. */
#include "test.h"

#include "probe_fixture.h"

#include <time.h>

#include "descriptors.h"

struct fixture fixture;

static int64_t
now_ms(void)
{
        struct timespec ts;
        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
fixture_setup(void **state)
{
        (void)state;
        fixture.descriptors = count_descriptors();
        fixture.base = event_base_new();
        assert_non_null(fixture.base);
        assert_int_equal(pdane_prober_new(fixture.base, &fixture.prober), 0);
        return 0;
}

int
fixture_teardown(void **state)
{
        (void)state;
        pdane_prober_free(fixture.prober);
        event_base_free(fixture.base);
        assert_int_equal(count_descriptors(), fixture.descriptors);
        return 0;
}

int
fixture_make_certs(void **state)
{
        (void)state;
        for (size_t i = 0; i < CERTS; i++) {
                const char *dns[] = {HOST, NULL};
                struct test_spec spec = {
                        .cn = HOST, .dns = dns, .serial = i + 1, .bc = TEST_BC_FALSE};
                fixture.certs[i] = test_x509(&spec);
        }
        return 0;
}

int
fixture_free_certs(void **state)
{
        (void)state;
        for (size_t i = 0; i < CERTS; i++)
                X509_free(fixture.certs[i]);
        return 0;
}

/* ---- running a probe ---- */

static bool
take(void *arg, const struct pdane_chain *chain)
{
        struct run *run = arg;
        assert_true(run->started);
        assert_int_equal(run->finished, 0);
        assert_true(chain->n >= 1 && chain->n <= PDANE_CHAIN_MAX);
        bool wanted = !run->take_only ||
                      X509_cmp(run->take_only, pdane_cert_x509(chain->certs[0])) == 0;
        return run->offered++ >= run->take_from && wanted;
}

void
request_done(void *arg, enum pdane_outcome outcome, const struct pdane_chain *chain,
             const char *why)
{
        struct run *run = arg;
        assert_true(run->started);
        run->finished++;
        run->outcome = outcome;
        snprintf(run->why, sizeof run->why, "%s", why);
        run->n = chain->n;
        for (size_t i = 0; i < chain->n; i++)
                memcpy(run->sha256[i], pdane_cert_sha256(chain->certs[i]).data, 32);
        pdane_probe_cancel(run->probe); /* too late, and harmless */
        event_base_loopbreak(fixture.base);
}

struct pdane_probe_request
request(struct run *run, const struct sockaddr_storage *addresses, size_t n, uint16_t port)
{
        return (struct pdane_probe_request){
                .host = HOST,
                .port = port,
                .addresses = addresses,
                .n_addresses = n,
                .allow_loopback = true,
                .deadline_ms = 10000,
                .take = take,
                .done = request_done,
                .arg = run,
        };
}

void
start(const struct pdane_probe_request *req)
{
        struct run *run = req->arg;
        assert_int_equal(pdane_probe_start(fixture.prober, req, &run->probe), 0);
        run->started = true;
}

static void
on_too_long(evutil_socket_t fd, short what, void *arg)
{
        (void)fd;
        (void)what;
        (void)arg;
        fail_msg("a probe does not end");
}

void
finish(const struct pdane_probe_request *req)
{
        struct run *run = req->arg;
        struct timeval tv = {30, 0};
        struct event *guard = evtimer_new(fixture.base, on_too_long, NULL);
        assert_non_null(guard);
        evtimer_add(guard, &tv);
        int64_t begin = now_ms();
        start(req);
        event_base_dispatch(fixture.base);
        run->ms = now_ms() - begin;
        event_free(guard);
        /* Nothing comes after the end. */
        event_base_loop(fixture.base, EVLOOP_NONBLOCK);
        assert_int_equal(run->finished, 1);
}

void
probe_server(struct run *run, const struct tls_server *s)
{
        struct sockaddr_storage address = tls_server_address(s);
        struct pdane_probe_request req = request(run, &address, 1, tls_server_port(s));
        finish(&req);
}

struct tls_server *
server(enum tls_server_kind kind, size_t first, size_t n)
{
        struct tls_server_options o = {
                .kind = kind,
                .certs = fixture.certs + first,
                .n_certs = n,
                .key = test_key(0),
        };
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        return s;
}

/* Another one at the same port of another address. */
struct tls_server *
beside(const struct tls_server *first, const char *address, enum tls_server_kind kind, size_t cert)
{
        struct tls_server_options o = {
                .kind = kind,
                .address = address,
                .port = tls_server_port(first),
                .certs = fixture.certs + cert,
                .n_certs = 1,
                .key = test_key(0),
        };
        struct tls_server *s = tls_server_start(&o);
        assert_non_null(s);
        return s;
}

void
loop_for_ms(unsigned ms)
{
        struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
        event_base_loopexit(fixture.base, &tv);
        event_base_dispatch(fixture.base);
}
