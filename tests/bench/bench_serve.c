/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's core with made-up evidence for many hosts: real sockets, store, hosts, table and
 * answers; DNS and servers are scripted (tests/unit). Host number i is hI.bench.test; its
 * certificate has the serial 65536 + i. Hosts below public.test are in no signed zone.
 *
 * usage: bench_serve SOCKET HOSTS      prints a line when it is ready, with the longest turn of its
 *              event loop while evidence came; SIGTERM ends it. What it is told to do by standard
 *              input, see bench_turn.h
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
#include <unistd.h>

#include "bench.h"
#include "bench_turn.h"
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
add_host(const struct bench_turn *turn, const struct pdane_question_env *env, unsigned i)
{
        struct pdane_host *h;
        struct pdane_name name;
        char text[64];
        size_t before = pdane_store_count(env->store);
        int n = snprintf(text, sizeof(text), "h%u.bench.test", i);
        const char *dns[] = {text, NULL};
        const struct test_spec spec = {
                .cn = text, .dns = dns, .bc = TEST_BC_FALSE, .key_id = true, .serial = 65536 + i};
        struct pdane_cert *c = test_cert(&spec);

        fake_prober_set(&c, 1);
        pdane_cert_unref(c);
        must(pdane_name_parse(text, (size_t)n, &name), "name");
        must(pdane_hosts_touch(env->hosts, &name, 443, &h), "host");
        for (unsigned round = 0; round < 200 && pdane_host_running(h); round++)
                bench_turn_once(turn, false);
        if (pdane_store_count(env->store) != before + 1)
                bench_fail("no evidence");
}

static void
add_hosts(const struct bench_turn *turn, const struct pdane_question_env *env, unsigned n_hosts)
{
        for (unsigned i = 0; i < n_hosts; i++) {
                add_host(turn, env, i);
                if (i % 64 == 63) { /* it remembers who asked, but not of many */
                        fake_resolver_reset(env->base);
                        script(pdane_clock_wall() + BENCH_HOLDS_S(i / 64 % 2));
                }
                if (i == 63)
                        (void)bench_turn_longest_us(); /* what is done but once */
        }
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
        struct bench_turn *turn = arg;

        (void)sig;
        (void)what;
        turn->ended = true;
}

/* What a reload brings in the bench: other lists, by which all that is known holds. */
static struct pdane_access *
other_lists(void)
{
        char *allow[] = {(char[]){"test"}, NULL}, *none[] = {NULL}, *error = NULL;
        char *deny[] = {(char[]){"a.example"}, (char[]){"b.example"}, (char[]){"c.example"}, NULL};
        const struct pdane_config cfg = {
                .allow_domains = allow, .deny_domains = deny, .deny_programs = none};
        struct pdane_access *access;

        must(pdane_access_new(&cfg, "bench", &access, &error), "access");
        return access;
}

static struct pdane_sysstore *
system_store(void)
{
        struct pdane_sysstore *s;
        char *error = NULL;

        must(pdane_sysstore_new(&s), "system store");
        if (pdane_sysstore_load(s, NULL, &error) == 0)
                return s;
        free(error);
        pdane_sysstore_free(s);
        return NULL;
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
        script(pdane_clock_wall() + BENCH_HOLDS_S(0));
        struct pdane_control_env control = {.questions = &env};
        struct bench_turn turn = {.base = base, .control = &control, .strict = other_lists()};
        add_hosts(&turn, &env, n_hosts);
        (void)malloc_trim(0); /* what making certificates took is not the daemon's */
        const double built_us = bench_turn_longest_us();
        must(pdane_server_listen(path, &fd, &error), "listen");
        must(pdane_server_new(fd, &env, NULL, &server), "server");
        struct event *term = evsignal_new(base, SIGTERM, on_term, &turn);
        event_add(term, NULL);
        turn.sysstore = system_store();
        bench_report_value("built", built_us, "us");
        bench_turn_listen(&turn);
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
        (void)mallopt(M_MXFAST, 0); /* as the daemon does */
        if (strcmp(argv[1], "--echo") == 0)
                echo(argv[2]);
        else
                serve(argv[1], (unsigned)strtoul(argv[2], NULL, 10));
        return 0;
}
