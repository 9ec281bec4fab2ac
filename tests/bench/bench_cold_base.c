/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a cold lookup costs at least: address and TLSA by libunbound, validated, all asked at once,
 * and one TLS handshake by OpenSSL when both are there. libunbound has the daemon's options,
 * forwarder and trust anchor (resolver_unbound.c); nothing is made of what the server shows.
 *
 * usage: bench_cold_base CONF ANCHOR FORWARDER ZONE [FIRST COUNT AT_ONCE]
 *
 * Without FIRST it reads a line each: a host's number or name, and prints the microseconds; or
 * "new": begins with nothing but the root's keys in the cache, and prints 0. Otherwise it looks all
 * of these up, and prints what processor time that took.
 */
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "bench_cold.h"
#include "common/log.h"
#include "daemon/resolver_packet.h"
#include "daemon/resolver_share.h"
#include "daemon/resolver_unbound.h"

#define TYPE_A 1
#define TYPE_AAAA 28
#define TYPE_DNSKEY 48
#define TYPE_TLSA 52
#define JOBS_MAX 128

struct question {
        struct job *job;
        char name[COLD_NAME_MAX + 16];
        uint16_t type;
};

struct job {
        char host[COLD_NAME_MAX];
        struct question a, aaaa, tlsa;
        bool has_tlsa, has_address, over;
        unsigned open; /* questions */
        struct sockaddr_in server;
        struct event *event;
        SSL *ssl;
        int fd;
};

static const struct pdane_ub_asker nobody = {.uid = PDANE_DNS_NOBODY};
static struct event_base *base;
static struct pdane_ub *ub;
static struct pdane_ub_options options;
static SSL_CTX *ctx;
static const char *zone, *by_name; /* by_name: the next host; NULL: next_host */
static unsigned next_host, end_host, jobs_open;

static void start_job(struct job *j);

static void
end_job(struct job *j)
{
        if (j->open > 0 || !j->over)
                return;
        jobs_open--;
        if (next_host < end_host)
                start_job(j);
        else if (jobs_open == 0)
                event_base_loopbreak(base);
}

/* ---- the handshake ---- */

static void on_socket(evutil_socket_t fd, short what, void *arg);

static void
wait_for(struct job *j, short what)
{
        if (j->event)
                event_free(j->event);
        j->event = event_new(base, j->fd, what, on_socket, j);
        if (!j->event || event_add(j->event, NULL) < 0)
                bench_fail("event");
}

static void
end_handshake(struct job *j)
{
        SSL_shutdown(j->ssl);
        SSL_free(j->ssl);
        event_free(j->event);
        j->event = NULL;
        close(j->fd);
        j->over = true;
        end_job(j);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
        struct job *j = arg;
        (void)what;

        if (!j->ssl) {
                j->ssl = SSL_new(ctx);
                if (!j->ssl || SSL_set_fd(j->ssl, fd) != 1 ||
                    SSL_set_tlsext_host_name(j->ssl, j->host) != 1)
                        bench_fail("SSL");
                SSL_set_connect_state(j->ssl);
        }
        int r = SSL_do_handshake(j->ssl);
        int e = SSL_get_error(j->ssl, r);
        if (r == 1)
                end_handshake(j);
        else if (e == SSL_ERROR_WANT_READ)
                wait_for(j, EV_READ);
        else if (e == SSL_ERROR_WANT_WRITE)
                wait_for(j, EV_WRITE);
        else
                bench_fail(j->host);
}

static void
connect_to(struct job *j)
{
        j->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        j->ssl = NULL;
        if (j->fd < 0 || (connect(j->fd, (struct sockaddr *)&j->server, sizeof(j->server)) < 0 &&
                          errno != EINPROGRESS))
                bench_fail("connect");
        wait_for(j, EV_WRITE);
}

/* ---- the questions ---- */

static void
on_reply(void *arg, const struct pdane_ub_reply *reply)
{
        struct question *q = arg;
        struct job *j = q->job;
        struct pdane_packet *p = NULL;

        j->open--;
        if (reply->rcode != 0 || reply->security != PDANE_UB_SECURE ||
            pdane_packet_parse(reply->packet, reply->len, q->name, q->type, time(NULL), &p) < 0) {
                fprintf(stderr, "%s %u: not secure\n", q->name, q->type);
                exit(1);
        }
        if (q->type == TYPE_A && p->n_rdata > 0) {
                j->server =
                        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(COLD_PORT)};
                memcpy(&j->server.sin_addr, p->rdata[0].data, sizeof(j->server.sin_addr));
                j->has_address = true;
        } else if (q->type == TYPE_TLSA && p->n_rdata > 0) {
                j->has_tlsa = true;
        }
        pdane_packet_free(p);
        if (q->type != TYPE_AAAA && j->has_address && j->has_tlsa)
                connect_to(j);
        end_job(j);
}

static void
ask(struct job *j, struct question *q, uint16_t type)
{
        struct pdane_ub_query *handle = NULL;

        *q = (struct question){.job = j, .type = type};
        if (type == TYPE_TLSA)
                snprintf(q->name, sizeof(q->name), "_%u._tcp.%s", COLD_PORT, j->host);
        else
                snprintf(q->name, sizeof(q->name), "%s", j->host);
        j->open++;
        if (pdane_ub_ask(ub, q->name, type, nobody, on_reply, q, &handle) < 0)
                bench_fail("query");
}

static void
start_job(struct job *j)
{
        *j = (struct job){.fd = -1};
        if (by_name)
                snprintf(j->host, sizeof(j->host), "%s", by_name);
        else
                cold_name(j->host, next_host, zone);
        next_host++;
        jobs_open++;
        ask(j, &j->a, TYPE_A);
        ask(j, &j->tlsa, TYPE_TLSA);
        ask(j, &j->aaaa, TYPE_AAAA);
}

/* In microseconds. */
static double
look_up(unsigned first, unsigned count, unsigned at_once)
{
        static struct job jobs[JOBS_MAX];
        double start = bench_now_us();

        next_host = first;
        end_host = first + count;
        for (unsigned i = 0; i < at_once && next_host < end_host; i++)
                start_job(&jobs[i]);
        event_base_dispatch(base);
        return bench_now_us() - start;
}

/* ---- contexts ---- */

static void
on_keys(void *arg, const struct pdane_ub_reply *reply)
{
        (void)arg;
        if (reply->rcode != 0 || reply->security != PDANE_UB_SECURE) {
                fprintf(stderr, "the root's keys are not secure\n");
                exit(1);
        }
        event_base_loopbreak(base);
}

static void
begin_anew(void)
{
        struct pdane_ub_query *handle = NULL;
        char *error = NULL;

        pdane_ub_free(ub);
        ub = NULL;
        if (pdane_ub_new(base, &options, &ub, &error) < 0) {
                fprintf(stderr, "%s\n", error ? error : "libunbound");
                exit(1);
        }
        if (pdane_ub_ask(ub, ".", TYPE_DNSKEY, nobody, on_keys, NULL, &handle) < 0)
                bench_fail("root");
        if (handle)
                event_base_dispatch(base);
}

static double
answer_to(char *line)
{
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "new") == 0) {
                begin_anew();
                return 0;
        }
        by_name = strchr(line, '.') ? line : NULL;
        return look_up((unsigned)strtoul(line, NULL, 10), 1, 1);
}

static void
converse(void)
{
        char line[COLD_NAME_MAX];

        while (fgets(line, sizeof(line), stdin)) {
                printf("%.1f\n", answer_to(line));
                fflush(stdout);
        }
}

static double
cpu_us(void)
{
        struct timespec t;

        if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
                bench_fail("clock");
        return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
measure(unsigned first, unsigned count, unsigned at_once)
{
        double used = cpu_us();
        double took = look_up(first, count, at_once);

        bench_report_value("cpu", (cpu_us() - used) / count, "us");
        bench_report_value("time", took / count, "us");
}

int
main(int argc, char **argv)
{
        struct pdane_forwarders forwarders = {.n = 0};
        struct pdane_anchor anchor = {.tracked = false};
        unsigned at_once = argc == 8 ? (unsigned)strtoul(argv[7], NULL, 10) : 1;

        if ((argc != 5 && argc != 8) || at_once > JOBS_MAX) {
                fprintf(stderr, "usage: bench_cold_base CONF ANCHOR FORWARDER ZONE [FIRST COUNT "
                                "AT_ONCE]\n");
                return 64;
        }
        anchor.path = argv[2];
        zone = argv[4];
        options = (struct pdane_ub_options){.unbound_conf = argv[1], .anchor = &anchor};
        if (pdane_forwarders_add(&forwarders, argv[3]) < 0)
                bench_fail(argv[3]);
        options.forwarders = &forwarders;
        base = event_base_new();
        ctx = SSL_CTX_new(TLS_client_method());
        if (!base || !ctx)
                bench_fail("context");
        begin_anew();
        if (argc == 8)
                measure((unsigned)strtoul(argv[5], NULL, 10), (unsigned)strtoul(argv[6], NULL, 10),
                        at_once);
        else
                converse();
        return 0;
}
