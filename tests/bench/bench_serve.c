/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's core with made-up evidence for many hosts: real sockets, store, hosts, table and
 * answers; DNS and servers are scripted (tests/unit). Host number i is hI.bench.test; its
 * certificate has the serial 65536 + i. Hosts below public.test are in no signed zone.
 *
 * usage: bench_serve SOCKET HOSTS      prints a line when it is ready; SIGTERM ends it. SIGUSR1
 *              makes it look at all evidence again, and measure until the next one, when it
 *              prints the longest turn of its event loop
 *        bench_serve --echo SOCKET     instead answers each message with as little as the daemon
 * does
 */
#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "certs.h"
#include "common/log.h"
#include "daemon/clock.h"
#include "daemon/publish.h"
#include "daemon/server.h"
#include "fake_prober.h"
#include "fake_resolver.h"

#define TYPE_A 1
#define TYPE_TLSA 52

static bool
nothing_reserved(void *arg, struct pdane_bytes dn)
{
        (void)arg;
        (void)dn;
        return false;
}

static void
must(int r, const char *what)
{
        if (r >= 0)
                return;
        errno = -r;
        bench_fail(what);
}

static void
script(int64_t until)
{
        static const uint8_t v4[] = {10, 53, 1, 1};
        const struct test_spec spec = {.cn = "x"};
        struct pdane_cert *c = test_cert(&spec);
        uint8_t rdata[3 + 32] = {3, 1, 1};
        size_t len = 0;
        struct pdane_bytes spki = pdane_cert_spki(c);

        len = EVP_Q_digest(NULL, "SHA256", NULL, spki.data, spki.len, rdata + 3, &len) ? len : 0;
        fake_resolver_set_suffix(".bench.test", TYPE_A, PDANE_DNS_SECURE, until, false, v4,
                                 sizeof(v4));
        fake_resolver_set_suffix(".bench.test", TYPE_TLSA, PDANE_DNS_SECURE, until, false, rdata,
                                 sizeof(rdata));
        fake_resolver_set_suffix(".public.test", TYPE_A, PDANE_DNS_INSECURE, until, false, v4,
                                 sizeof(v4));
        pdane_cert_unref(c);
}

static void
add_host(struct event_base *base, struct pdane_hosts *hosts, struct pdane_store *store, unsigned i)
{
        struct pdane_host *h;
        struct pdane_name name;
        char text[64];
        size_t before = pdane_store_count(store);
        int n = snprintf(text, sizeof(text), "h%u.bench.test", i);
        const char *dns[] = {text, NULL};
        const struct test_spec spec = {
                .cn = text, .dns = dns, .bc = TEST_BC_FALSE, .key_id = true, .serial = 65536 + i};
        struct pdane_cert *c = test_cert(&spec);

        fake_prober_set(&c, 1);
        pdane_cert_unref(c);
        must(pdane_name_parse(text, (size_t)n, &name), "name");
        must(pdane_hosts_touch(hosts, &name, 443, &h), "host");
        for (unsigned round = 0; round < 200 && pdane_host_running(h); round++)
                event_base_loop(base, EVLOOP_NONBLOCK);
        if (pdane_store_count(store) != before + 1)
                bench_fail("no evidence");
}

/* The event loop, and how much processor time its longest turn took: that is what everybody else
 * waits for, whatever else the machine does. */
static struct {
        struct pdane_hosts *hosts;
        double longest_us;
        bool measures, ends;
} loop;

static double
thread_us(void)
{
        struct timespec t;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
        (void)sig;
        (void)what;
        (void)arg;
        loop.ends = true;
}

static void
on_measure(evutil_socket_t sig, short what, void *arg)
{
        (void)sig;
        (void)what;
        (void)arg;
        loop.measures = !loop.measures;
        if (loop.measures)
                pdane_hosts_recheck(loop.hosts);
        else
                bench_report_value("longest_turn", loop.longest_us, "us");
        loop.longest_us = 0;
}

static void
run_loop(struct event_base *base)
{
        while (!loop.ends) {
                double start = loop.measures ? thread_us() : 0, took;

                event_base_loop(base, EVLOOP_ONCE);
                took = start > 0 && loop.measures ? thread_us() - start : 0;
                if (took > loop.longest_us)
                        loop.longest_us = took;
        }
}

static void
serve(const char *path, unsigned n_hosts)
{
        char *none[] = {NULL}, *error = NULL;
        const struct pdane_config cfg = {
                .allow_domains = none, .deny_domains = none, .deny_programs = none};
        struct event_base *base = event_base_new();
        struct pdane_question_env env = {.base = base,
                                         .ports = {443},
                                         .n_ports = 1,
                                         .deadline_ms = 4000,
                                         .name_deadline_ms = 1500,
                                         .hint_deadline_ms = 250,
                                         .legacy_sha1 = true};
        struct pdane_access *access;
        struct pdane_server *server;
        int fd;

        pdane_log_set_level(PDANE_LOG_ERROR);
        fake_prober_reset(base);
        must(pdane_access_new(&cfg, "bench", &access, &error), "access");
        const struct pdane_run_env run = {.base = base,
                                          .access = access,
                                          .resolver = fake_resolver(),
                                          .prober = fake_prober(),
                                          .policy = {nothing_reserved, NULL}};
        env.access = access;
        must(pdane_store_new(&env.store), "store");
        must(pdane_merger_new(env.store, &env.merger), "merger");
        must(pdane_hints_new(&env.hints), "hints");
        must(pdane_hosts_new(&run, env.store, &env.hosts), "hosts");
        must(pdane_publisher_new(base, env.store, env.hosts, &env.publisher), "table");
        fake_resolver_reset(base);
        script(pdane_clock_wall() + 80000);
        for (unsigned i = 0; i < n_hosts; i++) {
                add_host(base, env.hosts, env.store, i);
                if (i % 64 == 63) { /* it remembers who asked, but not of many */
                        fake_resolver_reset(base);
                        script(pdane_clock_wall() + 80000);
                }
        }
        (void)malloc_trim(0); /* what making certificates took is not the daemon's */
        must(pdane_server_listen(path, &fd, &error), "listen");
        must(pdane_server_new(fd, &env, NULL, &server), "server");
        struct event *term = evsignal_new(base, SIGTERM, on_term, NULL);
        struct event *measure = evsignal_new(base, SIGUSR1, on_measure, NULL);
        loop.hosts = env.hosts;
        event_add(term, NULL);
        event_add(measure, NULL);
        puts("ready");
        fflush(stdout);
        run_loop(base);
        unlink(path);
}

static void
echo(const char *path)
{
        static uint8_t buf[PDANE_WIRE_MAX_REQUEST];
        struct pdane_answer none = {.remember_s = 5};
        uint8_t answer[64];
        char *error = NULL;
        size_t len;
        int listener;

        must(pdane_server_listen(path, &listener, &error), "listen");
        must(pdane_answer_encode(&none, answer, sizeof(answer), &len), "answer");
        puts("ready");
        fflush(stdout);
        for (;;) {
                int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

                if (fd < 0)
                        continue;
                if (recv(fd, buf, sizeof(buf), 0) > 0)
                        (void)send(fd, answer, len, MSG_NOSIGNAL);
                close(fd);
        }
}

int
main(int argc, char **argv)
{
        if (argc != 3) {
                fprintf(stderr, "usage: bench_serve SOCKET HOSTS | --echo SOCKET\n");
                return 64;
        }
        signal(SIGPIPE, SIG_IGN);
        if (strcmp(argv[1], "--echo") == 0)
                echo(argv[2]);
        else
                serve(argv[1], (unsigned)strtoul(argv[2], NULL, 10));
        return 0;
}
